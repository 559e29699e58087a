import CKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Something that one worker does and that others wait for; without sleeping, since it is under way by then and takes a
/// fraction of a millisecond.
public final class Latch: Sendable {
  private let isOpen = Atomic<Bool>(false)

  public init() {}

  public func close() { isOpen.store(false, ordering: .relaxed) }

  /// All that was written before is seen by who waited.
  public func open() { isOpen.store(true, ordering: .releasing) }

  public func wait() {
    for _ in 0..<1000 {
      if isOpen.load(ordering: .acquiring) { return }
      gf_pause()
    }
    // Where there are more threads than processors, the one that is waited for may need this one's.
    while !isOpen.load(ordering: .acquiring) { sched_yield() }
  }
}
