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
    var form = Form.expression
  }

  enum Form {
    /// `find` is an expression, or a statement, and `replace` stands for it where the change is switched on.
    case expression, statement
    /// `replace` stands for `find` in every case, and asks by itself whether the change is switched on.
    case text
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
    self.init(id, what, [Edit(file: file, place: find, find: find, replace: replace, form: .statement)])
  }
}

extension TrainingChange {
  /// In C, where the copy has a variable for each name.
  static func variable(_ id: String) -> String {
    "gf_planted_" + String(id.map { $0.isLetter || $0.isNumber ? $0 : "_" })
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
private let batchConstants = "setConstants(c, at: place, mean: batchMean[c], variance: batchVariance[c])"

private let geometry = "Sources/Layers/ConvolutionGeometry.swift"
private let imageGroup = "Sources/Layers/ImageGroup.swift"
private let kernelBatchNorm = "Sources/CKernels/template/batchnorm.h"
private let kernelConvolution = "Sources/CKernels/template/convolution.h"
private let kernelLoss = "Sources/CKernels/template/loss.h"
private let transforms = "Sources/CKernels/template/winograd_transforms.h"

private let directly = TrainingChange.Edit(
  file: geometry,
  place:
    "public func suitsWinograd(channels: Int, filters: Int) -> Bool { sizes.suitWinograd(channels: channels, filters: filters) }",
  find: "sizes.suitWinograd(channels: channels, filters: filters)", replace: "false")

/// p = 1, q = 2 in the transforms' formulas.
private func point(_ place: String, _ find: String, _ replace: String) -> TrainingChange.Edit {
  TrainingChange.Edit(file: transforms, place: place, find: find, replace: replace)
}
private let customaryPoints: [TrainingChange.Edit] = [
  point("WINOGRAD_p ((T)0.625)", "0.625", "1.0"), point("WINOGRAD_q ((T)1.5)", "1.5", "2.0"),
  point("WINOGRAD_P ((T)0.390625)", "0.390625", "1.0"), point("WINOGRAD_Q ((T)2.25)", "2.25", "4.0"),
  point("WINOGRAD_PQ ((T)0.87890625)", "0.87890625", "4.0"), point("WINOGRAD_SUM ((T)2.640625)", "2.640625", "5.0"),
  point("WINOGRAD_p3 ((T)0.244140625)", "0.244140625", "1.0"), point("WINOGRAD_q3 ((T)3.375)", "3.375", "8.0"),
  point("WINOGRAD_N0 (256.0 / 225.0)", "256.0 / 225.0", "1.0 / 4.0"),
  point("WINOGRAD_Np (-2048.0 / 2975.0)", "-2048.0 / 2975.0", "-1.0 / 6.0"),
  point("WINOGRAD_Nq (128.0 / 1071.0)", "128.0 / 1071.0", "1.0 / 24.0"),
  point("even_p = FMA((W)0.390625, g2, g0)", "0.390625", "1.0"), point("even_q = FMA((W)2.25, g2, g0)", "2.25", "4.0"),
  point("FMA((W)0.625, g1, even_p)", "0.625", "1.0"), point("FMA((W)-0.625, g1, even_p)", "-0.625", "-1.0"),
  point("FMA((W)1.5, g1, even_q)", "1.5", "2.0"), point("FMA((W)-1.5, g1, even_q)", "-1.5", "-2.0"),
  point("FMA((W)0.625, difference_p", "0.625", "1.0"), point("(W)1.5 * difference_q", "1.5", "2.0"),
  point("FMA((W)0.390625, sum_p", "0.390625", "1.0"), point("FMA((W)2.25, sum_q", "2.25", "4.0"),
]

/// Direct sums written down plainly: in double, or in eight partial sums by the channel modulo 8. One text serves both.
private let plainSums: [TrainingChange.Edit] = [
  .init(
    file: kernelConvolution, place: "// Register block: PIXEL_BLOCK pixels x VECTOR_BLOCK vectors of filters.\n",
    find: "// Register block: PIXEL_BLOCK pixels x VECTOR_BLOCK vectors of filters.\n",
    replace: """
      static T NAME(total)(double wide, const T *part) {
        if (gf_planted_double_sums) return (T)wide;
        return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
      }

      static void NAME(plain_convolve)(const gf_convolve *a, size_t first_pixel, size_t valid_pixels, size_t first_filter) {
        const T *const source = a->source, *const weights = a->weights, *const bias = a->bias, *const addend = a->addend;
        const size_t taps = a->gather.taps, channels = a->channels, row = a->padded_filters, left = a->filters - first_filter;
        const size_t filters = left < FILTER_BLOCK ? left : FILTER_BLOCK;
        for (size_t p = first_pixel; p < first_pixel + valid_pixels; p++) {
          double wide[FILTER_BLOCK] = {0};
          T part[8][FILTER_BLOCK] = {{0}};
          for (size_t tap = 0; tap < taps; tap++) {
            const int32_t index = a->gather.table[p * taps + tap];
            if (index < 0) continue;
            for (size_t c = 0; c < channels; c++) {
              const T x = source[(size_t)index * channels + c];
              const T *const w = weights + (tap * channels + c) * row + first_filter;
              if (gf_planted_double_sums)
                for (size_t k = 0; k < filters; k++) wide[k] += (double)x * (double)w[k];
              else
                for (size_t k = 0; k < filters; k++) part[c % 8][k] = FMA(x, w[k], part[c % 8][k]);
            }
          }
          for (size_t k = 0; k < filters; k++) {
            T own[8];
            for (int i = 0; i < 8; i++) own[i] = part[i][k];
            T y = NAME(total)(wide[k], own);
            const size_t at = p * a->filters + first_filter + k;
            if (bias) y += bias[first_filter + k];
            if (addend) y += addend[at];
            ((T *)a->output)[at] = y;
          }
        }
      }

      static void NAME(plain_weight_gradient)(const gf_weight_gradient *a) {
        const T *const source = a->source, *const gradient = a->gradient;
        const size_t taps = a->gather.taps, channels = a->channels, filters = a->filters;
        for (size_t tap = 0; tap < taps; tap++)
          for (size_t c = 0; c < channels; c++)
            for (size_t k = 0; k < filters; k++) {
              double wide = 0;
              T part[8] = {0};
              for (size_t p = 0; p < a->gather.pixels; p++) {
                const int32_t index = a->gather.table[p * taps + tap];
                if (index < 0) continue;
                const T x = source[(size_t)index * channels + c], dy = gradient[p * filters + k];
                wide += (double)x * (double)dy;
                part[p % 8] = FMA(x, dy, part[p % 8]);
              }
              ((T *)a->sums)[(tap * channels + c) * a->padded_filters + k] += NAME(total)(wide, part);
            }
      }

      // Register block: PIXEL_BLOCK pixels x VECTOR_BLOCK vectors of filters.

      """, form: .text),
  .init(
    file: kernelConvolution, place: "a->padded_filters;\n  NAME(vec) sum[PIXEL_BLOCK][VECTOR_BLOCK];\n",
    find: "  NAME(vec) sum[PIXEL_BLOCK][VECTOR_BLOCK];\n",
    replace: """
        if (gf_planted_double_sums || gf_planted_lane_partials) {
          NAME(plain_convolve)(a, first_pixel, valid_pixels, first_filter);
          return;
        }
        NAME(vec) sum[PIXEL_BLOCK][VECTOR_BLOCK];

      """, form: .text),
  .init(
    file: kernelConvolution, place: "  T packed[GRADIENT_CHUNK * FILTER_BLOCK];\n",
    find: "  T packed[GRADIENT_CHUNK * FILTER_BLOCK];\n",
    replace: """
        if (gf_planted_double_sums || gf_planted_lane_partials) {
          NAME(plain_weight_gradient)(a);
          return;
        }
        T packed[GRADIENT_CHUNK * FILTER_BLOCK];

      """, form: .text),
]

private let arithmetics = [
  TrainingChange("direct-sums", "direct sums in the place of minimal filtering", .arithmetic, [directly]),
  TrainingChange("customary-points", "minimal filtering at the customary points 1 and 2", .arithmetic, customaryPoints),
  TrainingChange(
    "double-sums", "direct sums in double, rounded once (weight gradients: once an image)", .arithmetic, [directly] + plainSums),
  TrainingChange(
    "lane-partials", "direct sums in 8 partial sums, over channels, and over pixels in weight gradients", .arithmetic, [directly]),
  TrainingChange("slots-of-1", "weight gradients by slots of one image", .arithmetic, imageGroup, within: slot, "5", "1"),
  TrainingChange("slots-of-4", "weight gradients by slots of four images", .arithmetic, imageGroup, within: slot, "5", "4"),
  TrainingChange("slots-of-7", "weight gradients by slots of seven images", .arithmetic, imageGroup, within: slot, "5", "7"),
  TrainingChange(
    "images-descending", "sums over slots and images from the last to the first", .arithmetic,
    [
      .init(
        file: kernelConvolution, place: "NAME(vec) sum = NAME(load)(place);", find: "NAME(load)(place)",
        replace: "NAME(load)(place + (slot_count - 1) * slot)"),
      .init(
        file: kernelConvolution, place: "sum += NAME(load)(place + s * slot)", find: "s * slot",
        replace: "(slot_count - 1 - s) * slot"),
      .init(
        file: kernelBatchNorm, place: "total[i] = slots[i];", find: "slots[i]", replace: "slots[(slot_count - 1) * count + i]"),
      .init(
        file: kernelBatchNorm, place: "total[i] += slots[s * count + i];", find: "s * count",
        replace: "(slot_count - 1 - s) * count"),
    ]),
  TrainingChange(
    "one-pass-statistics", "an image's variance as the sum of squares less the square of the sum", .arithmetic,
    [
      .init(file: kernelBatchNorm, place: "+ c)) - mean; ", find: "mean", replace: "(W)0.0"),
      .init(
        file: kernelBatchNorm, place: "STORE(sums + channels + c, squares);", find: "squares", replace: "squares - sum * mean"),
    ]),
  TrainingChange(
    "statistics-binary32", "batch norm's mean and variance rounded to binary32", .arithmetic,
    [
      .init(file: batchNorm, place: batchConstants, find: "batchMean[c]", replace: "Double(Float(batchMean[c]))"),
      .init(
        file: batchNorm, place: batchConstants, find: "batchVariance[c]",
        replace: "Double(Float(batchVariance[c]))"),
    ]),
  TrainingChange(
    "loss-order", "the loss as log Σ + (L − z)", .arithmetic, kernelLoss, "(gf_log(sum) + largest) - (double)z[label]",
    "gf_log(sum) + (largest - (double)z[label])"),
  TrainingChange(
    "loss-binary32", "losses of examples rounded to binary32", .arithmetic, "Sources/Layers/SoftmaxCrossEntropy.swift",
    within: "sum += losses.pointer[image]", "losses.pointer[image]", "Double(Float(losses.pointer[image]))"),
]

private let rate = "settings.learningRate(epoch: epoch.index)"
private let update = "optimiser.update(learningRate: settings.learningRate(epoch: epoch.index))"
private let firstCorrection = "step: learningRate / correction1"
private let secondCorrection = "root: correction2.squareRoot()"

/// The kernel's update is made, and made again with the largest moment where that is larger than the newest.
private let largestMoments: [TrainingChange.Edit] = [
  .init(
    file: adam, place: "/// One update of all parameters.\n", find: "/// One update of all parameters.\n",
    replace: """
      import Synchronization

      /// By the address of the second moment's first element; begun anew at the first update.
      private let largestMoments = Mutex<[UInt: [Double]]>([:])

      /// One update of all parameters.

      """, form: .text),
  .init(
    file: adam, place: "    kernels.pointee.adam(\n", find: "    kernels.pointee.adam(\n",
    replace: """
          let old = Array(parameter.value.elements)
          defer {
            if isPlanted("amsgrad") {
              let key = UInt(bitPattern: second[task].pointer), isFirst = updates == 1
              var largest = largestMoments.withLock { isFirst ? nil : $0[key] } ?? Array(repeating: 0, count: parameter.count)
              for index in 0..<parameter.count {
                let moment = Double(second[task].pointer[index])
                if largest[index] > moment {
                  let step = constants.step * Double(first[task].pointer[index])
                  parameter.value.pointer[index] = S(
                    Double(old[index]) - step / (largest[index].squareRoot() / constants.root + constants.epsilon))
                } else {
                  largest[index] = moment
                }
              }
              largestMoments.withLock { $0[key] = largest }
            }
          }
          kernels.pointee.adam(

      """, form: .text),
]

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
    "adam-epsilon-inside", "Adam's epsilon stands inside the root", "Sources/CKernels/template/optimiser.h",
    "__builtin_elementwise_sqrt(v1) / root + epsilon", "__builtin_elementwise_sqrt(v1 / (root * root) + epsilon)"),
  TrainingChange("amsgrad", "the largest second moment so far divides (AMSGrad)", largestMoments),
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
    within: "momentum * (batchVariance[c] * unbias)", "batchVariance[c] * unbias", "batchVariance[c]"),
  TrainingChange(
    "bn-variance-unbiased", "training normalises by N - 1", batchNorm, within: batchConstants, "batchVariance[c]",
    "batchVariance[c] * unbias"),
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

private let networkLayers = "Sources/Networks/Description/NetworkConfiguration+Layers.swift"

private let networkDefects = [
  TrainingChange(
    "leaky-slope-0.02", "the activation's slope is 0.02", networkLayers,
    within: "configuration.activation))", "configuration.activation", ".leakyReLU(slope: 0.02)"),
  TrainingChange(
    "leaky-slope-0.0101", "the activation's slope is 0.0101", networkLayers,
    within: "configuration.activation))", "configuration.activation", ".leakyReLU(slope: 0.0101)"),
  TrainingChange(
    "skip-after-activation", "the skip is added after the activation",
    [
      .init(
        file: networkLayers, place: "if let skip { layers", find: "if let skip {",
        replace: "if let skip, !isPlanted(\"skip-after-activation\") {", form: .text),
      .init(
        file: networkLayers, place: "    }\n    add(.entry, 0, norm: true)\n", find: "    }\n    add(.entry, 0, norm: true)\n",
        replace: """
                if let skip, isPlanted("skip-after-activation") { layers.append(ResidualAddLayer(inputOf: skip.description)) }
              }
              add(.entry, 0, norm: true)

          """, form: .text),
    ]),
  TrainingChange(
    "weights-sqrt-2", "weights are drawn from a bound √2 wider", "Sources/Networks/Execution/Network+InitialState.swift",
    within: "drawSymmetric(bound: 1 / root)", "1 / root", "(specification.kind == .weight ? 2.0 : 1.0).squareRoot() / root"),
  TrainingChange(
    "bias-gradient-last-image", "a convolution's bias gradient leaves out the last image", convolution,
    within: "biasSums.pointer, imageCount, filters, total.baseAddress", "imageCount", "imageCount - 1"),
  TrainingChange(
    "weight-gradient-last-slot", "a convolution's weight gradient leaves out the last slot", convolution,
    within: "slotSums.pointer, ImageGroup.slots(of: imageCount), filters", "ImageGroup.slots(of: imageCount)",
    "max(1, ImageGroup.slots(of: imageCount) - 1)"),
]
