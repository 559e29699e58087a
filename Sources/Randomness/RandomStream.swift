import CKernels
import Digests

/// Random numbers as a pure function of (seed, stream name, epoch, index); nothing depends on the order of drawing.
///
/// What follows is part of the reproducibility contract and meant to be implemented a second time:
///
/// - **Key.** SHA-256 over these bytes, in this order: "gradflow-random-v1" in ASCII, a zero byte, the name in UTF-8, a
///   zero byte, the seed in eight bytes, the epoch in eight bytes, both least significant byte first. The digest's bytes
///   0 … 3 are the key's first 32-bit word, bytes 4 … 7 its second, least significant byte first.
/// - **Generator.** Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011).
/// - **Word i**, 32 bits: word i mod 4 of the block of the counter (i/4 mod 2³², ⌊i/4⌋ / 2³², 0, 0).
/// - **Value i**, 64 bits: word 2i is its low half, word 2i + 1 its high half.
///
/// `RandomStream+Mappings.swift` makes numbers of these bits. The names of all streams stand in `StreamName`.
public struct RandomStream: Hashable, Sendable {
  /// The generator's key, its first word in the low half.
  public let key: UInt64

  /// - Parameter epoch: what is drawn anew every epoch says which one it is; all else leaves it at zero.
  public init(seed: UInt64, name: StreamName, epoch: UInt64 = 0) {
    var hasher = Digest.Hasher()
    hasher.update("gradflow-random-v1\0\(name)\0")
    hasher.update(littleEndian: seed)
    hasher.update(littleEndian: epoch)
    key = hasher.finalize().bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The `index`-th 32 random bits.
  public func word(at index: UInt64) -> UInt32 {
    var word: UInt32 = 0
    gf_philox_fill(key, index, &word, 1)
    return word
  }

  /// The `index`-th 64 random bits, for an index below 2⁶³.
  public func value(at index: UInt64) -> UInt64 {
    var value: UInt64 = 0
    forEachValue(from: index, count: 1) { _, found in value = found }
    return value
  }

  /// Hands `body` the values `first` ..< `first` + `count`, each with its place counted from zero; faster than one by one.
  public func forEachValue(from first: UInt64, count: Int, _ body: (Int, UInt64) -> Void) {
    precondition(count >= 0, "\(count) random values")
    precondition(
      first < 1 << 63 && UInt64(count) <= (1 << 63) - first, "a stream has 2^63 values; asked for \(count) from \(first)")
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * min(count, 256)) { words in
      var done = 0
      while done < count {
        let part = min(count - done, 256)
        gf_philox_fill(key, 2 * (first + UInt64(done)), words.baseAddress, 2 * part)
        for i in 0..<part { body(done + i, UInt64(words[2 * i + 1]) << 32 | UInt64(words[2 * i])) }
        done += part
      }
    }
  }
}
