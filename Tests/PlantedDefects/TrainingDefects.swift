/// A change of the engine that leaves a program which runs and learns. All stand in one copy of the source, each behind its name,
/// so that a build serves all. None touches a setting that a trace names.
struct TrainingChange {
  enum Kind {
    /// A subtle mistake: whole runs must tell it.
    case defect
    /// Another arithmetic of the same mathematics: it must be within rounding.
    case arithmetic
  }

  struct Edit {
    /// Path below the package's root.
    let file: String
    /// Stands in the file exactly once, and holds `find` exactly once.
    let place: String
    let find: String
    let replace: String
    /// Whether `find` is a statement; otherwise it is an expression.
    var isStatement = false
  }

  let id: String
  let what: String
  let kind: Kind
  let edits: [Edit]

  init(_ id: String, _ what: String, _ kind: Kind, _ edits: [Edit]) {
    self.id = id
    self.what = what
    self.kind = kind
    self.edits = edits
  }

  init(_ id: String, _ what: String, _ edits: [Edit]) { self.init(id, what, .defect, edits) }

  init(
    _ id: String, _ what: String, _ kind: Kind, _ file: String, within place: String? = nil, _ find: String, _ replace: String
  ) {
    self.init(id, what, kind, [Edit(file: file, place: place ?? find, find: find, replace: replace)])
  }

  init(_ id: String, _ what: String, _ file: String, within place: String? = nil, _ find: String, _ replace: String) {
    self.init(id, what, .defect, file, within: place, find, replace)
  }

  init(_ id: String, _ what: String, _ file: String, statement find: String, _ replace: String) {
    self.init(id, what, [Edit(file: file, place: find, find: find, replace: replace, isStatement: true)])
  }
}

let trainingChanges: [TrainingChange] = arithmetics + updateDefects + statisticsDefects + dataDefects + networkDefects

private let step = "Sources/Training/TrainingStep.swift"
private let adam = "Sources/Optimisers/Adam.swift"
private let batchNorm = "Sources/Layers/BatchNorm.swift"
private let convolution = "Sources/Layers/Convolution.swift"
private let augmentation = "Sources/Datasets/AugmentationPlan.swift"
private let experimentData = "Sources/Experiments/ExperimentData.swift"
private let normalisation = "Sources/Datasets/Normalisation.swift"

private let slot = "imagesPerSlot = 5"
private let batchConstants = "setConstants(c, mean: batchMean.pointer[c], variance: batchVariance.pointer[c])"

private let arithmetics = [
  TrainingChange(
    "direct-sums", "direct sums in the place of minimal filtering", .arithmetic, "Sources/Layers/ConvolutionGeometry.swift",
    within:
      "public func suitsWinograd(channels: Int, filters: Int) -> Bool { sizes.suitWinograd(channels: channels, filters: filters) }",
    "sizes.suitWinograd(channels: channels, filters: filters)", "false"),
  TrainingChange("slots-of-1", "weight gradients by slots of one image", .arithmetic, imageGroup, within: slot, "5", "1"),
  TrainingChange("slots-of-4", "weight gradients by slots of four images", .arithmetic, imageGroup, within: slot, "5", "4"),
  TrainingChange("slots-of-7", "weight gradients by slots of seven images", .arithmetic, imageGroup, within: slot, "5", "7"),
  TrainingChange(
    "statistics-binary32", "batch norm's mean and variance rounded to binary32", .arithmetic,
    [
      .init(file: batchNorm, place: batchConstants, find: "batchMean.pointer[c]", replace: "Double(Float(batchMean.pointer[c]))"),
      .init(
        file: batchNorm, place: batchConstants, find: "batchVariance.pointer[c]",
        replace: "Double(Float(batchVariance.pointer[c]))"),
    ]),
  TrainingChange(
    "loss-binary32", "losses of examples rounded to binary32", .arithmetic, "Sources/Layers/SoftmaxCrossEntropy.swift",
    within: "sum += losses.pointer[image]", "losses.pointer[image]", "Double(Float(losses.pointer[image]))"),
]
private let imageGroup = "Sources/Layers/ImageGroup.swift"

private let rate = "settings.learningRate(epoch: epoch.index)"
private let update = "optimiser.update(learningRate: settings.learningRate(epoch: epoch.index))"
private let firstCorrection = "step: learningRate / correction1"
private let secondCorrection = "root: correction2.squareRoot()"

private let updateDefects = [
  TrainingChange(
    "learning-rate-0.5-percent", "the learning rate is 0.5 % too high", step, within: update, rate, "1.005 * \(rate)"),
  TrainingChange("learning-rate-2-percent", "the learning rate is 2 % too high", step, within: update, rate, "1.02 * \(rate)"),
  TrainingChange("learning-rate-10-percent", "the learning rate is 10 % too high", step, within: update, rate, "1.1 * \(rate)"),
  TrainingChange(
    "beta1-0.91", "the first moment decays by 0.91", adam, statement: "self.constants = constants",
    "self.constants = AdamSettings(beta1: 0.91, beta2: constants.beta2, epsilon: constants.epsilon)"),
  TrainingChange(
    "beta2-0.99", "the second moment decays by 0.99", adam, statement: "self.constants = constants",
    "self.constants = AdamSettings(beta1: constants.beta1, beta2: 0.99, epsilon: constants.epsilon)"),
  TrainingChange(
    "adam-epsilon-1e-7", "Adam's epsilon is 1e-7", adam, statement: "self.constants = constants",
    "self.constants = AdamSettings(beta1: constants.beta1, beta2: constants.beta2, epsilon: 10 * constants.epsilon)"),
  TrainingChange(
    "no-bias-correction", "Adam's moments are not corrected for their start at zero",
    [
      .init(file: adam, place: firstCorrection, find: "learningRate / correction1", replace: "learningRate"),
      .init(file: adam, place: secondCorrection, find: "correction2.squareRoot()", replace: "1"),
    ]),
  TrainingChange(
    "late-correction-off", "the corrections are off after a thousand updates",
    [
      .init(
        file: adam, place: firstCorrection, find: "learningRate / correction1",
        replace: "updates > 1000 ? learningRate : learningRate / correction1"),
      .init(
        file: adam, place: secondCorrection, find: "correction2.squareRoot()",
        replace: "updates > 1000 ? 1 : correction2.squareRoot()"),
    ]),
  TrainingChange(
    "weight-decay-1e-5", "gradients have 1e-5 times the weights too much", step, statement: "    beforeUpdate(batch)\n",
    """
        beforeUpdate(batch)
        for parameter in network.parameters {
          for index in 0..<parameter.count { parameter.gradient.pointer[index] += 1e-5 * parameter.value.pointer[index] }
        }

    """),
]

private let statisticsDefects = [
  TrainingChange(
    "bn-momentum-0.2", "the running averages follow by 0.2", batchNorm, statement: "self.momentum = momentum",
    "self.momentum = 2 * momentum"),
  TrainingChange(
    "bn-momentum-0.11", "the running averages follow by 0.11", batchNorm, statement: "self.momentum = momentum",
    "self.momentum = 1.1 * momentum"),
  TrainingChange(
    "bn-epsilon-1e-3", "batch norm's epsilon is 1e-3", batchNorm, statement: "self.epsilon = epsilon",
    "self.epsilon = 100 * epsilon"),
  TrainingChange(
    "bn-epsilon-2e-5", "batch norm's epsilon is 2e-5", batchNorm, statement: "self.epsilon = epsilon",
    "self.epsilon = 2 * epsilon"),
  TrainingChange(
    "bn-running-variance-biased", "the running variance follows the biased variance", batchNorm,
    within: "momentum * (batchVariance.pointer[c] * unbias)", "batchVariance.pointer[c] * unbias", "batchVariance.pointer[c]"),
  TrainingChange(
    "bn-variance-unbiased", "training normalises by N - 1", batchNorm, within: batchConstants, "batchVariance.pointer[c]",
    "batchVariance.pointer[c] * unbias"),
  TrainingChange(
    "gamma-gradient-1-percent", "the gradient of batch norm's scale is 1 % small", batchNorm,
    within: ": S(product)\n", "S(product)", "S(0.99 * product)"),
]

private let dataDefects = [
  TrainingChange(
    "flip-probability-0.4", "images are mirrored with probability 0.4", augmentation, within: "flips.uniform(at: index) < 0.5",
    "0.5", "0.4"),
  TrainingChange(
    "crop-fixed", "every crop is the middle one",
    [
      .init(
        file: augmentation, place: "crops.integer(below: range, at: 2 * index) - padding",
        find: "crops.integer(below: range, at: 2 * index) - padding", replace: "0"),
      .init(
        file: augmentation, place: "crops.integer(below: range, at: 2 * index + 1) - padding",
        find: "crops.integer(below: range, at: 2 * index + 1) - padding", replace: "0"),
    ]),
  TrainingChange(
    "crops-repeat", "crops repeat after 64 epochs", augmentation, within: "name: .crop, epoch: UInt64(epoch)", "UInt64(epoch)",
    "UInt64(epoch % 64)"),
  TrainingChange(
    "normalisation-swapped", "red and blue exchange their mean and deviation",
    [
      .init(
        file: normalisation, place: "[0.4914, 0.4822, 0.4465]", find: "[0.4914, 0.4822, 0.4465]",
        replace: "[0.4465, 0.4822, 0.4914]"),
      .init(
        file: normalisation, place: "[0.2023, 0.1994, 0.2010]", find: "[0.2023, 0.1994, 0.2010]",
        replace: "[0.2010, 0.1994, 0.2023]"),
    ]),
  TrainingChange(
    "no-shuffle", "every epoch takes the images in canonical order", experimentData,
    "RandomStream(seed: seed, name: .shuffle, epoch: UInt64(index)).permutation(trainingCount)", "Array(0..<trainingCount)"),
  TrainingChange(
    "batch-dropped", "an epoch leaves out its last batch", step,
    "(source.trainingCount + settings.batchSize - 1) / settings.batchSize",
    "(source.trainingCount + settings.batchSize - 1) / settings.batchSize - 1"),
  TrainingChange(
    "image-twice", "the second image of a batch stands for the first as well", "Sources/Training/BatchSource.swift",
    within: "epoch.load(place: places[places.startIndex + task]", "places.startIndex + task",
    "places.startIndex + (task == 0 && places.count > 1 ? 1 : task)"),
  TrainingChange(
    "labels-shifted", "training images of class 3 are labelled 4", experimentData,
    within: "return Int32(dataset.training.labels[image])", "dataset.training.labels[image]",
    "dataset.training.labels[image] == 3 ? 4 : dataset.training.labels[image]"),
  TrainingChange(
    "validation-augmented", "validation images are cropped and mirrored at random", experimentData,
    statement: "    normalisation.write(images, index, to: pixels)\n",
    "    let plan = AugmentationPlan(seed: seed, epoch: 0, padding: augmentation.padding, flips: augmentation.flips)\n"
      + "    let choice = set == .validation ? plan.choice(for: index) : (down: 0, right: 0, flipped: false)\n"
      + "    normalisation.write(images, index, down: choice.down, right: choice.right, flipped: choice.flipped, to: pixels)\n"),
]

private let initialBound = "1 / Double(specification.fanIn).squareRoot()"

private let networkDefects = [
  TrainingChange(
    "leaky-slope-0.02", "the activation's slope is 0.02", "Sources/Networks/Description/NetworkConfiguration+Layers.swift",
    within: "configuration.activation))", "configuration.activation", "Activation.leakyReLU(slope: 0.02)"),
  TrainingChange(
    "leaky-slope-0.0101", "the activation's slope is 0.0101", "Sources/Networks/Description/NetworkConfiguration+Layers.swift",
    within: "configuration.activation))", "configuration.activation", "Activation.leakyReLU(slope: 0.0101)"),
  TrainingChange(
    "weights-sqrt-2", "weights are drawn from a bound √2 wider", "Sources/Networks/Execution/Initialisation.swift", initialBound,
    "(specification.kind == .weight ? 2.0 : 1.0).squareRoot() / Double(specification.fanIn).squareRoot()"),
  TrainingChange(
    "bias-gradient-last-image", "a convolution's bias gradient leaves out the last image", convolution,
    within: "biasSums.pointer, imageCount, filters, total.baseAddress", "imageCount", "imageCount - 1"),
  TrainingChange(
    "weight-gradient-last-slot", "a convolution's weight gradient leaves out the last slot", convolution,
    within: "slotSums.pointer, ImageGroup.slots(of: imageCount), filters", "ImageGroup.slots(of: imageCount)",
    "max(1, ImageGroup.slots(of: imageCount) - 1)"),
]
