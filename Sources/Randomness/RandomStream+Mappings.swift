import CKernels

/// Numbers made of a stream's bits: part of the reproducibility contract, as the bits are.
extension RandomStream {
  // MARK: Uniform

  /// In [0, 1): the top 53 bits of value `index`, times 2⁻⁵³; no rounding happens.
  public func uniform(at index: UInt64) -> Double { Self.uniform(value(at: index)) }

  /// Uniform on ±`bound`: bound · (2u − 1), u being `uniform(at: index)`, in double (2u − 1 is exact, so it is rounded once),
  /// then rounded to `Scalar`; rounding may give ±bound itself.
  public func symmetric<Scalar: BinaryFloatingPoint>(at index: UInt64, bound: Double) -> Scalar {
    Scalar(bound * (2 * uniform(at: index) - 1))
  }

  private static func uniform(_ value: UInt64) -> Double { Double(value >> 11) * 0x1p-53 }

  // MARK: Integers

  /// In 0 ..< `bound`: the high half of the 128-bit product of value `index` and the bound. Nothing is rejected, so number i
  /// depends on value i alone; each result's probability is off by less than 2⁻⁶⁴, from 1/bound. Source: Lemire, ACM
  /// Trans. Model. Comput. Simul. 29 (2019), 3, without its rejection.
  public func integer(below bound: Int, at index: UInt64) -> Int {
    precondition(bound > 0, "a random integer below \(bound)")
    return Int(value(at: index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  // MARK: Normal

  /// Normal with mean 0 and variance 1: √(−2 log(1 − u)) · cos(2π v), u and v being the uniform numbers 2i and 2i + 1, all in
  /// double, 2π rounded to 0x1.921fb54442d18p+2, with the logarithm and cosine of `gf_elementary.h`. At most 8.6 in size.
  /// Source: Box & Muller, Ann. Math. Statist. 29 (1958), 610–611.
  public func normal(at index: UInt64) -> Double {
    precondition(index < 1 << 62, "a stream has 2^62 normal numbers; asked for \(index)")
    let radius = (-2 * gf_log(1 - uniform(at: 2 * index))).squareRoot()
    return radius * gf_cos(0x1.921fb54442d18p+2 * uniform(at: 2 * index + 1))
  }

  // MARK: Order

  /// 0 ..< `count` in random order: from the ascending order, for i from count − 1 down to 1, the numbers at places i and
  /// j are exchanged, j being `integer(below: i + 1, at: i)`. Source: Durstenfeld, Comm. ACM 7 (1964), 420.
  public func permutation(_ count: Int) -> [Int] {
    precondition(count >= 0, "a permutation of \(count)")
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, integer(below: i + 1, at: UInt64(i)))
    }
    return order
  }
}
