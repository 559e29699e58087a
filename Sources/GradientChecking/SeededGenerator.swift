/// Numbers for inputs and probes: SplitMix64. Source: Steele, Lea & Flood, OOPSLA 2014.
///
/// The checks draw from it in a fixed order, so that a check sees the same numbers in every run. Training draws from
/// named streams instead (`Randomness`).
package struct SeededGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A seed of its own for every text: FNV-1a.
  package init(_ text: String) {
    state = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform in `range`.
  package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * (Double(next() >> 11) * 0x1p-53)
  }

  package mutating func uniform(_ range: ClosedRange<Double>, count: Int) -> [Double] {
    (0..<count).map { _ in uniform(range) }
  }

  package mutating func integer(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
