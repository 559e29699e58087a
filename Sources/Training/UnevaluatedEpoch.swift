import Digests
import Files
import Traces

/// What is known of an epoch when its last step is done: its line in the trace, but for the evaluation that comes next.
struct UnevaluatedEpoch: Equatable {
  var epoch: Int
  var learningRate: Double
  var trainLoss: Double
  var trainAccuracy: Double
  var gradientFlow: [NamedValue]
  var gradientStatistics: [GradientStatistics]
  var digest: Digest

  func line(validationLoss: Double, validationAccuracy: Double) -> EpochLine {
    EpochLine(
      epoch: epoch, learningRate: learningRate, trainLoss: trainLoss, trainAccuracy: trainAccuracy,
      validationLoss: validationLoss, validationAccuracy: validationAccuracy, gradientFlow: gradientFlow,
      gradientStatistics: gradientStatistics, digest: digest)
  }
}

extension UnevaluatedEpoch {
  /// As checkpoints hold it: a line of the trace whose validation is 0, which nobody reads.
  var json: JSONValue { TraceLine.epoch(line(validationLoss: 0, validationAccuracy: 0)).json }

  init?(_ json: JSONValue) {
    guard case .epoch(let line)? = try? TraceLine(parsing: Array(json.description.utf8)) else { return nil }
    self.init(
      epoch: line.epoch, learningRate: line.learningRate, trainLoss: line.trainLoss, trainAccuracy: line.trainAccuracy,
      gradientFlow: line.gradientFlow, gradientStatistics: line.gradientStatistics, digest: line.digest)
  }
}
