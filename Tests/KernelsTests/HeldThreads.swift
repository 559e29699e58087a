import Platform
import Synchronization

/// Threads that a signal holds until they are released, as a system does that lets others run first.
enum HeldThreads {
  private static let held = Atomic<Int>(0)
  private static let isHolding = Atomic<Bool>(false)

  static var count: Int { held.load(ordering: .sequentiallyConsistent) }

  /// For the calling thread, which may have been started by one that takes no signals.
  static func allowHolding() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Returns when all of them are held.
  static func hold(_ threads: [pthread_t]) {
    isHolding.store(true, ordering: .sequentiallyConsistent)
    signal(SIGUSR1) { _ in
      HeldThreads.held.add(1, ordering: .sequentiallyConsistent)
      while HeldThreads.isHolding.load(ordering: .sequentiallyConsistent) { usleep(100) }
      HeldThreads.held.subtract(1, ordering: .sequentiallyConsistent)
    }
    for thread in threads { pthread_kill(thread, SIGUSR1) }
    while count < threads.count { usleep(100) }
  }

  static func release() { isHolding.store(false, ordering: .sequentiallyConsistent) }
}
