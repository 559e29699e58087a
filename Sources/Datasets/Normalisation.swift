import CKernels

/// From a pixel's byte to the number that a network sees: (byte / 255 − mean) / deviation, in double, rounded to Float.
///
/// The constants are the protocol's, for every dataset: also for the synthetic one, whose own mean and deviation are near.
public struct Normalisation: Sendable {
  /// Per channel R, G, B.
  public static let means = [0.4914, 0.4822, 0.4465]
  public static let deviations = [0.2023, 0.1994, 0.2010]

  /// [channel][byte]
  private let table: [Float]

  public init() {
    table = (0..<3).flatMap { channel in
      (0..<256).map { Float((Double($0) / 255 - Self.means[channel]) / Self.deviations[channel]) }
    }
  }

  public func value(_ byte: UInt8, channel: Int) -> Float { table[channel * 256 + Int(byte)] }

  /// Writes one image, [side, side, 3].
  ///
  /// - Parameters:
  ///   - index: the image's number in `set`.
  ///   - down, right: offset of the crop against the unpadded image; what lies outside is a raw zero.
  ///   - flipped: whether the crop is then mirrored left to right.
  public func write(
    _ set: ImageSet, _ index: Int, down: Int = 0, right: Int = 0, flipped: Bool = false,
    to pixels: UnsafeMutablePointer<Float>
  ) {
    precondition((0..<set.count).contains(index), "image \(index) of \(set.count)")
    set.pixels.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      gf_augment_f32(base + index * set.imageBytes, set.side, down, right, flipped ? 1 : 0, table, pixels)
    }
  }
}
