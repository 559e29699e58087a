import Digests
import Files
import Kernels
import Layers
import Networks
import Traces

/// What makes a run this run and no other: every bit of its trace follows from it.
public struct RunIdentity: Equatable, Sendable {
  public var row: String
  public var profile: String
  public var seed: UInt64
  public var dataName: String
  public var dataFingerprint: Digest
  public var settings: TrainingSettings

  public init(
    row: String, profile: String, seed: UInt64, dataName: String, dataFingerprint: Digest, settings: TrainingSettings
  ) {
    self.row = row
    self.profile = profile
    self.seed = seed
    self.dataName = dataName
    self.dataFingerprint = dataFingerprint
    self.settings = settings
  }

  public var header: TraceHeader {
    TraceHeader(
      numerics: NumericsContract.version, row: row, profile: profile, seed: seed, dataName: dataName,
      dataFingerprint: "sha256:\(dataFingerprint)", parameters: settings.network.parameterCount, training: settings.description)
  }
}

extension TrainingSettings {
  /// Every setting under its name, as the trace's first line lists them.
  public var description: [JSONValue.Member] {
    [
      .init("depth", JSONValue(network.depth)),
      .init("filters", JSONValue(network.filters)),
      .init("classes", JSONValue(network.classes)),
      .init("side", JSONValue(network.side)),
      .init("normalise_processing", .bool(network.normalisesProcessing)),
      .init("normalise_reduction", .bool(network.normalisesReduction)),
      .init("residual", .bool(network.isResidual)),
      .init("leaky_slope", JSONValue(network.slope)),
      .init("batch_size", JSONValue(batchSize)),
      .init("schedule", .string(schedule.rawValue)),
      .init("base_learning_rate", JSONValue(baseLearningRate)),
      .init("minimum_learning_rate", JSONValue(minimumLearningRate)),
      .init("schedule_period", JSONValue(schedulePeriod)),
      .init("adam_beta1", JSONValue(adam.beta1)),
      .init("adam_beta2", JSONValue(adam.beta2)),
      .init("adam_epsilon", JSONValue(adam.epsilon)),
      .init("batch_norm_epsilon", JSONValue(BatchNormDefaults.epsilon)),
      .init("batch_norm_momentum", JSONValue(BatchNormDefaults.momentum)),
      .init("batch_norm_evaluation", .string(batchNormStatistics.rawValue)),
      .init("padding", JSONValue(augmentation.padding)),
      .init("flips", .bool(augmentation.flips)),
      .init("validation_per_class", JSONValue(validationPerClass)),
    ]
  }
}
