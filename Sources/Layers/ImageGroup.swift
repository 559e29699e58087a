/// Images of one batch that are worked on together while they are in the cache, and that share one slot of every weight
/// gradient. (Statistics, bias gradients and losses are summed image by image.)
///
/// The slot belongs to the images, not to the thread that happens to work on them: slot `s` holds images
/// `s * imagesPerSlot ..< (s + 1) * imagesPerSlot`, whatever the number of threads.
public struct ImageGroup: Sendable {
  /// Part of the reproducibility contract: changing it changes the order of sums.
  public static let imagesPerSlot = 2

  public let slot: Int
  public let images: Range<Int>

  /// Group `slot` of a batch of `count` images; the last one may be smaller.
  public init(slot: Int, of count: Int) {
    self.slot = slot
    images = slot * Self.imagesPerSlot..<min((slot + 1) * Self.imagesPerSlot, count)
  }

  public static func slots(of count: Int) -> Int { (count + imagesPerSlot - 1) / imagesPerSlot }
}
