import Files
import Traces
import Training

/// How far a run is, as its own files tell.
public struct RunFacts: Equatable, Sendable {
  public var epochs = 0
  /// Of the last epoch, in training.
  public var loss: Double?
  public var testAccuracy: Double?
  public var isFinished = false
  /// Why it broke off on a number that is not finite.
  public var diverged: String?
  /// Of one epoch, on the mean.
  public var secondsPerEpoch: Double?

  public init() {}

  /// What is torn or missing counts as not done.
  public init(_ directory: RunDirectory) {
    diverged = DivergedRun(in: directory.path).map { "\($0)" }
    guard let trace = try? Trace(path: directory.trace) else { return }
    epochs = trace.epochs.count
    loss = trace.epochs.last?.trainLoss
    testAccuracy = trace.test?.accuracy
    isFinished = trace.test != nil
    if isFinished { diverged = nil }
    if epochs > 0 { secondsPerEpoch = RunManifest(directory).seconds.map { $0 / Double(epochs) } }
  }

  /// Whether there is nothing more to make: a divergence comes again.
  public func isOver(_ run: ClusterRun) -> Bool { (isFinished && epochs >= run.epochs) || diverged != nil }
}
