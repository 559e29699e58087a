import Randomness

/// How one image is changed for one epoch.
public typealias Augmentation = (down: Int, right: Int, flipped: Bool)

/// Crops and flips of one epoch: a function of seed, epoch and the image's number in canonical order, not of the order in
/// which images are visited.
///
/// An image is padded with `padding` raw zeros on each side, cropped to its own size at a random offset, then mirrored left
/// to right with probability ½.
public struct AugmentationPlan: Sendable {
  private let crops: RandomStream
  private let flips: RandomStream
  private let padding: Int
  private let isFlipping: Bool

  /// - Parameter padding: zeros on each side before the crop; 0: no crop.
  public init(seed: UInt64, epoch: Int, padding: Int, flips isFlipping: Bool) {
    precondition(epoch >= 0 && padding >= 0, "epoch \(epoch), padding \(padding)")
    crops = RandomStream(seed: seed, name: .crop, epoch: UInt64(epoch))
    flips = RandomStream(seed: seed, name: .flip, epoch: UInt64(epoch))
    self.padding = padding
    self.isFlipping = isFlipping
  }

  /// Offsets of the crop against the unpadded image, in −padding … padding: integers below 2·padding + 1 of the stream
  /// `crop` at 2·number (down) and 2·number + 1 (right), less the padding. Whether the crop is then mirrored: uniform number
  /// of the stream `flip` at `number` below ½.
  public func choice(for number: Int) -> Augmentation {
    let index = UInt64(number)
    let range = 2 * padding + 1
    return (
      crops.integer(below: range, at: 2 * index) - padding, crops.integer(below: range, at: 2 * index + 1) - padding,
      isFlipping && flips.uniform(at: index) < 0.5
    )
  }
}
