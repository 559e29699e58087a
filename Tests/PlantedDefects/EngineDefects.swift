/// Mistakes of the kinds that people make in layers, loss and optimiser; the engine's checks must notice each.
let engineDefects: [Defect] =
  fusedDefects + convolutionDefects + winogradDefects + batchNormDefects + betweenConvolutionsDefects + headDefects
  + optimiserDefects + initialisationDefects + independentComponentDefects + decayDefects

private let fusedKernel = "Sources/CKernels/template/fused.h"
private let convolutionKernel = "Sources/CKernels/template/convolution.h"
private let winogradTransforms = "Sources/CKernels/template/winograd_transforms.h"
private let winogradTiles = "Sources/CKernels/template/winograd_tiles.h"
private let winogradKernel = "Sources/CKernels/template/winograd.h"
private let batchNormKernel = "Sources/CKernels/template/batchnorm.h"
private let pointwiseKernel = "Sources/CKernels/template/pointwise.h"
private let poolingKernel = "Sources/CKernels/template/pooling.h"
private let lossKernel = "Sources/CKernels/template/loss.h"
private let adamKernel = "Sources/CKernels/template/optimiser.h"
private let convolution = "Sources/Layers/Convolution.swift"
private let geometry = "Sources/Layers/ConvolutionGeometry.swift"
private let batchNorm = "Sources/Layers/BatchNorm.swift"
private let configurationLayers = "Sources/Networks/Description/NetworkConfiguration+Layers.swift"
private let initialState = "Sources/Networks/Execution/Network+InitialState.swift"

/// The portable kernels of other processors take the instruction.
#if arch(x86_64)
  private let fusedDefects = [
    Defect(
      "fused-rounded-twice", "a portable multiply-add is rounded to binary64 first", fusedKernel,
      "const BITS is_even = (bits & 1) - 1;", "const BITS is_even = (bits & 0);"),
    Defect(
      "fused-odd-moved", "a sum that is odd already is moved to the even one beside it", fusedKernel,
      "const BITS is_even = (bits & 1) - 1;", "const BITS is_even = (bits & 0) - 1;"),
    Defect(
      "fused-negative-side", "of a negative sum the bits are moved as of a positive one", fusedKernel,
      "((side ^ is_negative) - is_negative)", "(side + (is_negative & 0))"),
  ]
#else
  private let fusedDefects: [Defect] = []
#endif

private let convolutionDefects = [
  Defect(
    "conv-padding-off-by-one", "rows are read one place too low", geometry,
    "let h = row * sizes.stride - sizes.padding +", "let h = row * sizes.stride - sizes.padding + 1 +"),
  Defect(
    "conv-taps-transposed", "rows and columns of the kernel are exchanged",
    [
      .init(
        file: geometry, find: "(tap / sizes.kernelWidth) * sizes.dilation",
        replace: "(tap % sizes.kernelWidth) * sizes.dilation /* rows */"),
      .init(
        file: geometry, find: "let w = column * sizes.stride - sizes.padding + (tap % sizes.kernelWidth)",
        replace: "let w = column * sizes.stride - sizes.padding + (tap / sizes.kernelWidth)"),
    ]),
  Defect(
    "conv-dilation-ignored", "columns are not dilated", geometry,
    "let w = column * sizes.stride - sizes.padding + (tap % sizes.kernelWidth) * sizes.dilation",
    "let w = column * sizes.stride - sizes.padding + (tap % sizes.kernelWidth)"),
  Defect(
    "conv-forward-kernel-flipped", "the forward pass turns the kernel by 180 degrees", convolutionKernel,
    "k < filters ? w[(k * channels + c) * taps + tap]", "k < filters ? w[(k * channels + c) * taps + taps - 1 - tap]"),
  Defect(
    "conv-backward-kernel-flipped", "the input gradient turns the kernel by 180 degrees", convolutionKernel,
    "c < channels ? w[(k * channels + c) * taps + tap]",
    "c < channels ? w[(k * channels + c) * taps + taps - 1 - tap]"),
  Defect(
    "conv-bias-forgotten", "the forward pass adds no bias", convolutionKernel,
    "if (bias) y += NAME(load)(bias", "if (0) y += NAME(load)(bias"),
  Defect(
    "conv-bias-gradient-dropped", "the bias gradient stays zero", convolution,
    "let sum = S(total[k])", "let sum = S(0 * total[k])"),
  Defect(
    "conv-addend-forgotten", "the gradient that comes by the other way is not added", convolutionKernel,
    "if (addend) y += NAME(load)(addend", "if (0) y += NAME(load)(addend"),
  Defect(
    "conv-weight-gradient-last-pixel", "the last pixel is left out of the weight gradient", convolutionKernel,
    "left < GRADIENT_CHUNK ? left : GRADIENT_CHUNK", "left <= GRADIENT_CHUNK ? left - 1 : GRADIENT_CHUNK"),
  Defect(
    "conv-last-slot-dropped", "the last images' weight gradient is not added", convolutionKernel,
    "for (size_t s = 1; s < slot_count; s++) sum +=", "for (size_t s = 1; s + 1 < slot_count; s++) sum +="),
  Defect(
    "conv-accumulation-ignored", "an accumulating backward pass overwrites", convolutionKernel,
    "accumulate ? *place_out + values[j] : values[j]", "accumulate ? values[j] : values[j]"),
  Defect(
    "conv-slot-ends-with-every-image", "the sums of a slot are taken back after each image, the next one's added to them",
    "Sources/Layers/ImageGroup.swift", "endsSlot = images.upperBound == whole.images.upperBound",
    "endsSlot = images.upperBound > whole.images.lowerBound && images.lowerBound == whole.images.lowerBound"),
  Defect(
    "conv-two-weight-gradients-a-region", "without batch norm, layers share a region and with it the sums of one another",
    "Sources/Networks/Planning/RegionPlan.swift", "if let keeper { close(", "if let keeper, keeper < 0 { close("),
  Defect(
    "plan-place-taken-early", "a value's place is taken by an operation that reads the value itself",
    "Sources/Networks/Planning/MemoryPlan.swift", "storage.bytesPerImage == bytes && storage.end <= end",
    "storage.bytesPerImage == bytes && storage.end <= end + 1"),
  Defect(
    "plan-regions-overlap", "values share memory unless they are first written in the same region",
    "Sources/Networks/Planning/MemoryPlan.swift", "where other.storage.regions.overlaps(storage.regions)",
    "where other.storage.regions.lowerBound == storage.regions.lowerBound"),
  Defect(
    "conv-slots-not-cleared", "weight gradients of the batch before stay in the sums", convolution,
    "sums.update(repeating: 0, count: geometry.taps * channels * padded)", "sums.update(repeating: 0, count: 0)"),
]

private let winogradDefects = [
  Defect(
    "winograd-input-coefficient", "an entry of the input's transform is off by 2^-20", winogradTransforms,
    "#define WINOGRAD_SUM ((T)2.640625) ", "#define WINOGRAD_SUM ((T)2.64062595) "),
  Defect(
    "winograd-output-coefficient", "an entry of the output's transform is off by 2^-12", winogradTransforms,
    "#define WINOGRAD_q3 ((T)3.375) ", "#define WINOGRAD_q3 ((T)3.3758) "),
  Defect(
    "winograd-divisor-sign", "a divisor in the weights' transform has the wrong sign", winogradTransforms,
    "#define WINOGRAD_Np (-2048.0 / 2975.0)", "#define WINOGRAD_Np (2048.0 / 2975.0)"),
  Defect(
    "winograd-tile-offset", "input tiles begin at their output tile's first pixel", winogradTiles,
    "WINOGRAD_FORWARD(winograd_input, 6, -1,", "WINOGRAD_FORWARD(winograd_input, 6, 0,"),
  Defect(
    "winograd-column-of-another-tile", "a run of tiles goes on beyond the border, with columns of the row above", winogradTiles,
    "const size_t run = count - t < to_border ? count - t : to_border;", "const size_t run = count - t + 0 * to_border;"),
  Defect(
    "winograd-shared-columns", "the columns that two tiles share are taken over a column too early", winogradTiles,
    "d[s] = d[s + 4];", "d[s] = d[s + 3];"),
  Defect(
    "winograd-weights-not-turned", "the input gradient takes the weights as they are", winogradKernel,
    "const size_t tap = turned ? 8 - (r * 3 + s) : r * 3 + s;", "const size_t tap = r * 3 + s + 0 * (size_t)turned;"),
  Defect(
    "winograd-missing-tap", "the weight gradient's last tap is the one before", winogradKernel,
    "__builtin_convertvector(g[s], NAME(vec)));", "__builtin_convertvector(g[s > 1 ? 1 : s], NAME(vec)));"),
  Defect(
    "winograd-last-tile-dropped", "of three tiles that are left at the end, two are computed", winogradKernel,
    "else if (count - t > 2)", "else if (count - t > 3)"),
  Defect(
    "winograd-last-portion-dropped", "the last channels' weights keep the transform of the step before", winogradKernel,
    "left < PORTION ? left : PORTION", "left < PORTION ? left * 0 : PORTION"),
  Defect(
    "winograd-bias-forgotten", "the forward pass adds no bias", winogradKernel,
    "if (bias) value += LOAD(bias + k);", "if (0) value += LOAD(bias + k);"),
  Defect(
    "winograd-addend-forgotten", "the gradient that comes by the other way is not added", winogradKernel,
    "if (addend) value += LOAD(addend + at);", "if (0) value += LOAD(addend + at);"),
  Defect(
    "winograd-sums-not-cleared", "the weight gradient begins with the slot before", winogradKernel,
    "a->begins && r < 6", "0 * a->begins && r < 6"),
  Defect(
    "winograd-sums-begin-anew", "the weight gradient has the last tiles alone, where more than go together are there",
    winogradKernel, "a->begins && r < 6", "a->begins"),
  Defect(
    "winograd-last-image-dropped", "a slot's last images do not reach its weight gradient", winogradKernel,
    "if (a->ends) NAME", "if (a->ends && a->begins) NAME"),
]

private let batchNormDefects = [
  Defect(
    "bn-ghost-constants-of-the-first", "every image is normalised by the first ghost's statistics", batchNorm,
    "{ image / sharing * channels }", "{ image / sharing * 0 }"),
  Defect(
    "bn-ghost-means-of-the-batch", "a ghost's means of gradients divide by the values of the whole batch", batchNorm,
    "values: Double(images.count * pixels * groupSize))", "values: Double(imageCount * pixels * groupSize))"),
  Defect(
    "bn-ghost-gradient-of-one", "the gradients of scale and shift are those of the first ghost", batchNorm,
    "if set > 0 { for i in", "if set < 0 { for i in"),
  Defect(
    "bn-group-means-as-variance", "a group's variance forgets how far its channels' means lie apart", batchNorm,
    "squares += variance[c] + distance * distance", "squares += variance[c] + 0 * distance"),
  Defect(
    "bn-group-gamma-outside", "the means of a group's gradient take dz without its factor", batchNorm,
    "let factor = Double(gamma.value.pointer[c])", "let factor = 1 + 0 * Double(gamma.value.pointer[c])"),
  Defect(
    "bn-group-kernel-scale", "with groups, dx is scaled by gamma once more", pointwiseKernel,
    "d = LOAD(inverse + c) * d;", "d = LOAD(scale + c) * d;"),
  Defect(
    "bn-example-variance-of-means", "the mixture's variance forgets how far the image's mean lies from the fixed one", batchNorm,
    "(exampleWeight * other) * (distance * distance)", "(exampleWeight * other) * (0 * distance)"),
  Defect(
    "bn-example-gradient-whole", "the gradient goes through all of the statistics, not the image's share", batchNorm,
    "    ownShare = exampleWeight\n", "    ownShare = 1\n"),
  Defect(
    "bn-example-weights-exchanged", "the weight is that of the fixed statistics", batchNorm,
    "let other = 1 - exampleWeight", "let other = exampleWeight"),
  Defect(
    "bn-ghost-last-forgotten", "the images of an incomplete last ghost follow the one before", batchNorm,
    "{ (images + $0 - 1) / $0 } ?? 1", "{ max(1, images / $0) } ?? 1"),
  Defect(
    "bn-running-variance-biased", "the running variance follows the biased variance", batchNorm,
    "momentum * (batchVariance[c] * unbias)", "momentum * batchVariance[c]"),
  Defect(
    "bn-epsilon-outside-root", "1 / (sqrt(var) + eps)", batchNorm,
    "S(1 / (variance + epsilon).squareRoot())", "S(1 / (variance.squareRoot() + epsilon))"),
  Defect(
    "bn-mean-gradient-m-minus-1", "the mean of dz divides by m - 1", batchNorm,
    "S(ownShare * totals[c] / m)", "S(ownShare * totals[c] / (m - 1))"),
  Defect(
    "bn-mean-product-m-minus-1", "the mean of dz times xhat divides by m - 1", batchNorm,
    "S(ownShare * totals[channels + c] / m)", "S(ownShare * totals[channels + c] / (m - 1))"),
  Defect(
    "bn-variance-term-missing", "the gradient through the variance is left out", pointwiseKernel,
    "d = FMA(-xhat, LOAD(sum2 + c), d - LOAD(sum1 + c));", "d = (d - LOAD(sum1 + c)) + xhat * (T)0;"),
  Defect(
    "bn-variance-term-sign", "the gradient through the variance has the wrong sign", pointwiseKernel,
    "FMA(-xhat, LOAD(sum2 + c)", "FMA(xhat, LOAD(sum2 + c)"),
  Defect(
    "bn-mean-term-missing", "the gradient through the mean is left out", pointwiseKernel,
    "LOAD(sum2 + c), d - LOAD(sum1 + c))", "LOAD(sum2 + c), d)"),
  Defect(
    "bn-gamma-gradient-is-beta's", "gamma gets beta's gradient", batchNorm,
    "gamma.gradient.pointer[c] + S(product) : S(product)", "gamma.gradient.pointer[c] + S(sum) : S(sum)"),
  Defect(
    "bn-momentum-swapped", "the running mean keeps a tenth instead of nine", batchNorm,
    "S((1 - momentum) * oldMean + momentum * batchMean[c])",
    "S(momentum * oldMean + (1 - momentum) * batchMean[c])"),
  Defect(
    "bn-stale-mean-in-training", "training normalises by the running mean", batchNorm,
    "setConstants(c, at: place, mean: batchMean[c], variance: batchVariance[c])",
    "setConstants(c, at: place, mean: Double(runningMean.value.pointer[c]), variance: batchVariance[c])"),
  Defect(
    "bn-normalises-by-unbiased", "training normalises by the unbiased variance", batchNormKernel,
    "variance[c] = variance[c] / n;", "variance[c] = variance[c] / (n - 1);"),
  Defect(
    "bn-images-combined-without-means", "differences between the images' means are forgotten", batchNormKernel,
    "variance[c] = (variance[c] + squares[c]) + (delta * delta) * weight;", "variance[c] = variance[c] + squares[c] + 0 * weight;"
  ),
  Defect(
    "bn-evaluation-as-training", "evaluation's gradient goes through statistics that are constants",
    "Sources/Layers/Pointwise.swift", "let isTraining = norm != nil && statistics == .batch",
    "let isTraining = norm != nil"),
  Defect(
    "bn-population-biased", "the population variance is not scaled by m / (m - 1)", batchNorm,
    "populationVariance.pointer[c] += batchVariance[c] * unbias",
    "populationVariance.pointer[c] += batchVariance[c]"),
  Defect(
    "bn-gamma-forgotten", "the output is not scaled by gamma", batchNorm,
    "gamma.value.pointer[c] * inverse.pointer[place + c]", "inverse.pointer[place + c]"),
  Defect(
    "bn-sums-above-activation", "batch norm's sums take the gradient above the activation", batchNormKernel,
    "if (output) dz = LOAD(output + i) > (T)0 ? dz : (is_elu ? LOAD(output + i) + slope : (V)slope) * dz;",
    "if (output) dz = dz + slope * (T)0;"),
  Defect(
    "bn-evaluation-changes-buffers", "a pass that gathers the population moves the running averages", batchNorm,
    "      case .population:\n        populationMean",
    "      case .population:\n        runningMean.value.pointer[c] = S(batchMean[c])\n        populationMean"),
]

private let betweenConvolutionsDefects = [
  Defect(
    "relu-gradient-zero", "the gradient of negative values is 0 instead of the slope", pointwiseKernel,
    "if (output) dz = LOAD(output + i) > (T)0 ? dz : (is_elu ? LOAD(output + i) + slope : (V)slope) * dz;",
    "if (output) dz = LOAD(output + i) > (T)0 ? dz : (T)0 * dz;"),
  Defect(
    "relu-slope-twice", "negative values are scaled by twice the slope", pointwiseKernel,
    "STORE(output + i, is_elu ? ELU(z, a->slope) : z > (T)0 ? z : slope * z);",
    "STORE(output + i, is_elu ? ELU(z, a->slope) : z > (T)0 ? z : (T)2 * slope * z);"),
  Defect(
    "activation-sign-without-shift", "the sign computed anew is of what batch norm gives without its shift", pointwiseKernel,
    "FMA(centred, LOAD(scale + c), LOAD(shift + c)) > (T)0", "FMA(centred, LOAD(scale + c), LOAD(shift + c) * (T)0) > (T)0"),
  Defect(
    "activation-sign-without-scale", "in the sums, the sign computed anew is of the centred input plus the shift",
    batchNormKernel,
    "FMA(centred, scale, shift) > (T)0", "centred + shift > (T)0 * scale"),
  Defect(
    "activation-not-computed-anew", "the weight gradient takes what the memory held before",
    "Sources/Networks/Layers/PointwiseLoop.swift", "call: { x, y in .images { forward($0, x, adding: nil, into: y) } }",
    "call: { x, y in .images { let run = forward($0, x, adding: nil, into: y); return { if $0.worker < 0 { run($0) } } } }"),
  Defect(
    "elu-gradient-without-alpha", "the ELU's gradient below zero is its output alone", pointwiseKernel,
    "(is_elu ? LOAD(output + i) + slope : (V)slope) * dz", "(is_elu ? LOAD(output + i) : (V)slope) * dz"),
  Defect(
    "elu-alpha-forgotten", "what vectors give below zero is not scaled by alpha", "Sources/CKernels/template/elu.h",
    "const NAME(wide) y = alpha * NAME(exp_minus_1)", "const NAME(wide) y = NAME(exp_minus_1)"),
  Defect(
    "elu-cut-early", "the exponential function ends at -8", "Sources/CKernels/template/elu.h",
    "x = x < -64.0 ? (W)(-64.0) : x;", "x = x < -8.0 ? (W)(-8.0) : x;"),
  Defect(
    "elu-exp-one-term-less", "e to a small argument misses the product of the remainder's parts",
    "Sources/CKernels/template/elu.h",
    "(r_low + t * r_low)", "r_low"),
  Defect(
    "dropout-not-scaled", "what dropout keeps is not scaled", "Sources/CKernels/template/dropout.h", ": scale * x[done + i]",
    ": x[done + i] + scale * (T)0"),
  Defect(
    "dropout-same-for-all-images", "every image drops the same elements", "Sources/Layers/Dropout.swift",
    "(UInt64(step) << 17 | UInt64(image)) << 30", "(UInt64(step) << 17 | UInt64(image & 0)) << 30"),
  Defect(
    "dropout-gradient-of-another-epoch", "the key of a new epoch is not made", "Sources/Networks/Layers/DropoutLayer.swift",
    "drawn?.seed != place.seed || drawn?.epoch != place.epoch", "drawn?.seed != place.seed"),
  Defect(
    "skip-forgotten", "the residual block's input is not added", pointwiseKernel,
    "if (skip) z = z + LOAD(skip + i);", "if (skip) z = z + LOAD(skip + i) * (T)0;"),
  Defect(
    "skip-after-activation", "the skip is added after the activation", pointwiseKernel,
    "if (skip) z = z + LOAD(skip + i);                                        \\\n  STORE(output + i, is_elu ? ELU(z, a->slope) : z > (T)0 ? z : slope * z);",
    "z = z > (T)0 ? z : slope * z;                                           \\\n  STORE(output + i, skip ? z + LOAD(skip + i) : z);"
  ),
  Defect(
    "skip-gradient-forgotten", "the skip's gradient does not reach the block's input",
    "Sources/Networks/Layers/ConvolutionLayer.swift", "adding: addend?.of($0), images: $0.images, worker: $0.worker)",
    "adding: addend == nil ? nil : nil, images: $0.images, worker: $0.worker)"),
  Defect(
    "skip-gradient-normalised", "the skip gets the gradient below batch norm", pointwiseKernel,
    "if (dskip) STORE(dskip + i, dz);", "if (dskip) STORE(dskip + i, d);"),
  Defect(
    "pool-gradient-not-divided", "the pool's gradient is not divided by the window", poolingKernel,
    "* channels + c) / count;", "* channels + c);"),
  Defect(
    "pool-gradient-not-divided-disjoint", "the same where windows do not overlap", poolingKernel,
    "LOAD(window + c) / count;", "LOAD(window + c);"),
  Defect(
    "pool-gradient-last-window", "the last window's gradient is lost", poolingKernel,
    "h / stride < rows ? h / stride + 1 : rows", "h / stride + 1 < rows ? h / stride + 1 : rows - 1"),
  Defect(
    "pool-wrong-divisor", "the average divides by one value too many", poolingKernel,
    "STORE(y + i, sum / count);", "STORE(y + i, sum / (count + (T)1));"),
]

private let headDefects = [
  Defect(
    "loss-gradient-not-averaged", "the loss's gradient is a sum over the batch", "Sources/Layers/SoftmaxCrossEntropy.swift",
    "1 / Double(batchCount)", "1 + 0 * Double(batchCount)"),
  Defect(
    "loss-gradient-without-label", "the label's one is not subtracted", lossKernel,
    "(k == label ? share - 1.0 : share)", "(k == label ? share : share)"),
  Defect(
    "loss-without-maximum", "the largest logit is not added back", lossKernel,
    "(gf_log(sum) + largest) - (double)z[label]", "gf_log(sum) - (double)z[label]"),
  Defect("argmax-takes-last", "ties go to the highest index", lossKernel, "if (z[k] > z[best])", "if (z[k] >= z[best])"),
  Defect(
    "linear-input-gradient-partial", "the linear layer's input gradient covers one image of a group",
    "Sources/Layers/Linear.swift", "convolution.backwardInput(dy, into: dx, images: images)",
    "convolution.backwardInput(dy, into: dx, images: images.prefix(1))"),
  Defect(
    "global-pool-gradient-wrong-size", "the global pool's gradient is of a window of one row",
    "Sources/Networks/Layers/AveragePoolLayer.swift", ".global(height: input.height, width: input.width, kernels: kernels)",
    ".global(height: 1, width: input.width, kernels: kernels)"),
]

private let optimiserDefects = [
  Defect(
    "adam-no-first-correction", "the first moment's bias is not corrected", "Sources/Optimisers/Adam.swift",
    "step: learningRate / correction1", "step: learningRate + 0 * correction1"),
  Defect(
    "adam-no-second-correction", "the second moment's bias is not corrected", "Sources/Optimisers/Adam.swift",
    "root: correction2.squareRoot()", "root: 1 + 0 * correction2"),
  Defect(
    "adam-epsilon-inside-root", "sqrt(v + eps)", adamKernel,
    "(__builtin_elementwise_sqrt(v1) / root + epsilon)", "(__builtin_elementwise_sqrt(v1 + epsilon) / root)"),
  Defect(
    "adam-second-moment-decay", "the second moment decays by beta1", adamKernel,
    "FMA((V)beta2, LOAD(v + i)", "FMA((V)beta1, LOAD(v + i)"),
  Defect(
    "adam-gradient-not-squared", "the second moment takes the gradient itself", adamKernel,
    "(rest2 * grad) * grad", "(rest2 * grad)"),
  Defect(
    "adamw-no-decay", "nothing decays", adamKernel, "decays ? LOAD(p + i) * decay : LOAD(p + i)", "LOAD(p + i)"),
  Defect(
    "sgd-nesterov-as-momentum", "Nesterov's direction is the velocity", adamKernel,
    "nesterov ? FMA((V)momentum, moved, direction) : moved", "moved"),
  Defect(
    "adam-step-late", "powers are of t + 1", "Sources/Optimisers/Adam.swift",
    "Elementary.power(constants.beta2, UInt64(updates))", "Elementary.power(constants.beta2, UInt64(updates + 1))"),
  Defect(
    "initialisation-kaiming-relu", "weights are drawn from the wider bound sqrt(6 / fan_in)",
    initialState, "drawSymmetric(bound: 1 / root)", "drawSymmetric(bound: 6.0.squareRoot() / root)"),
]

private let independentComponentDefects = [
  Defect(
    "ic-skip-of-normalised", "the skip begins behind batch norm and dropout", configurationLayers,
    "LayerName(block, isNormFirst ? .batchNorm : .convolution, 0)",
    "LayerName(block, isNormFirst ? .convolution : .convolution, 0)"),
  Defect(
    "ic-masks-exchanged", "a block's two layers have one another's mask", configurationLayers, "_dropout_\\(index)",
    "_dropout_\\(1 - index)"),
  Defect(
    "ic-rate-halved", "half of what the row says is dropped", configurationLayers,
    "configuration.normPlacement.dropout\n", "configuration.normPlacement.dropout.map { $0 / 2 }\n"),
  Defect(
    "ic-skip-gradient-lost", "where two gradients meet, the second is forgotten",
    "Sources/Networks/Planning/PassBuilder.swift", "pointwise.forward(a.of($0), adding: b.of($0),",
    "pointwise.forward(a.of($0), adding: $0.worker < 0 ? b.of($0) : nil,"),
]

private let decayDefects = [
  Defect(
    "decay-kinds-exchanged", "the kinds that are left out decay, the others do not", "Sources/Optimisers/AdamW.swift",
    "{ settings.leftOut.contains($0.kind) }", "{ !settings.leftOut.contains($0.kind) }"),
  Defect(
    "decay-without-rate", "a parameter decays by lambda, whatever the learning rate", "Sources/Optimisers/AdamW.swift",
    "1 - learningRate * weightDecay", "1 - 0.1 * weightDecay + 0 * learningRate"),
  Defect(
    "decay-row-of-weights", "the row lets weights and biases decay, not batch norm's parameters",
    "Sources/Networks/Description/StandardRow.swift", "settings.leftOut = [.weight, .bias]", "settings.leftOut = [.gamma, .beta]"),
]

private let initialisationDefects = [
  Defect(
    "he-gain-forgotten", "He's weights are not made larger because of the activation", initialState,
    "let deviation = description.gain / root", "let deviation = (1 + 0 * description.gain) / root"),
  Defect(
    "he-biases-drawn", "He's biases are drawn as weights are", initialState, "if specification.kind == .bias {",
    "if specification.kind == .gamma {"),
  Defect(
    "he-uniform-narrow", "the uniform kind ends at one standard deviation", initialState, "3.0.squareRoot() * deviation",
    "deviation"),
  Defect(
    "he-gain-of-fan-in-squared", "the gain is taken as a variance, not as a deviation", "Sources/Layers/Activation.swift",
    "(2 / (1 + slope * slope)).squareRoot()", "2 / (1 + slope * slope)"),
  Defect(
    "he-elu-as-rectifier", "the ELU's gain forgets what it gives below zero", "Sources/Layers/Activation.swift",
    "0.5 + alpha * alpha * Self.eluBelowZero", "0.5 + 0 * alpha * Self.eluBelowZero"),
]
