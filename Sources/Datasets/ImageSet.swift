import Digests
import Platform

/// Labelled images in canonical order, whatever their order in a file: sorted by label, then by pixels, compared byte by
/// byte as unsigned numbers. An image's place in that order is its number, by which splits, crops and flips know it.
public struct ImageSet: Sendable {
  /// Height and width.
  public let side: Int
  public let labels: [UInt16]
  /// [image][3][side][side]: planes R, G, B, each row by row from the top left.
  public let pixels: [UInt8]

  public var count: Int { labels.count }
  public var imageBytes: Int { 3 * side * side }

  /// - Parameters: labels and images in any order, one image after the other.
  public init(side: Int, labels: [UInt16], pixels: [UInt8]) {
    self.init(side: side, labels: labels, records: pixels, recordBytes: 3 * side * side)
  }

  /// - Parameters:
  ///   - labels: one a record.
  ///   - records: each of `recordBytes`, an image's pixels being its last bytes.
  init(side: Int, labels: [UInt16], records: [UInt8], recordBytes: Int) {
    let size = 3 * side * side
    precondition(recordBytes >= size, "an image of \(size) bytes in a record of \(recordBytes)")
    precondition(
      records.count == labels.count * recordBytes, "\(records.count) bytes for \(labels.count) records of \(recordBytes)")
    self.side = side
    (self.labels, pixels) = records.withUnsafeBufferPointer { records in
      let order = Self.canonicalOrder(labels, records, recordBytes: recordBytes, imageBytes: size)
      let sorted = [UInt8](unsafeUninitializedCapacity: order.count * size) { target, count in
        for (place, index) in order.enumerated() {
          let pixels = UnsafeBufferPointer(rebasing: records[((index + 1) * recordBytes - size)...].prefix(size))
          _ = UnsafeMutableBufferPointer(rebasing: target[(place * size)...]).update(fromContentsOf: pixels)
        }
        count = order.count * size
      }
      return (order.map { labels[$0] }, sorted)
    }
  }

  /// The records' indices, sorted. A key of the label and the first six pixels decides nearly every comparison.
  private static func canonicalOrder(
    _ labels: [UInt16], _ records: UnsafeBufferPointer<UInt8>, recordBytes: Int, imageBytes: Int
  ) -> [Int] {
    guard let base = records.baseAddress else { return [] }
    let keyBytes = min(6, imageBytes)
    var entries = labels.indices.map { index in
      let pixels = base + (index + 1) * recordBytes - imageBytes
      var key = UInt64(labels[index])
      for place in 0..<keyBytes { key = key << 8 | UInt64(pixels[place]) }
      return (key: key, index: index)
    }
    entries.sort { a, b in
      if a.key != b.key { return a.key < b.key }
      let first = base + (a.index + 1) * recordBytes - imageBytes
      let second = base + (b.index + 1) * recordBytes - imageBytes
      return memcmp(first, second, imageBytes) < 0
    }
    return entries.map(\.index)
  }

  /// Images of each class.
  public func counts(classes: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// Adds the count (eight bytes), all labels (two bytes each), both little-endian, and all pixels to a fingerprint.
  func hash(into hasher: inout Digest.Hasher) {
    hasher.update(littleEndian: UInt64(count))
    labels.map(\.littleEndian).withUnsafeBytes { hasher.update($0) }
    pixels.withUnsafeBytes { hasher.update($0) }
  }
}
