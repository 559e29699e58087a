import Benchmarks
import PlainText
import Training

/// How long a run has yet to go: the batches that are left, as `matrix --estimate` counts them, at the pace of the latest ones.
///
/// A pace of the latest batches follows a machine that gets busy or free, and what was done before a resumption does not count.
struct TimeLeft {
  /// How much a new measurement counts: steps of some seconds decide, and a single slow one is soon forgotten.
  private static let weight = 0.05

  private let work: RunWork
  /// Seconds of a step; `nil` before the second one.
  private var step: Double?
  /// Seconds of a pass of evaluation; `nil` before the first epoch's end.
  private var evaluation: Double?
  /// When the last step ended, if what followed it was the next step.
  private var lastStep: Double?
  private var evaluationBegan: Double?
  private var place = (epoch: 0, step: 0)

  init(_ work: RunWork) { self.work = work }

  /// - Parameter time: seconds since any fixed moment.
  mutating func see(_ event: TrainingEvent, at time: Double) {
    switch event {
    case .warning, .checkpoint, .test, .finishedBefore: break
    case .resumed(let epoch, let step): place = (epoch, step)
    case .step(let epoch, let step, _, _):
      if let lastStep { take(time - lastStep, into: \.step) }
      lastStep = time
      place = (epoch, step)
    case .evaluating:
      lastStep = nil
      evaluationBegan = time
    case .epoch(let line):
      if let evaluationBegan { take((time - evaluationBegan) / Double(max(1, work.validationPasses)), into: \.evaluation) }
      evaluationBegan = nil
      place = (line.epoch + 1, 0)
      // What follows an epoch until its first step is loading, and not a step.
      lastStep = nil
    }
  }

  private mutating func take(_ seconds: Double, into pace: WritableKeyPath<Self, Double?>) {
    self[keyPath: pace] = self[keyPath: pace].map { $0 + Self.weight * (seconds - $0) } ?? seconds
  }

  /// `nil` before a step was measured.
  var seconds: Double? {
    guard let step else { return nil }
    // A step passes forward, and backward twice; of a pass forward alone, evaluation is made.
    let pace = RunWork.Pace(step: 1e3 * step, evaluation: 1e3 * (evaluation ?? step / 3))
    return work.seconds(from: place.epoch, step: place.step, at: pace)
  }

  /// For people.
  var words: String { seconds.map { Text.time(seconds: max(0, $0)) } ?? "?" }
}
