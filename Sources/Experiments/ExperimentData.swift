import Datasets
import Randomness
import Training

/// A dataset as one run sees it: split, shuffled and augmented by the run's seed.
public final class ExperimentData: BatchSource {
  public let dataset: Dataset
  private let seed: UInt64
  private let augmentation: TrainingSettings.Augmentation
  private let normalisation = Normalisation()
  private let trainingIndices: [Int]
  private let validationIndices: [Int]
  /// Of the epoch that was last asked for; a plain function of it, kept because making it takes two hashes.
  private var plan: (epoch: Int, plan: AugmentationPlan)

  public init(
    _ dataset: Dataset, validationPerClass: Int, augmentation: TrainingSettings.Augmentation, seed: UInt64
  ) throws(DatasetError) {
    self.dataset = dataset
    self.seed = seed
    self.augmentation = augmentation
    let split = try Split(of: dataset, perClass: validationPerClass, seed: seed)
    trainingIndices = split.training
    validationIndices = split.validation
    plan = (0, AugmentationPlan(seed: seed, epoch: 0, padding: augmentation.padding, flips: augmentation.flips))
  }

  public var trainingCount: Int { trainingIndices.count }
  public var validationCount: Int { validationIndices.count }
  public var testCount: Int { dataset.test.count }

  public func trainingOrder(epoch: Int) -> [Int] {
    plan = (
      epoch, AugmentationPlan(seed: seed, epoch: epoch, padding: augmentation.padding, flips: augmentation.flips)
    )
    return RandomStream(seed: seed, name: .shuffle, epoch: UInt64(epoch)).permutation(trainingCount)
  }

  public func load(_ set: DataSet, place: Int, epoch: Int?, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
    let images = set == .test ? dataset.test : dataset.training
    let index =
      switch set {
      case .training: trainingIndices[place]
      case .validation: validationIndices[place]
      case .test: place
      }
    if let epoch {
      precondition(epoch == plan.epoch, "augmentation of another epoch than the order asked for last")
      let choice = plan.plan.choice(for: index)
      normalisation.write(
        images, index, down: choice.down, right: choice.right, flipped: choice.flipped, to: pixels)
    } else {
      normalisation.write(images, index, to: pixels)
    }
    return Int32(images.labels[index])
  }
}
