/// The median of a sample and an interval that holds the distribution's median with 95 % confidence, whatever the distribution,
/// if the values are independent. Values that were measured one after the other are not, where the machine's speed changes
/// within seconds: then the interval is that of the medians of blocks, which last longer.
///
/// Of n values, the number below the distribution's median is binomial with n and 1/2. So the median lies between the values
/// of rank r + 1 from below and from above with a confidence of at least 1 − 2·P(at most r), r the largest number for which
/// P(at most r) ≤ 2.5 %. Source: Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.
package struct MedianInterval {
  package let median, lower, upper: Double

  /// Of fewer than six blocks no such interval is within their range: then it is all of it, and the confidence is less.
  ///
  /// - Parameter block: how many values in a row make a block; what is left over at the end tells of the median only.
  package init(_ values: [Double], block: Int = 1) {
    let sorted = (0..<values.count / block).map { BenchReport.median(Array(values[$0 * block..<($0 + 1) * block])) }.sorted()
    median = BenchReport.median(values)
    let outside = Self.ranksOutside(count: sorted.count)
    lower = sorted.isEmpty ? .nan : sorted[outside]
    upper = sorted.isEmpty ? .nan : sorted[sorted.count - 1 - outside]
  }

  /// How many values at either end the interval leaves out.
  package static func ranksOutside(count: Int) -> Int {
    var probability = 1.0
    for _ in 0..<count { probability /= 2 }
    var below = 0.0
    for rank in 0..<count / 2 {
      below += probability
      if below > 0.025 { return max(0, rank - 1) }
      probability *= Double(count - rank) / Double(rank + 1)
    }
    return 0
  }
}
