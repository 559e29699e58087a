import CKernels
import Platform

/// The most that a machine gives a backend's threads, measured: what the kernels' speed is held against.
public struct Ceilings: Equatable, Sendable {
  /// Fused multiply-adds in binary32 from registers, 10⁹ operations a second (two a multiply-add).
  public let gigaflops: Double
  /// Copying between two pieces of memory that no cache holds, 10⁹ bytes read and written a second.
  public let gigabytes: Double

  package init(gigaflops: Double, gigabytes: Double) {
    self.gigaflops = gigaflops
    self.gigabytes = gigabytes
  }

  /// Takes about a third of a second.
  public init(of backend: Backend) {
    gigaflops = Self.multiplyAdds(backend)
    gigabytes = Self.copying(backend)
  }

  /// The best of some rounds.
  private static func multiplyAdds(_ backend: Backend) -> Double {
    let meter = MultiplyAddMeter(backend)
    return (0..<5).map { _ in meter.gigaflops() }.max() ?? .nan
  }

  private static func copying(_ backend: Backend) -> Double {
    let work = CopyLoop()
    // The first touches the pages.
    backend.pool.run(work, tasks: CopyLoop.tasks)
    let nanoseconds = (0..<5).map { _ in time { backend.pool.run(work, tasks: CopyLoop.tasks) } }.min() ?? .nan
    return 2 * Double(CopyLoop.bytes) / nanoseconds
  }
}

/// Fused multiply-adds in binary32 from registers on all threads of a backend, for some 20 to 40 milliseconds at a time.
public final class MultiplyAddMeter {
  private let backend: Backend
  private let work: PeakLoop
  /// Of one task.
  private var rounds = 1 << 12

  public init(_ backend: Backend) {
    self.backend = backend
    work = PeakLoop(backend)
    // The shorter of two: one alone may have been interrupted.
    while min(nanoseconds(), nanoseconds()) <= 20e6 { rounds *= 2 }
  }

  private func nanoseconds() -> Double { time { backend.pool.run(work, with: rounds, tasks: work.tasks) } }

  /// 10⁹ operations a second (two a multiply-add), measured now.
  public func gigaflops() -> Double {
    let nanoseconds = nanoseconds()
    return work.operations / nanoseconds
  }
}

private func time(_ body: () -> Void) -> Double {
  let (seconds, attoseconds) = ContinuousClock().measure(body).components
  return Double(seconds) * 1e9 + Double(attoseconds) * 1e-9
}

/// Multiply-adds in as many equal tasks as keep all threads busy to the end.
private final class PeakLoop: ParallelWork {
  let tasks: Int
  private let code: gf_instruction_set
  private let results: UnsafeMutableBufferPointer<(operations: Double, sink: Float)>

  init(_ backend: Backend) {
    tasks = 8 * backend.threads
    code = backend.instructionSet.code
    results = .allocate(capacity: tasks)
    results.initialize(repeating: (0, 0))
  }

  deinit { results.deallocate() }

  var operations: Double { results.reduce(0) { $0 + $1.operations } }

  func perform(task: Int, worker: Int, with rounds: Int) {
    results[task].operations = gf_peak_multiply_adds(code, rounds, &results[task].sink)
  }
}

/// Copies a piece of memory larger than any cache here, in slices.
private final class CopyLoop: ParallelWork {
  static let bytes = 128 << 20
  static let tasks = 64
  private let source = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
  private let target = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)

  init() { memset(source, 1, Self.bytes) }

  deinit {
    source.deallocate()
    target.deallocate()
  }

  func perform(task: Int, worker: Int, with _: Void) {
    let slice = Self.bytes / Self.tasks
    memcpy(target + task * slice, source + task * slice, slice)
  }
}
