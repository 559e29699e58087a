import Platform

/// Student's t distribution.
public enum StudentT {
  /// Degrees of freedom from which on the normal distribution is near enough: quantiles differ by less than 1e-5.
  public static let almostNormal = 1e6

  /// P(T ≤ x) for x ≥ 0 by the regularised incomplete beta function. Source: Abramowitz & Stegun 26.7.1, 26.5.
  public static func cumulative(_ x: Double, freedom: Double) -> Double {
    1 - 0.5 * incompleteBeta(freedom / (freedom + x * x), freedom / 2, 0.5)
  }

  /// The x ≥ 0 with P(T ≤ x) = `probability`, from ½ up, by bisection.
  public static func quantile(_ probability: Double, freedom: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    while cumulative(high, freedom: freedom) < probability, high < 1e12 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if cumulative(middle, freedom: freedom) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// I_x(a, b) by its continued fraction, evaluated by Lentz's method. Source: A&S 26.5.8.
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on this side only.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(System.logGamma(a + b) - System.logGamma(a) - System.logGamma(b) + a * log(x) + b * log(1 - x)) / a
    let tiny = 1e-300
    var (fraction, c, d) = (1.0, 1.0, 0.0)
    for index in 0..<500 {
      let m = Double(index / 2)
      let term =
        index == 0
        ? 1
        : index % 2 == 0
          ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
          : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonzero(1 + term * d, tiny)
      c = nonzero(1 + term / c, tiny)
      fraction *= c * d
      if abs(1 - c * d) < 1e-15 { break }
    }
    return front * (fraction - 1)
  }

  private static func nonzero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }
}
