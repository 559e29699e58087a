/// The Castagnoli checksum, polynomial 0x1EDC6F41, bits reflected. Source: RFC 3720, appendix B.4, which has test vectors.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { value, byte in value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xff)] }
  }

  /// As records of event files store it, so that a checksum of data that holds checksums stays one: rotated by 15 bits,
  /// plus a constant. Source: TensorFlow's `crc32c.h` (kMaskDelta).
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }
}
