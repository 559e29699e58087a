import Kernels
import TestSupport

/// Families of values that kernels have to agree on.
enum ValueSet: String, CaseIterable, Sendable {
  /// Full significands, magnitudes between 1/16 and 1.
  case ordinary
  /// Exponents over two thirds of the range: sums in which most terms vanish, products near overflow and underflow.
  case wide
  /// Subnormals, and values whose products are subnormal.
  case subnormal
  /// +0, -0 and values whose sums cancel to zero.
  case signedZeros = "signed zeros"
  /// Ordinary values, some of them replaced by infinities, NaNs of every kind, the largest and the smallest number.
  case nonFinite = "non-finite"
}

/// The layout of a binary floating-point type, so that inputs can be made as bit patterns, quickly in debug builds.
struct BinaryFormat: Sendable {
  let significandBits: Int
  let bias: Int

  init<S: KernelScalar>(_: S.Type) {
    significandBits = S.significandBitCount
    bias = (1 << (S.exponentBitCount - 1)) - 1
  }

  var signBit: UInt64 { UInt64(2 * bias + 2) << UInt64(significandBits) }
  var infinity: UInt64 { UInt64(2 * bias + 1) << UInt64(significandBits) }

  /// A value with a random sign and significand and this exponent.
  func bits(exponent: Int, _ generator: inout Generator) -> UInt64 {
    let random = generator.next()
    return random & signBit | UInt64(exponent + bias) << UInt64(significandBits) | random & fractionMask
  }

  private var fractionMask: UInt64 { (1 << UInt64(significandBits)) - 1 }

  func bits(_ set: ValueSet, _ generator: inout Generator) -> UInt64 {
    switch set {
    case .ordinary, .nonFinite:
      return bits(exponent: generator.integer(-4 ... -1), &generator)
    case .wide:
      return bits(exponent: generator.integer(-bias / 3...bias / 3), &generator)
    case .subnormal:
      switch generator.below(4) {
      case 0:
        return bits(exponent: -bias, &generator) & ~(fractionMask & ~(fractionMask >> UInt64(generator.below(12))))
      case 1: return bits(exponent: generator.integer(-1...1), &generator)
      case 2: return bits(exponent: -bias + 1, &generator)
      default: return bits(exponent: generator.integer(-bias / 2 - 6 ... -bias / 2 + 2), &generator)
      }
    case .signedZeros:
      let sign = generator.next() & signBit
      return generator.below(3) == 0 ? sign | UInt64(bias) << UInt64(significandBits) : sign
    }
  }

  func special(_ generator: inout Generator) -> UInt64 {
    let sign = generator.next() & signBit
    switch generator.below(8) {
    case 0, 1: return sign | infinity
    case 2: return sign | infinity | 1 << UInt64(significandBits - 1)
    case 3: return sign | infinity | generator.next() & fractionMask | 1
    case 4: return sign | infinity - 1
    case 5: return sign | 1
    case 6: return sign | fractionMask
    default: return sign
    }
  }
}

extension Generator {
  /// Two arrays whose elements are multiplied and summed. Of the subnormal family, either one holds subnormals and the
  /// other ordinary values, or the products are subnormal: so the sums are.
  mutating func factors<S: KernelScalar>(
    _ first: Int, _ second: Int, _ set: ValueSet, rooted: Bool, of: S.Type = S.self
  ) -> ([S], [S]) {
    guard set == .subnormal else { return (values(first, set, specials: 3), values(second, set, specials: 2)) }
    let bias = BinaryFormat(S.self).bias
    let root = -bias / 2 - 6 ... -bias / 2 + 2
    return rooted
      ? (values(first, exponents: root), values(second, exponents: root))
      : (values(first, exponents: -bias ... -bias + 1), values(second, .ordinary))
  }

  /// `count` values with random signs and significands, and exponents in a range; -bias stands for subnormals.
  mutating func values<S: KernelScalar>(_ count: Int, exponents: ClosedRange<Int>, of: S.Type = S.self) -> [S] {
    let format = BinaryFormat(S.self)
    return Self.scalars((0..<count).map { _ in format.bits(exponent: integer(exponents), &self) })
  }

  /// `count` values of a family; of a non-finite one, at most `specials` are special (one in 12 if not said).
  mutating func values<S: KernelScalar>(
    _ count: Int, _ set: ValueSet, specials: Int? = nil, of: S.Type = S.self
  ) -> [S] {
    let format = BinaryFormat(S.self)
    var bits = [UInt64](repeating: 0, count: count)
    for i in 0..<count { bits[i] = format.bits(set, &self) }
    if set == .nonFinite, count > 0 {
      for _ in 0..<(specials ?? count / 12 + 1) { bits[below(count)] = format.special(&self) }
    }
    return Self.scalars(bits)
  }

  private static func scalars<S: KernelScalar>(_ bits: [UInt64]) -> [S] {
    Array(unsafeUninitializedCapacity: bits.count) { buffer, initialized in
      let raw = UnsafeMutableRawPointer(buffer.baseAddress)
      for i in 0..<bits.count {
        if S.significandBitCount == Float.significandBitCount {
          raw!.storeBytes(of: UInt32(truncatingIfNeeded: bits[i]), toByteOffset: 4 * i, as: UInt32.self)
        } else {
          raw!.storeBytes(of: bits[i], toByteOffset: 8 * i, as: UInt64.self)
        }
      }
      initialized = bits.count
    }
  }
}
