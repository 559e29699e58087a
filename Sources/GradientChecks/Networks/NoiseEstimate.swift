import GradientChecking

/// How much rounding disturbs the values of a function that is smooth apart from that.
///
/// A network's loss goes through too many operations for a bound of the worst case to be of use. Instead its noise is
/// measured, without looking at any gradient: along a line, at 17 points so close together that the function itself is
/// a polynomial of low degree, k-th differences annul that polynomial and leave the noise: σ_k² = γ_k·mean((Δᵏf)²),
/// γ_k = (k!)² / (2k)!. The largest σ_k of k = 4 … 8 is taken. Source: Moré & Wild, Estimating computational noise,
/// SIAM J. Sci. Comput. 33 (2011).
enum NoiseEstimate {
  static let points = 17

  /// Standard deviation of the noise of values at equally spaced points, at least a unit in the last place of the
  /// largest.
  static func standardDeviation(_ values: [Double]) -> Double {
    var differences = values
    var factor = 1.0
    var largest = values.map(abs).max().map { $0 * 2 * Rounding.unit } ?? 0
    for k in 1...8 {
      differences = zip(differences, differences.dropFirst()).map { $1 - $0 }
      // γ_k / γ_{k−1} = k² / ((2k)(2k − 1)).
      factor *= Double(k) / Double(2 * (2 * k - 1))
      if k >= 4 {
        let mean = differences.reduce(0) { $0 + $1 * $1 } / Double(differences.count)
        largest = max(largest, (factor * mean).squareRoot())
      }
    }
    return largest
  }
}
