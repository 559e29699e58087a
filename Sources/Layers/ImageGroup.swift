/// Images of one batch that pass through a region's operations together, while they are in the cache.
///
/// A batch is divided into slots. Slot `s` holds images `s * imagesPerSlot ..< (s + 1) * imagesPerSlot`, for any number of
/// threads. Each weight gradient has one partial sum per slot, so its value does not depend on the threads. (Statistics, bias
/// gradients and losses have one partial sum per image.)
///
/// A group is a whole slot or a part of one. One worker takes the parts of a slot in order; workers that share a slot take
/// them at the same time.
public struct ImageGroup: Sendable {
  /// Part of the reproducibility contract: changing it changes the order of sums.
  public static let imagesPerSlot = 5

  public let slot: Int
  public let images: Range<Int>
  /// The worker that computes the group. It decides only whose scratch memory is used.
  public let worker: Int
  /// Index of the memory through which the operations of a region pass values on. It is the worker's index; a slot that workers
  /// share has an index of its own, after the workers'.
  public let memory: Int
  /// Whether that memory holds all images of the slot. Otherwise each group overwrites the one before it.
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
