import CKernels

/// Elementary functions in double with the same bits on every machine. `gf_elementary.h` states domains and errors:
/// below 0.62 ulp for the first three.
public enum Elementary {
  /// eˣ; infinity where it overflows, gradual underflow.
  public static func exp(_ x: Double) -> Double { gf_exp(x) }
  /// The natural logarithm; −∞ at zero, NaN below.
  public static func log(_ x: Double) -> Double { gf_log(x) }
  /// The cosine of x in radians, for every finite x; NaN at the infinities.
  public static func cos(_ x: Double) -> Double { gf_cos(x) }
  /// baseⁿ by squaring, from the lowest bit of n; relative error at most (n − 1) 2⁻⁵³, nearly.
  public static func power(_ base: Double, _ n: UInt64) -> Double { gf_power(base, n) }
}
