/// Mistakes in training that leave a program which runs and learns: the subtle kind, that only a comparison of whole runs
/// can notice. None touches a setting that a trace names, so no comparison can refuse the run by its header.
let trainingDefects: [Defect] =
  updateDefects + statisticsDefects + dataDefects + networkDefects

private let step = "Sources/Training/TrainingStep.swift"
private let adam = "Sources/Optimisers/Adam.swift"
private let batchNorm = "Sources/Layers/BatchNorm.swift"
private let augmentation = "Sources/Datasets/AugmentationPlan.swift"
private let experimentData = "Sources/Experiments/ExperimentData.swift"

private let updateDefects = [
  Defect(
    "learning-rate-2-percent", "the learning rate is 2 % too high", step,
    "optimiser.update(learningRate: settings.learningRate(epoch: epoch.index))",
    "optimiser.update(learningRate: 1.02 * settings.learningRate(epoch: epoch.index))"),
  Defect(
    "learning-rate-10-percent", "the learning rate is 10 % too high", step,
    "optimiser.update(learningRate: settings.learningRate(epoch: epoch.index))",
    "optimiser.update(learningRate: 1.1 * settings.learningRate(epoch: epoch.index))"),
  Defect(
    "beta2-0.99", "the second moment decays by 0.99",
    [
      .init(file: adam, find: "beta2: constants.beta2, one_minus_beta1", replace: "beta2: 0.99, one_minus_beta1"),
      .init(file: adam, find: "one_minus_beta2: 1 - constants.beta2", replace: "one_minus_beta2: 1 - 0.99"),
      .init(
        file: adam, find: "Elementary.power(constants.beta2, UInt64(updates))",
        replace: "Elementary.power(0.99, UInt64(updates))"),
    ]),
  Defect(
    "no-bias-correction", "Adam's moments are not corrected for their start at zero",
    [
      .init(file: adam, find: "step: learningRate / correction1", replace: "step: learningRate + 0 * correction1"),
      .init(file: adam, find: "root: correction2.squareRoot()", replace: "root: 1 + 0 * correction2"),
    ]),
]

private let statisticsDefects = [
  Defect(
    "bn-momentum-0.2", "the running averages follow by 0.2", batchNorm,
    "self.momentum = momentum", "self.momentum = 2 * momentum"),
  Defect(
    "bn-epsilon-1e-3", "batch norm's epsilon is 1e-3", batchNorm, "self.epsilon = epsilon", "self.epsilon = 100 * epsilon"),
  Defect(
    "bn-running-variance-biased", "the running variance follows the biased variance", batchNorm,
    "momentum * (batchVariance.pointer[c] * unbias)", "momentum * batchVariance.pointer[c]"),
]

private let dataDefects = [
  Defect(
    "flip-probability-0.4", "images are mirrored with probability 0.4", augmentation,
    "flips.uniform(at: index) < 0.5", "flips.uniform(at: index) < 0.4"),
  Defect(
    "crop-fixed", "every crop is the middle one", augmentation,
    "let range = 2 * padding + 1\n    return (\n"
      + "      crops.integer(below: range, at: 2 * index) - padding, crops.integer(below: range, at: 2 * index + 1) - padding,",
    "return (\n      0, 0,"),
  Defect(
    "normalisation-swapped", "red and blue exchange their mean and deviation",
    [
      .init(
        file: "Sources/Datasets/Normalisation.swift", find: "[0.4914, 0.4822, 0.4465]", replace: "[0.4465, 0.4822, 0.4914]"),
      .init(
        file: "Sources/Datasets/Normalisation.swift", find: "[0.2023, 0.1994, 0.2010]", replace: "[0.2010, 0.1994, 0.2023]"),
    ]),
  Defect(
    "no-shuffle", "every epoch takes the images in canonical order", experimentData,
    "let order = RandomStream(seed: seed, name: .shuffle, epoch: UInt64(index)).permutation(trainingCount)",
    "let order = Array(0..<trainingCount)"),
  Defect(
    "batch-dropped", "an epoch leaves out its last full batch", step,
    "stepsPerEpoch = (source.trainingCount + settings.batchSize - 1) / settings.batchSize",
    "stepsPerEpoch = (source.trainingCount + settings.batchSize - 1) / settings.batchSize - 1"),
  Defect(
    "labels-shifted", "training images of class 3 are labelled 4", experimentData,
    "return Int32(dataset.training.labels[image])",
    "return Int32(dataset.training.labels[image] == 3 ? 4 : dataset.training.labels[image])"),
  Defect(
    "validation-augmented", "validation images are cropped and mirrored at random", experimentData,
    "    normalisation.write(images, index, to: pixels)\n",
    "    let plan = AugmentationPlan(seed: seed, epoch: 0, padding: augmentation.padding, flips: augmentation.flips)\n"
      + "    let choice = set == .validation ? plan.choice(for: index) : (down: 0, right: 0, flipped: false)\n"
      + "    normalisation.write(images, index, down: choice.down, right: choice.right, flipped: choice.flipped, to: pixels)\n"),
]

private let networkDefects = [
  Defect(
    "skip-after-activation", "the skip is added after the activation", "Sources/CKernels/template/pointwise.h",
    "if (skip) z = z + LOAD(skip + i);                                        \\\n  STORE(output + i, is_elu ? ELU(z, a->slope) : z > (T)0 ? z : slope * z);",
    "z = z > (T)0 ? z : slope * z;                                           \\\n  STORE(output + i, skip ? z + LOAD(skip + i) : z);"
  ),
  Defect(
    "leaky-slope-0.02", "the activation's slope is 0.02",
    "Sources/Networks/Description/NetworkConfiguration+Layers.swift", "configuration.activation))",
    ".leakyReLU(slope: 0.02)))"),
  Defect(
    "weights-sqrt-2", "weights are drawn from a bound √2 wider", "Sources/Networks/Execution/Initialisation.swift",
    "let bound = 1 / Double(specification.fanIn).squareRoot()",
    "let bound = (specification.kind == .weight ? 2.0 : 1.0).squareRoot() / Double(specification.fanIn).squareRoot()"),
]
