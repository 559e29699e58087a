import Kernels

/// Memory that a kernel reads or writes: aligned to the element and no better, between two guards.
final class Memory<S: BitwiseCopyable>: @unchecked Sendable {
  private static var guardBytes: Int { 128 }
  private static var pattern: UInt8 { 0xa5 }

  let count: Int
  private let base: UnsafeMutableRawPointer
  /// Kernels only read inputs, so runs of one case may share them.
  var pointer: UnsafeMutablePointer<S> {
    (base + Self.guardBytes + MemoryLayout<S>.stride).assumingMemoryBound(to: S.self)
  }
  private var byteCount: Int { count * MemoryLayout<S>.stride }

  init(_ values: [S]) {
    count = values.count
    let total = 2 * Self.guardBytes + (values.count + 1) * MemoryLayout<S>.stride
    base = .allocate(byteCount: total, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: Self.pattern, count: total)
    values.withUnsafeBufferPointer { pointer.initialize(from: $0.baseAddress ?? UnsafePointer(pointer), count: $0.count) }
  }

  convenience init(count: Int, repeating value: S) { self.init([S](repeating: value, count: count)) }

  deinit { base.deallocate() }

  var values: [S] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Whether nothing was written before the first or after the last element.
  var isIntact: Bool {
    let before = UnsafeRawBufferPointer(start: base, count: Self.guardBytes + MemoryLayout<S>.stride)
    let after = UnsafeRawBufferPointer(start: UnsafeRawPointer(pointer) + byteCount, count: Self.guardBytes)
    return before.allSatisfy { $0 == Self.pattern } && after.allSatisfy { $0 == Self.pattern }
  }

  /// Of memory whose contents do not matter: whether it was kept to.
  func overrun(_ name: String) -> Field { Field(name, isIntact ? UInt8(1) : 0) }

  /// What the kernel left here.
  func field(_ name: String) -> Field {
    Field(
      name: name, elementBytes: MemoryLayout<S>.stride, isFloatingPoint: S.self is any BinaryFloatingPoint.Type,
      bytes: Array(UnsafeRawBufferPointer(start: pointer, count: byteCount)), isIntact: isIntact)
  }
}

/// One output of a kernel, as bytes. NaNs are canonical: the contract compares neither their sign nor their payload.
struct Field: Sendable {
  let name: String
  let elementBytes: Int
  let isFloatingPoint: Bool
  let bytes: [UInt8]
  let isIntact: Bool

  init(name: String, elementBytes: Int, isFloatingPoint: Bool, bytes: [UInt8], isIntact: Bool = true) {
    self.name = name
    self.elementBytes = elementBytes
    self.isFloatingPoint = isFloatingPoint
    self.isIntact = isIntact
    self.bytes = isFloatingPoint ? Self.canonical(bytes, elementBytes: elementBytes) : bytes
  }

  /// Numbers that a kernel returns instead of storing.
  init<V: BitwiseCopyable>(_ name: String, _ value: V) {
    self.init(
      name: name, elementBytes: MemoryLayout<V>.size, isFloatingPoint: V.self is any BinaryFloatingPoint.Type,
      bytes: withUnsafeBytes(of: value) { Array($0) })
  }

  var count: Int { bytes.count / elementBytes }

  func element(_ i: Int) -> UInt64 {
    bytes.withUnsafeBytes { raw in
      switch elementBytes {
      case 8: raw.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
      case 4: UInt64(raw.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
      default: UInt64(raw[i * elementBytes])
      }
    }
  }

  func text(_ i: Int) -> String {
    let bits = element(i)
    let hex = "0x" + String(bits, radix: 16)
    guard isFloatingPoint else { return hex }
    return elementBytes == 4
      ? "\(Float(bitPattern: UInt32(bits))) (\(hex))" : "\(Double(bitPattern: bits)) (\(hex))"
  }

  /// Whether some element is subnormal.
  var holdsSubnormal: Bool {
    isFloatingPoint
      && (0..<count).contains { i in
        elementBytes == 4
          ? Float(bitPattern: UInt32(element(i))).isSubnormal : Double(bitPattern: element(i)).isSubnormal
      }
  }

  private static func canonical(_ bytes: [UInt8], elementBytes: Int) -> [UInt8] {
    var bytes = bytes
    bytes.withUnsafeMutableBytes { raw in
      if elementBytes == 4 {
        for at in stride(from: 0, to: raw.count, by: 4)
        where raw.loadUnaligned(fromByteOffset: at, as: UInt32.self) & 0x7fff_ffff > 0x7f80_0000 {
          raw.storeBytes(of: 0x7fc0_0000, toByteOffset: at, as: UInt32.self)
        }
      } else {
        for at in stride(from: 0, to: raw.count, by: 8)
        where raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) << 1 > 0xffe0_0000_0000_0000 {
          raw.storeBytes(of: 0x7ff8_0000_0000_0000, toByteOffset: at, as: UInt64.self)
        }
      }
    }
    return bytes
  }
}

/// The first place where two runs of a kernel part, in words; nil if they agree bit for bit.
func firstDifference(found: [Field], expected: [Field]) -> String? {
  guard found.count == expected.count, !found.isEmpty else {
    return "\(found.count) outputs, expected \(expected.count)"
  }
  for (mine, theirs) in zip(found, expected) {
    guard mine.isIntact else { return "\(mine.name): written beyond its ends" }
    guard mine.bytes.count == theirs.bytes.count, !mine.bytes.isEmpty else {
      return "\(mine.name): \(mine.count) elements, expected \(theirs.count)"
    }
    if mine.bytes == theirs.bytes { continue }
    guard let i = (0..<mine.count).first(where: { mine.element($0) != theirs.element($0) }) else { continue }
    return "\(mine.name)[\(i)] is \(mine.text(i)), expected \(theirs.text(i))"
  }
  return nil
}
