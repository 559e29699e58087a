import Datasets
import Kernels
import Layers
import Networks
import Optimisers

/// Every setting of a run that can change a bit of it, apart from the seed and the data.
///
/// The number of epochs that a run makes is not among them: a shorter run is a prefix of a longer one.
public struct TrainingSettings: Hashable, Sendable {
  public enum Schedule: String, Sendable, CaseIterable { case cosine, constant }

  public var network: NetworkConfiguration
  public var batchSize: Int
  public var schedule: Schedule
  /// Learning rate of epoch 0.
  public var baseLearningRate: Double
  /// Where the cosine ends.
  public var minimumLearningRate: Double
  /// Epochs from the base to the minimum: T of the cosine, whatever the number of epochs that a run makes.
  public var schedulePeriod: Int
  public var optimiser: OptimiserChoice
  public var augmentation: Augmentation
  public var validationPerClass: Int
  public var validationSplit = Split.Kind.balanced
  public var batchNormStatistics: BatchNormStatistics

  public struct Augmentation: Hashable, Sendable {
    /// Zeros on each side before a random crop; 0: no crop.
    public var padding: Int
    public var flips: Bool

    public init(padding: Int = 4, flips: Bool = true) {
      self.padding = padding
      self.flips = flips
    }

    public static let none = Augmentation(padding: 0, flips: false)
  }

  public init(
    network: NetworkConfiguration, baseLearningRate: Double, batchSize: Int = 100, schedule: Schedule = .cosine,
    minimumLearningRate: Double = 2e-5, schedulePeriod: Int = 100, optimiser: OptimiserChoice = .standard,
    augmentation: Augmentation = .init(), validationPerClass: Int = 25,
    batchNormStatistics: BatchNormStatistics = .running
  ) {
    self.network = network
    self.batchSize = batchSize
    self.schedule = schedule
    self.baseLearningRate = baseLearningRate
    self.minimumLearningRate = minimumLearningRate
    self.schedulePeriod = schedulePeriod
    self.optimiser = optimiser
    self.augmentation = augmentation
    self.validationPerClass = validationPerClass
    self.batchNormStatistics = batchNormStatistics
  }

  /// Learning rate of an epoch, constant within it.
  ///
  /// Cosine: lr(e) = min + (base − min)·(1 + cos(π·e / T)) / 2. Source: Loshchilov & Hutter, arXiv:1608.03983.
  public func learningRate(epoch: Int) -> Double {
    switch schedule {
    case .constant: return baseLearningRate
    case .cosine:
      let angle = Double.pi * Double(min(epoch, schedulePeriod)) / Double(schedulePeriod)
      return minimumLearningRate + (baseLearningRate - minimumLearningRate) * (1 + Elementary.cos(angle)) / 2
    }
  }

  /// What makes the settings impossible, or `nil`.
  public var problem: String? {
    if let problem = network.problem { return problem }
    if !(1...100_000).contains(batchSize) { return "a batch of \(batchSize); possible are 1 to 100000" }
    if let ghost = network.normStatistics.ghostSize, batchSize % ghost != 0 {
      return "ghost batches of \(ghost) images do not divide a batch of \(batchSize)"
    }
    if !(baseLearningRate > 0 && baseLearningRate <= 10) {
      return "a learning rate of \(baseLearningRate); possible is above 0 to 10"
    }
    if !(minimumLearningRate >= 0 && minimumLearningRate <= 10) {
      return "a minimum learning rate of \(minimumLearningRate); possible is 0 to 10"
    }
    if schedule == .cosine, baseLearningRate < minimumLearningRate {
      return "a learning rate of \(baseLearningRate) below its minimum of \(minimumLearningRate): the cosine would rise; give a "
        + "smaller minimum"
    }
    if !(1...100_000).contains(schedulePeriod) { return "a schedule of \(schedulePeriod) epochs; possible are 1 to 100000" }
    if !(0..<network.side).contains(augmentation.padding) {
      return "padding of \(augmentation.padding) for images of \(network.side); possible are 0 to \(network.side - 1)"
    }
    if let problem = optimiser.settings.problem { return problem }
    if !(1...100_000).contains(validationPerClass) {
      return "\(validationPerClass) validation images a class; possible are 1 to 100000"
    }
    return nil
  }

  /// Why no run of so many epochs can be made; `nil` if one can.
  public func problem(epochs: Int) -> String? {
    (1...schedulePeriod).contains(epochs)
      ? nil
      : "\(epochs) epochs, and its learning rate is for \(schedulePeriod): ask for fewer with --epochs, or change `epochs` or the "
        + "`period` of the row's schedule"
  }
}
