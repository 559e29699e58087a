import Platform
import Synchronization
import Training

/// For tests of resuming: ends the process by SIGKILL the N-th time a failpoint is reached, as in `checkpoint.renamed:2`.
final class KillSwitch: Sendable {
  private let name: String
  private let left: Atomic<Int>

  init(_ text: String) {
    let parts = text.split(separator: ":")
    name = parts.first.map(String.init) ?? ""
    left = Atomic(parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
  }

  func reach(_ failpoint: Failpoint) {
    let reached =
      switch failpoint {
      case .step: "step"
      case .evaluation: "evaluation"
      case .checkpoint(let stage): "checkpoint.\(stage)"
      case .traceFrame(let stage): "trace.\(stage)"
      case .traceFlushed: "trace"
      }
    if reached == name, left.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
  }
}
