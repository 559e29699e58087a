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

  /// - Throws: `DatasetError` for a dataset that is too small to be split.
  public init(_ dataset: Dataset, _ settings: TrainingSettings, seed: UInt64) throws(DatasetError) {
    self.dataset = dataset
    self.seed = seed
    augmentation = settings.augmentation
    let split = try Split(of: dataset, perClass: settings.validationPerClass, kind: settings.validationSplit, seed: seed)
    trainingIndices = split.training
    validationIndices = split.validation
  }

  public var trainingCount: Int { trainingIndices.count }
  public var validationCount: Int { validationIndices.count }
  public var testCount: Int { dataset.test.count }

  public func trainingEpoch(_ index: Int) -> TrainingEpoch {
    let plan = AugmentationPlan(seed: seed, epoch: index, padding: augmentation.padding, flips: augmentation.flips)
    let order = RandomStream(seed: seed, name: .shuffle, epoch: UInt64(index)).permutation(trainingCount)
    return TrainingEpoch(index: index, order: order) { [self] place, pixels in
      let image = trainingIndices[place], choice = plan.choice(for: image)
      normalisation.write(
        dataset.training, image, down: choice.down, right: choice.right, flipped: choice.flipped, to: pixels)
      return Int32(dataset.training.labels[image])
    }
  }

  public func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
    let images = set == .test ? dataset.test : dataset.training
    let index =
      switch set {
      case .training: trainingIndices[place]
      case .validation: validationIndices[place]
      case .test: place
      }
    normalisation.write(images, index, to: pixels)
    return Int32(images.labels[index])
  }
}
