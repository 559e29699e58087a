import Kernels

/// How much memory a network takes for batches of a given size: asked before it is made, since memory that the system
/// refuses in the middle of the work ends the process.
public struct MemoryNeed: Equatable, Sendable {
  public let images: Int
  public let side: Int
  /// May exceed what an integer can hold.
  public let bytes: Double

  /// For batches of more images than this, what that many take is scaled up.
  private static let mostPlanned = 1 << 16

  /// - Parameter workers: threads that work on it.
  public init<S: KernelScalar>(
    _ configuration: NetworkConfiguration, images: Int, workers: Int = 1, for use: NetworkUse = .training, in: S.Type
  ) {
    self.images = images
    side = configuration.side
    let planned = min(images, Self.mostPlanned)
    let memory = NetworkMemory(
      NetworkDescription(configuration), capacity: planned, workers: workers, for: use, of: S.self)
    bytes = Double(memory.bytes) * (Double(images) / Double(planned))
  }

  /// - Parameter available: bytes.
  /// - Throws: `OutOfMemory` if more is needed.
  public func check(against available: Int) throws(OutOfMemory) {
    guard bytes <= Double(available) else { throw OutOfMemory(need: self, available: available) }
  }
}

public struct OutOfMemory: Error, Equatable, CustomStringConvertible {
  public let need: MemoryNeed
  public let available: Int

  public var description: String {
    "\(need.images) images of \(need.side) x \(need.side) pixels in one batch need at least \(gibibytes(need.bytes)) GiB "
      + "of memory, and this machine has \(gibibytes(Double(available))): take a smaller batch"
  }

  private func gibibytes(_ bytes: Double) -> String {
    let tenths = (bytes / 0x1p30 * 10).rounded()
    return "\(tenths / 10)"
  }
}
