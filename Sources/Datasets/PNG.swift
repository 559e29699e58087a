/// Writes 8-bit RGB pictures as PNG, uncompressed (stored deflate blocks). Source: the PNG specification, W3C, 3rd edition.
public enum PNG {
  /// - Parameter rgb: width × height × 3 bytes.
  public static func encode(width: Int, height: Int, rgb: [UInt8]) -> [UInt8] {
    precondition(rgb.count == width * height * 3)
    var raw: [UInt8] = []
    raw.reserveCapacity(rgb.count + height)
    for row in 0..<height {
      raw.append(0)
      raw += rgb[row * width * 3..<(row + 1) * width * 3]
    }
    var header: [UInt8] = []
    append(UInt32(width), to: &header)
    append(UInt32(height), to: &header)
    header += [8, 2, 0, 0, 0]
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    appendChunk("IHDR", header, to: &file)
    appendChunk("IDAT", stored(raw), to: &file)
    appendChunk("IEND", [], to: &file)
    return file
  }

  private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
  }

  private static func appendChunk(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
    append(UInt32(data.count), to: &file)
    let body = Array(type.utf8) + data
    file += body
    append(checksum(body), to: &file)
  }

  /// A zlib stream of stored blocks.
  private static func stored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var first = 0
    repeat {
      let count = min(65_535, data.count - first)
      let isLast = first + count == data.count
      stream += [isLast ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8 & 255)]
      stream += data[first..<first + count]
      first += count
    } while first < data.count
    var a: UInt32 = 1, b: UInt32 = 0
    for byte in data {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    append(b << 16 | a, to: &stream)
    return stream
  }

  private static let table: [UInt32] = (0..<256).map { start in
    (0..<8).reduce(UInt32(start)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xffff_ffff) { table[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
  }
}
