import Digests

/// The first 64 bits of a SHA-256, printed as 16 lower-case hexadecimal characters.
///
/// Steps and layers carry these instead of whole digests: there are hundreds an epoch, and their only purpose is to
/// show where two runs part. Two different states share one with probability 2⁻⁶⁴; an epoch's digest is whole.
public struct ShortDigest: Hashable, Sendable, CustomStringConvertible {
  /// The first eight bytes of the SHA-256, the first of them the most significant.
  public let bits: UInt64

  public init(bits: UInt64) { self.bits = bits }

  public init(_ digest: Digest) {
    bits = digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Reads what `description` prints; `nil` for anything else.
  public init?(hex: String) {
    let characters = hex.utf8
    guard characters.count == 16 else { return nil }
    var bits: UInt64 = 0
    for character in characters {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt64(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt64(character - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    self.bits = bits
  }

  public var description: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
