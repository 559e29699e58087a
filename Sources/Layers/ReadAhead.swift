import CKernels
import Tensors

/// What each worker's next group of images is going to read. A convolution asks little of memory while it computes, so it has
/// that fetched into the second-level cache meanwhile. No result depends on it.
///
/// One worker alone touches what is noted for it.
public final class ReadAhead: Sendable {
  /// The most that is noted at a time; what comes after is left out.
  static let mostRanges = 8

  /// Bytes that are fetched ahead at most: more would drive one another out of the cache.
  private let budget: Int
  private let ranges: Buffer<gf_range>
  private let counts: Buffer<Int>
  private let bytesLeft: Buffer<Int>

  init(workers: Int, budget: Int) {
    self.budget = budget
    ranges = Buffer(count: workers * Self.mostRanges)
    counts = Buffer(count: workers)
    bytesLeft = Buffer(count: workers)
  }

  /// What `init` allocates, in bytes.
  static func workspaceBytes(workers: Int) -> Int {
    workers * (mostRanges * MemoryLayout<gf_range>.stride + 2 * MemoryLayout<Int>.stride)
  }

  /// Forgets what was noted for a worker.
  public func begin(worker: Int) {
    counts.pointer[worker] = 0
    bytesLeft.pointer[worker] = budget
  }

  /// Notes memory that is going to be read, what is read first first.
  public func note(_ memory: UnsafeRawPointer, bytes: Int, worker: Int) {
    let count = counts.pointer[worker], bytes = min(bytes, bytesLeft.pointer[worker])
    guard count < Self.mostRanges, bytes > 0 else { return }
    ranges.pointer[worker * Self.mostRanges + count] = gf_range(begin: memory, bytes: bytes)
    counts.pointer[worker] = count + 1
    bytesLeft.pointer[worker] -= bytes
  }

  /// What was noted for a worker, whose next convolution finds nothing more. To be used before anything else is noted.
  func take(worker: Int) -> UnsafeBufferPointer<gf_range> {
    defer { counts.pointer[worker] = 0 }
    return UnsafeBufferPointer(start: ranges.pointer + worker * Self.mostRanges, count: counts.pointer[worker])
  }
}
