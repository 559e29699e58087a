import Datasets
import Digests
import Files
import Kernels
import Layers
import Networks
import Optimisers
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
    let head: [JSONValue.Member] =
      [
        .init("depth", JSONValue(network.depth)),
        .init("filters", JSONValue(network.filters)),
        .init("classes", JSONValue(network.classes)),
        .init("side", JSONValue(network.side)),
        .init("normalise_processing", .bool(network.normalisesProcessing)),
        .init("normalise_reduction", .bool(network.normalisesReduction)),
        .init("residual", .bool(network.isResidual)),
      ] + network.kindMembers + [
        .init("batch_size", JSONValue(batchSize)),
        .init("schedule", .string(schedule.rawValue)),
        .init("base_learning_rate", JSONValue(baseLearningRate)),
        .init("minimum_learning_rate", JSONValue(minimumLearningRate)),
        .init("schedule_period", JSONValue(schedulePeriod)),
      ]
    let tail: [JSONValue.Member] =
      [
        .init("batch_norm_epsilon", JSONValue(BatchNormDefaults.epsilon)),
        .init("batch_norm_momentum", JSONValue(BatchNormDefaults.momentum)),
        .init("batch_norm_evaluation", .string(batchNormStatistics.rawValue)),
        .init("padding", JSONValue(augmentation.padding)),
        .init("flips", .bool(augmentation.flips)),
        .init("validation_per_class", JSONValue(validationPerClass)),
      ]
      // Where it is the protocol's, nothing is said: traces that were made before there was a choice stay the same.
      + (validationSplit == .balanced ? [] : [.init("validation_split", .string(validationSplit.rawValue))])
    return head + optimiser.members + tail
  }
}

extension NetworkConfiguration {
  /// What a run of the protocol does not have stands here only where it is used.
  fileprivate var kindMembers: [JSONValue.Member] {
    let activation: JSONValue.Member =
      switch activation {
      case .leakyReLU(let slope): .init("leaky_slope", JSONValue(slope))
      case .elu(let alpha): .init("elu_alpha", JSONValue(alpha))
      }
    let dropout = [("dropout_blocks", blockDropout), ("dropout_head", headDropout)].filter { $0.1 > 0 }
    return [activation] + dropout.map { .init($0, JSONValue($1)) }
      + (initialisation == .standard ? [] : [.init("initialisation", .string(initialisation.rawValue))])
      + (normPlacement.dropout.map { rate in
        [.init("batch_norm_placement", .string(normPlacement.name)), .init("batch_norm_dropout", JSONValue(rate))]
      } ?? [])
      + normStatistics.members
  }
}

extension NormStatistics {
  fileprivate var members: [JSONValue.Member] {
    let weight: Double? = weighsExamples ? exampleWeight : nil
    return [
      ghostSize.map { .init("batch_norm_ghost", JSONValue($0)) }, groups.map { .init("batch_norm_groups", JSONValue($0)) },
      weight.map { .init("batch_norm_example_weight", JSONValue($0)) },
    ].compactMap { $0 }
  }
}

extension RunIdentity {
  /// The run that a trace's first line describes.
  ///
  /// - Parameter path: of the trace, for errors.
  /// - Throws: `TrainingError.otherProgram` if this program would not have written that line.
  public init(_ header: TraceHeader, path: String) throws(TrainingError) {
    func refuse(_ problem: String) -> TrainingError { .otherProgram(path: path, problem: problem) }
    guard header.numerics == NumericsContract.version else {
      throw refuse(
        "version \(header.numerics) of the numeric contract is not this program's, which is \(NumericsContract.version)")
    }
    let values = Dictionary(header.training.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    func value<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(TrainingError) -> Value {
      guard let value = values[name].flatMap(read) else { throw refuse("the setting \(name) is missing or unknown") }
      return value
    }
    guard let blocksPerStage = NetworkConfiguration.blocksPerStage(depth: try value("depth", \.int)) else {
      throw refuse("no network has the depth \(values["depth"]?.int ?? 0)")
    }
    let activation: Activation =
      if values["elu_alpha"] != nil { .elu(alpha: try value("elu_alpha", \.double)) } else {
        .leakyReLU(slope: try value("leaky_slope", \.double))
      }
    var network = NetworkConfiguration(
      blocksPerStage: blocksPerStage, filters: try value("filters", \.int), classes: try value("classes", \.int),
      side: try value("side", \.int), normalisesProcessing: try value("normalise_processing", \.bool),
      normalisesReduction: try value("normalise_reduction", \.bool), isResidual: try value("residual", \.bool),
      activation: activation, blockDropout: values["dropout_blocks"]?.double ?? 0,
      headDropout: values["dropout_head"]?.double ?? 0)
    if values["initialisation"] != nil {
      network.initialisation = try value("initialisation") { $0.string.flatMap(Initialisation.init) }
    }
    if values["batch_norm_placement"] != nil {
      let name = try value("batch_norm_placement", \.string), rate = try value("batch_norm_dropout", \.double)
      guard let placement = NormPlacement(name: name, dropout: rate) else {
        throw refuse("the setting batch_norm_placement is unknown")
      }
      network.normPlacement = placement
    }
    if values["batch_norm_ghost"] != nil { network.normStatistics.ghostSize = try value("batch_norm_ghost", \.int) }
    if values["batch_norm_groups"] != nil { network.normStatistics.groups = try value("batch_norm_groups", \.int) }
    if values["batch_norm_example_weight"] != nil {
      network.normStatistics.exampleWeight = try value("batch_norm_example_weight", \.double)
    }
    var settings = TrainingSettings(
      network: network, baseLearningRate: try value("base_learning_rate", \.double),
      batchSize: try value("batch_size", \.int),
      schedule: try value("schedule") { $0.string.flatMap(TrainingSettings.Schedule.init) },
      minimumLearningRate: try value("minimum_learning_rate", \.double),
      schedulePeriod: try value("schedule_period", \.int),
      optimiser: try OptimiserChoice(members: values, refuse: refuse),
      augmentation: .init(padding: try value("padding", \.int), flips: try value("flips", \.bool)),
      validationPerClass: try value("validation_per_class", \.int),
      batchNormStatistics: try value("batch_norm_evaluation") { $0.string.flatMap(BatchNormStatistics.init) })
    if values["validation_split"] != nil {
      settings.validationSplit = try value("validation_split") { $0.string.flatMap(Split.Kind.init) }
    }
    if let problem = settings.problem { throw refuse("impossible settings: \(problem)") }
    guard let fingerprint = Digest(hex: String(header.dataFingerprint.dropFirst("sha256:".count))) else {
      throw refuse("the data's fingerprint cannot be read")
    }
    self.init(
      row: header.row, profile: header.profile, seed: header.seed, dataName: header.dataName,
      dataFingerprint: fingerprint, settings: settings)
    // Every bit of a run follows from its header, so one that is not given back whole is not understood.
    let differences = header.differences(from: self.header)
    if let first = differences.first { throw refuse(first) }
  }
}
