import Foundation

/// Bounds on rounding in binary64 and binary32.
package enum Rounding {
  /// Half the distance from 1 to the next number: the largest relative error of one operation.
  package static let unit = 0x1p-53
  package static let floatUnit = 0x1p-24

  /// γ_n = n·u / (1 − n·u): relative to Σ|terms|, the largest error of n operations in any order.
  /// Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., lemma 3.1.
  package static func gamma(_ operations: Int, unit: Double = Rounding.unit) -> Double {
    let nu = Double(operations) * unit
    return nu / (1 - nu)
  }

  /// The same for rounding errors that are as good as independent: exp(λ·√n·u + n·u² / (1 − u)) − 1, which fails for a
  /// sum with a probability of at most 2n·exp(−λ²·(1 − u)² / 2). With λ = 8 that is 1e-5 for 10⁹ operations. Source:
  /// Higham & Mary, SIAM J. Sci. Comput. 41 (2019), theorem 2.4.
  package static func probableGamma(_ operations: Int, unit: Double) -> Double {
    let n = Double(operations)
    return expm1(8 * n.squareRoot() * unit + n * unit * unit / (1 - unit))
  }
}
