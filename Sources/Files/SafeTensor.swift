/// A type that elements of a safetensors file are read as and written from.
public protocol SafeTensorElement: BitwiseCopyable, Sendable {
  static var safeTensorType: SafeTensor.ElementType { get }
}

extension Double: SafeTensorElement { public static var safeTensorType: SafeTensor.ElementType { .f64 } }
extension Float: SafeTensorElement { public static var safeTensorType: SafeTensor.ElementType { .f32 } }
extension Int64: SafeTensorElement { public static var safeTensorType: SafeTensor.ElementType { .i64 } }
extension Int32: SafeTensorElement { public static var safeTensorType: SafeTensor.ElementType { .i32 } }
extension UInt8: SafeTensorElement { public static var safeTensorType: SafeTensor.ElementType { .u8 } }

#if _endian(big)
  #error("safetensors data are little-endian; here they are copied as they are")
#endif

/// One tensor of a safetensors file: little-endian elements, row-major.
public struct SafeTensor: Equatable, Sendable {
  /// The raw values are the format's names.
  public enum ElementType: String, Sendable, CaseIterable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case u8 = "U8"

    /// Bytes of one element.
    public var bytes: Int {
      switch self {
      case .f64, .i64: 8
      case .f32, .i32: 4
      case .f16, .bf16: 2
      case .u8: 1
      }
    }
  }

  public let type: ElementType
  /// Sizes, slowest first; empty for a single number.
  public let shape: [Int]
  /// As many as type and shape ask for.
  public let bytes: [UInt8]

  init(type: ElementType, shape: [Int], bytes: [UInt8]) {
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  /// Elements.
  public var count: Int { bytes.count / type.bytes }

  // MARK: Elements

  /// - Precondition: as many values as the shape has places.
  public init<Element: SafeTensorElement>(shape: [Int], _ values: [Element]) {
    self = values.withUnsafeBufferPointer { SafeTensor(shape: shape, $0) }
  }

  /// - Precondition: as many values as the shape has places.
  public init<Element: SafeTensorElement>(shape: [Int], _ values: some Collection<Element>) {
    self.init(shape: shape, Array(values))
  }

  /// - Precondition: as many values as the shape has places.
  public init<Element: SafeTensorElement>(shape: [Int], _ values: UnsafeBufferPointer<Element>) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) elements for the shape \(shape)")
    self.init(type: Element.safeTensorType, shape: shape, bytes: Array(UnsafeRawBufferPointer(values)))
  }

  /// The elements of an F32 tensor; `nil` for another.
  public var floats: [Float]? { type == .f32 ? elements() : nil }

  /// The elements of an F64, F32, F16 or BF16 tensor, exactly; `nil` for another.
  public var doubles: [Double]? {
    switch type {
    case .f64: elements()
    case .f32: (elements() as [Float]).map(Double.init)
    case .f16: words.map { Double(Self.half($0)) }
    // The upper half of a binary32.
    case .bf16: words.map { Double(Float(bitPattern: UInt32($0) << 16)) }
    default: nil
    }
  }

  /// The elements of an integer tensor; `nil` for another.
  public var integers: [Int64]? {
    switch type {
    case .i64: elements()
    case .i32: (elements() as [Int32]).map(Int64.init)
    case .u8: bytes.map(Int64.init)
    default: nil
    }
  }

  /// Two bytes each, as they stand.
  private var words: [UInt16] {
    stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
  }

  /// A binary16 as a binary32, which holds each of its values: 1 bit of sign, 5 of exponent with a bias of 15, 10 of
  /// fraction. Source: IEEE 754-2019, 3.4. By bits, as not every platform of Swift has `Float16`.
  static func half(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16, exponent = UInt32(bits >> 10 & 0x1f), fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      // Subnormal, or zero: a multiple of 2⁻²⁴, exact in binary32.
      let size = Float(fraction) * 0x1p-24
      return sign == 0 ? size : -size
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 127 - 15) << 23 | fraction << 13)
    }
  }

  private func elements<Element: SafeTensorElement>() -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initialized = count
    }
  }
}
