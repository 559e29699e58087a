/// Images of one batch that are worked on together while they are in the cache.
///
/// Images share a slot of every weight gradient. (Statistics, bias gradients and losses are summed image by image.) The slot
/// belongs to the images, not to the thread that happens to work on them: slot `s` holds images
/// `s * imagesPerSlot ..< (s + 1) * imagesPerSlot`, whatever the number of threads. A group is a slot, or one of its parts,
/// which pass one after the other but where workers share the slot.
public struct ImageGroup: Sendable {
  /// Part of the reproducibility contract: changing it changes the order of sums.
  public static let imagesPerSlot = 5

  public let slot: Int
  public let images: Range<Int>
  /// The worker that has the group in hand: says whose scratch memory to use, and nothing else.
  public let worker: Int
  /// In which memory lies what the steps of a phase leave for one another: the one of the worker's number, or one beyond the
  /// workers', of a slot whose images they share.
  public let memory: Int
  /// Whether that memory holds all images of the slot, or those of one group after the other.
  public let keepsSlot: Bool
  /// Whether these are the slot's first images, and its last.
  public let beginsSlot: Bool
  public let endsSlot: Bool

  /// Slot `slot` of a batch of `count` images; the last one may be smaller.
  public init(slot: Int, of count: Int, worker: Int = 0, memory: Int? = nil) {
    self.slot = slot
    self.worker = worker
    self.memory = memory ?? worker
    keepsSlot = true
    images = slot * Self.imagesPerSlot..<min((slot + 1) * Self.imagesPerSlot, count)
    beginsSlot = true
    endsSlot = true
  }

  private var isWholeSlot: Bool { beginsSlot && endsSlot }

  private init(part images: Range<Int>, of whole: ImageGroup, keepsSlot: Bool) {
    slot = whole.slot
    worker = whole.worker
    memory = whole.memory
    self.keepsSlot = keepsSlot
    self.images = images
    beginsSlot = images.lowerBound == whole.images.lowerBound
    endsSlot = images.upperBound == whole.images.upperBound
  }

  /// Part `index` of the slot, cut into parts of `size` images, of which the last may be smaller.
  ///
  /// - Parameters:
  ///   - keepsSlot: whether what the steps leave is to be kept until the whole slot is through.
  public func part(_ index: Int, size: Int, keepsSlot: Bool = false) -> ImageGroup {
    precondition(isWholeSlot, "a part of a part: it could not tell where the slot begins and ends")
    let first = images.lowerBound + index * size
    let part = first..<min(first + size, images.upperBound)
    return ImageGroup(part: part, of: self, keepsSlot: keepsSlot || part == images)
  }

  public func parts(size: Int) -> Int { (images.count + size - 1) / size }

  public static func slots(of count: Int) -> Int { (count + imagesPerSlot - 1) / imagesPerSlot }
}
