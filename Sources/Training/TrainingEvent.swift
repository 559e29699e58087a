import Traces

/// What a trainer tells whoever watches.
public enum TrainingEvent: Sendable {
  /// What whoever watches should know and what keeps no run from going on: a checkpoint that could not be used and an earlier
  /// one that was, a torn trace, a file system without locks.
  case warning(String)
  case resumed(epoch: Int, step: Int)
  /// The run was over before: nothing was done.
  case finishedBefore(TestLine)
  case step(epoch: Int, step: Int, of: Int, loss: Double)
  case evaluating(epoch: Int)
  case epoch(EpochLine)
  case checkpoint(epoch: Int, step: Int)
  case test(TestLine)
}

/// How a run ended.
public enum TrainingOutcome: Equatable, Sendable {
  case finished(test: TestLine)
  /// Everything that was done is in the checkpoint.
  case stopped(StopRequest.Reason, epoch: Int, step: Int)
}

/// Moments at which a test may stop a run as a kill would.
public enum Failpoint: Hashable, Sendable {
  case step(epoch: Int, step: Int)
  case evaluation(epoch: Int, batch: Int)
  case checkpoint(stage: String)
  /// While a frame of the trace is being written.
  case traceFrame(stage: String)
  case traceFlushed(epoch: Int)
}
