import CKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Something that one worker does and that others wait for: it is under way by then and takes a fraction of a millisecond.
public final class Latch: Sendable {
  private let isOpen = Atomic<Bool>(false)

  private let polls: Int

  /// - Parameter threads: how many work at the same time.
  public init(threads: Int) {
    // Where there are more threads than processors, the one that is waited for may need this one's.
    polls = threads > WorkerPool.processorCount ? 0 : 10_000
  }

  public func close() { isOpen.store(false, ordering: .relaxed) }

  /// All that was written before is seen by who waited.
  public func open() { isOpen.store(true, ordering: .releasing) }

  public func wait() {
    for _ in 0..<polls {
      if isOpen.load(ordering: .acquiring) { return }
      gf_pause()
    }
    while !isOpen.load(ordering: .acquiring) { usleep(50) }
  }
}
