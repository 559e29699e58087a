import Datasets
import Networks
import Optimisers
import Training

/// One row of a matrix: a network and how it is trained. What a row leaves open, the profile decides.
public struct ExperimentRow: Hashable, Sendable {
  /// Names the row's directory, trace and golden: letters, digits, `-`, `_` and `.`.
  public var id: String
  /// As tables print it.
  public var model: String
  /// For 100 classes of 32×32 images; the profile's data decide both.
  public var network: NetworkConfiguration
  public var schedule: TrainingSettings.Schedule
  public var baseLearningRate: Double
  public var minimumLearningRate: Double
  public var schedulePeriod: Int
  public var optimiser: OptimiserChoice
  public var batchSize: Int?
  public var epochs: Int?
  public var seeds: [UInt64]?
  public var augmentation: TrainingSettings.Augmentation?
  public var validationSplit = Split.Kind.balanced

  public init(
    id: String, model: String, network: NetworkConfiguration, schedule: TrainingSettings.Schedule = .cosine,
    baseLearningRate: Double, minimumLearningRate: Double = 2e-5, schedulePeriod: Int = 100,
    optimiser: OptimiserChoice = .standard, batchSize: Int? = nil,
    epochs: Int? = nil, seeds: [UInt64]? = nil, augmentation: TrainingSettings.Augmentation? = nil
  ) {
    self.id = id
    self.model = model
    self.network = network
    self.schedule = schedule
    self.baseLearningRate = baseLearningRate
    self.minimumLearningRate = minimumLearningRate
    self.schedulePeriod = schedulePeriod
    self.optimiser = optimiser
    self.batchSize = batchSize
    self.epochs = epochs
    self.seeds = seeds
    self.augmentation = augmentation
  }

  public init(_ row: StandardRow) {
    self.init(
      id: row.id, model: row.model, network: row.configuration, baseLearningRate: row.baseLearningRate, optimiser: row.optimiser)
  }

  /// The rows of Table 1.
  public static let table1 = StandardRow.table1.map(ExperimentRow.init)
  /// Table 1 and the rows outside it that can be named.
  public static let builtIn = StandardRow.all.map(ExperimentRow.init)

  /// The row's training under a profile, for data of that many classes and that size.
  public func settings(
    profile: Profile, classes: Int, side: Int
  ) -> TrainingSettings {
    var settings = TrainingSettings(
      network: network.with(classes: classes, side: side), baseLearningRate: baseLearningRate,
      batchSize: batchSize ?? profile.batchSize, schedule: schedule, minimumLearningRate: minimumLearningRate,
      schedulePeriod: schedulePeriod, optimiser: optimiser, augmentation: augmentation ?? profile.augmentation,
      validationPerClass: profile.validationPerClass)
    settings.validationSplit = validationSplit
    return settings
  }
}
