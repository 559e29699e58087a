import CKernels
import Kernels
import SystemLimits
import Tensors

/// Memory for what the Winograd kernels compute with in between, a part for each worker; planned once, shared by the
/// convolutions of a network. Between two calls only the sums of a weight gradient have a meaning, until a slot is through.
public final class ConvolutionScratch<S: KernelScalar>: Sendable {
  public let workers: Int
  let channels: Int
  let filters: Int
  private let perWorker: Int
  private let accumulatorCount: Int
  private let buffer: Buffer<S>
  private let accumulators: Buffer<S>
  public let readAhead: ReadAhead

  /// - Parameters:
  ///   - channels: the largest number of channels that comes in,
  ///   - filters: and that goes out.
  ///   - readAhead: bytes that convolutions may have fetched for what follows them. A whole second-level cache, of which a half
  ///     gained less (docs/performance.md).
  public init(workers: Int, channels: Int, filters: Int, readAhead: Int = Caches.secondLevelBytes) {
    self.workers = workers
    self.channels = channels
    self.filters = filters
    perWorker = gf_winograd_scratch(channels, filters, MemoryLayout<S>.size) / MemoryLayout<S>.size
    accumulatorCount = 36 * channels * paddedCount(filters, of: S.self)
    buffer = Buffer(count: workers * perWorker)
    accumulators = Buffer(count: workers * accumulatorCount)
    self.readAhead = ReadAhead(workers: workers, budget: readAhead)
  }

  /// What `init` allocates, in bytes.
  package static func workspaceBytes(workers: Int, channels: Int, filters: Int) -> Int {
    workers
      * (gf_winograd_scratch(channels, filters, MemoryLayout<S>.size)
        + 36 * channels * paddedCount(filters, of: S.self) * MemoryLayout<S>.size) + ReadAhead.workspaceBytes(workers: workers)
  }

  func at(_ worker: Int) -> UnsafeMutableRawPointer {
    precondition(worker < workers, "worker \(worker) has no scratch memory: there is some for \(workers)")
    return UnsafeMutableRawPointer(buffer.pointer + worker * perWorker)
  }

  /// The sums of one weight gradient, which stay here while the images of a slot pass.
  func accumulator(_ worker: Int) -> UnsafeMutableRawPointer {
    precondition(worker < workers, "worker \(worker) has no scratch memory: there is some for \(workers)")
    return UnsafeMutableRawPointer(accumulators.pointer + worker * accumulatorCount)
  }
}
