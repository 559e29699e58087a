/// Sizes of what one image is at some place in a network: [height, width, channels].
public struct MapShape: Hashable, Sendable, CustomStringConvertible {
  public let height: Int
  public let width: Int
  public let channels: Int

  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  public var pixels: Int { height * width }
  /// Elements of one image.
  public var count: Int { height * width * channels }
  public var description: String { "\(height) x \(width) x \(channels)" }
}
