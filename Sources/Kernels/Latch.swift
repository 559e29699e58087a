import Platform
import Synchronization

/// Something that one worker does and that others wait for: it is under way by then and takes a fraction of a millisecond.
public final class Latch: Sendable {
  private let isOpen = Atomic<Bool>(false)

  private let threads: Int

  /// - Parameter threads: how many work at the same time.
  public init(threads: Int) { self.threads = threads }

  public func close() { isOpen.store(false, ordering: .relaxed) }

  /// All that was written before is seen by who waited.
  public func open() { isOpen.store(true, ordering: .releasing) }

  public func wait() {
    var waiting = Waiting(threads: threads)
    while !waiting.look({ isOpen.load(ordering: .acquiring) }) { usleep(50) }
  }
}
