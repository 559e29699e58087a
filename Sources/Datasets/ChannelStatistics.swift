/// Mean and standard deviation of one channel's pixels / 255 over all images of a set.
public struct ChannelStatistics: Equatable, Sendable {
  public let mean: Double
  /// Biased: over n, not n − 1.
  public let deviation: Double
}

extension ImageSet {
  /// For the channels R, G, B; NaN for an empty set. Integers are summed, so the sums are exact.
  public var channelStatistics: [ChannelStatistics] {
    let plane = side * side
    let n = Double(count * plane)
    return pixels.withUnsafeBufferPointer { bytes in
      (0..<3).map { channel in
        var sum: UInt64 = 0
        var squares: UInt64 = 0
        for image in 0..<count {
          var index = image * imageBytes + channel * plane
          let end = index + plane
          while index < end {
            let value = UInt64(bytes[index])
            sum &+= value
            squares &+= value &* value
            index &+= 1
          }
        }
        let mean = Double(sum) / n
        let variance = Double(squares) / n - mean * mean
        return ChannelStatistics(mean: mean / 255, deviation: (max(variance, 0)).squareRoot() / 255)
      }
    }
  }
}
