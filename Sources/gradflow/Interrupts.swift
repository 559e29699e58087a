import Synchronization
import Training

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ctrl-C, SIGTERM and a terminal that closes: the first asks for a stop at the next step, the second ends the program at once.
enum Interrupts {
  /// What the handler raises. Set once, before the handler is installed.
  nonisolated(unsafe) private static var request: StopRequest?

  static func raise(_ stop: StopRequest) {
    request = stop
    // A program that was started from a thread with blocked signals inherits that.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { number in
        if let request = Interrupts.request, request.raise() == 0 {
          // Only what is safe in a signal handler: no allocation, one system call.
          let message: StaticString = "\ngradflow: stopping at the next step; once more to stop at once\n"
          _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
        } else {
          _exit(128 + number)
        }
      }
      // Whoever started the program with nohup wants it to go on when the terminal closes.
      if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
  }
}
