import Crypto

/// A SHA-256 digest: 32 bytes, printed as 64 lower-case hexadecimal characters.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// The 32 bytes, in the order in which FIPS 180-4 prints them.
  public let bytes: [UInt8]

  /// The digest of `data`.
  public init(of data: UnsafeRawBufferPointer) {
    var hasher = Hasher()
    hasher.update(data)
    self = hasher.finalize()
  }

  /// The digest of a string's UTF-8 bytes.
  public init(of text: String) {
    self = Array(text.utf8).withUnsafeBytes { Digest(of: $0) }
  }

  fileprivate init(_ digest: SHA256.Digest) { bytes = Array(digest) }

  /// Reads what `description` prints; `nil` for anything else.
  public init?(hex: String) {
    let characters = Array(hex.utf8)
    guard characters.count == 64 else { return nil }
    func value(_ character: UInt8) -> UInt8? {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
      default: nil
      }
    }
    var bytes: [UInt8] = []
    for pair in 0..<32 {
      guard let high = value(characters[2 * pair]), let low = value(characters[2 * pair + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Hashes a sequence of byte ranges as if they were one.
  public struct Hasher: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ data: UnsafeRawBufferPointer) {
      state.update(bufferPointer: data)
    }

    public mutating func update(_ text: String) {
      Array(text.utf8).withUnsafeBytes { update($0) }
    }

    /// Appends the eight bytes of `value`, least significant first.
    public mutating func update(littleEndian value: UInt64) {
      withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    public mutating func update(_ digest: Digest) {
      digest.bytes.withUnsafeBytes { update($0) }
    }

    public func finalize() -> Digest { Digest(state.finalize()) }
  }
}
