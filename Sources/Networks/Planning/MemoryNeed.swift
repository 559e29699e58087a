import Kernels
import SystemLimits

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

  /// Memory of the program itself and its threads, measured for all rows with batches of 10 and 100.
  private static let besides = 0x1p26

  /// Of a process that trains on a dataset of so many bytes of images: reading them takes as much again twice, before the network
  /// takes its own.
  public func process(datasetBytes: Double) -> Double { datasetBytes + max(2 * datasetBytes, bytes) + Self.besides }

  /// - Throws: `OutOfMemory` if more is needed.
  public func check(against available: AvailableMemory) throws(OutOfMemory) {
    try OutOfMemory.check(
      "\(images) images of \(side) x \(side) pixels in one batch", need: bytes + Self.besides, against: available,
      advice: "take a smaller batch, fewer threads (--threads) or a machine or limit with more")
  }
}
