import Files
import Platform
import Synchronization
import Training

/// A command that takes a stop request, stops at its next step, and can be continued.
protocol InterruptibleCommand {
  /// Whether this call of it does.
  var isInterruptible: Bool { get }
}

extension RunCommand: InterruptibleCommand { var isInterruptible: Bool { true } }
extension MatrixCommand: InterruptibleCommand { var isInterruptible: Bool { !isEstimate } }
extension NightlyCommand: InterruptibleCommand { var isInterruptible: Bool { judged.isEmpty } }
extension GoldenCheckCommand: InterruptibleCommand { var isInterruptible: Bool { runs.isEmpty } }

/// A command that leaves something behind if it is ended on its way.
protocol LeavingCommand {
  var leavesSomething: Bool { get }
}

extension BisectCommand: LeavingCommand { var leavesSomething: Bool { rerun } }
extension BenchCommand: LeavingCommand { var leavesSomething: Bool { isTrainer || isScaling || !peer.isEmpty } }

/// Ctrl-C, SIGTERM and a terminal that closes: the first asks for a stop at the next step, the second ends the program at once.
enum Interrupts {
  /// What the handler raises. Set once, before the handler is installed.
  nonisolated(unsafe) private static var request: StopRequest?

  private static let numbers = [SIGINT, SIGTERM, SIGHUP]

  /// Keeps signals waiting until the command is known: one that can be continued stops for them as it does later, also if they
  /// came before it had begun. A second signal of the same kind that comes meanwhile is lost.
  static func hold() { mask(SIG_BLOCK) }

  /// For commands that no stop is meant for: they end as the system ends them. Also a program that was started from a thread
  /// with blocked signals takes them from here on.
  static func release() { mask(SIG_UNBLOCK) }

  private static func mask(_ how: Int32) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(how, &signals, nil)
  }

  /// For commands that have scratch directories, or processes that work for them: a signal removes those, then ends the program
  /// as the system ends it. Called before any other thread is there, so that none but the one made here takes signals.
  static func clearLeftovers() {
    hold()
    guard (try? SystemThread(SignalWatch(numbers.filter { !System.ignores(signal: $0) }))) != nil else { return release() }
  }

  private final class SignalWatch: SystemThread.Body {
    private let numbers: [Int32]

    init(_ numbers: [Int32]) { self.numbers = numbers }

    func run() {
      var signals = sigset_t()
      sigemptyset(&signals)
      for number in numbers { sigaddset(&signals, number) }
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { return }
      Leftovers.clear()
      signal(number, SIG_DFL)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      kill(getpid(), number)
    }
  }

  /// When nothing is left that would stop at a next step: from here on a signal ends the program as the system ends it.
  static func lower() {
    for number in numbers where !System.ignores(signal: number) { signal(number, SIG_DFL) }
  }

  static func raise(_ stop: StopRequest) {
    request = stop
    for number in numbers {
      // Whoever started the program with nohup, or in the background of a script, wants it to go on.
      if System.ignores(signal: number) { continue }
      signal(number) { number in
        if let request = Interrupts.request, request.raise() == 0 {
          // Only what is safe in a signal handler: no allocation, one system call.
          let message: StaticString = "\ngradflow: stopping at the next step; once more to stop at once\n"
          _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
        } else {
          _exit(128 + number)
        }
      }
    }
    release()
  }
}
