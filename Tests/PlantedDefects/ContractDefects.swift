/// Breaches of the reproducibility contract: what a compiler, a library or a well-meant optimisation would make of the
/// engine. The proof must notice each.
let contractDefects: [Defect] = compilerDefects + orderDefects + randomDefects + resumeDefects

private let region = "Sources/Networks/Execution/Region.swift"
private let batchNormKernel = "Sources/CKernels/template/batchnorm.h"
private let elementary = "Sources/CKernels/elementary.c"
private let pool = "Sources/Kernels/WorkerPool.swift"
private let loss = "Sources/Layers/SoftmaxCrossEntropy.swift"

/// Flush-to-zero and denormals-are-zero in one worker, right after it was told otherwise.
private let flushInOneWorker = Defect.Edit(
  file: pool, find: "      FloatingPointControl.setStandard()\n      performTasks(worker: worker)",
  replace: "      FloatingPointControl.setStandard()\n"
    + "      if worker == 1 { FloatingPointControl.word |= flushBits }\n      performTasks(worker: worker)")

private let flushBits = Defect.Edit(
  file: pool, find: "private final class Shared: @unchecked Sendable {",
  replace: """
    #if arch(x86_64)
      private let flushBits: UInt64 = 0x8040
    #else
      private let flushBits: UInt64 = 1 << 24
    #endif
    private final class Shared: @unchecked Sendable {
    """)

private let compilerDefects = [
  Defect(
    "contraction", "the compiler may contract", "Package.swift", "\"-fno-math-errno\", \"-ffp-contract=off\"",
    "\"-fno-math-errno\", \"-ffp-contract=fast\""),
  Defect("flush-to-zero", "one worker flushes subnormals to zero", [flushInOneWorker, flushBits]),
  Defect(
    "flush-to-zero-unverified", "the same, and no worker verifies its control word",
    [
      flushInOneWorker, flushBits,
      .init(
        file: pool, find: "    if !FloatingPointControl.isStandard {\n",
        replace: "    if !FloatingPointControl.isStandard, helpers < 0 {\n"),
    ]),
  Defect(
    "library-exp", "the exponential is the platform's", elementary, "double gf_exp(double x) {\n",
    "double exp(double);\ndouble gf_exp(double x) {\n  if (1) return exp(x);\n"),
  Defect(
    "library-log", "the logarithm is the platform's", elementary, "double gf_log(double x) {\n",
    "double log(double);\ndouble gf_log(double x) {\n  if (1) return log(x);\n"),
  Defect(
    "library-power", "the powers are the platform's", elementary, "double gf_power(double base, uint64_t n) {\n",
    "double pow(double, double);\ndouble gf_power(double base, uint64_t n) {\n  if (1) return pow(base, (double)n);\n"),
  Defect(
    "debug-differs", "a debug build adds the losses from the last to the first", loss,
    "    for image in 0..<count { sum += losses.pointer[image] }\n",
    "    #if DEBUG\n      for image in (0..<count).reversed() { sum += losses.pointer[image] }\n"
      + "    #else\n      for image in 0..<count { sum += losses.pointer[image] }\n    #endif\n"),
]

private let orderDefects = [
  Defect(
    "order-of-completion", "losses are added in the order in which workers finish",
    [
      .init(
        file: loss, find: "      hits.pointer[image] = UInt8(hit)\n",
        replace: "      hits.pointer[image] = UInt8(hit)\n"
          + "      let mine = losses.pointer[image]\n      finished.withLock { $0.append(mine) }\n"),
      .init(
        file: loss, find: "    var sum = 0.0\n",
        replace:
          "    var sum = 0.0\n    let order = finished.withLock { all in\n      defer { all = [] }\n      return all\n    }\n"
          + "    if order.count == count { return order.reduce(0, +) }\n"),
      .init(
        file: loss, find: "  private let hits: Buffer<UInt8>\n",
        replace: "  private let hits: Buffer<UInt8>\n  private let finished = Mutex<[Double]>([])\n"),
      .init(file: loss, find: "import Kernels\n", replace: "import Kernels\nimport Synchronization\n"),
    ]),
  Defect(
    "lane-partials", "batch norm's gradient sums go through as many partial sums as the vector has lanes", batchNormKernel,
    "  for (size_t i = 0; i < count; i++) total[i] = slots[i];\n"
      + "  for (size_t s = 1; s < slot_count; s++)\n"
      + "    for (size_t i = 0; i < count; i++) total[i] += slots[s * count + i];\n",
    "  for (size_t i = 0; i < count; i++) {\n    double partial[LANES] = {0};\n"
      + "    for (size_t s = 0; s < slot_count; s++) partial[s % LANES] += slots[s * count + i];\n"
      + "    total[i] = 0;\n    for (size_t l = 0; l < LANES; l++) total[i] += partial[l];\n  }\n"),
  Defect(
    "swapped-loops", "pooling adds a window's columns before its rows", "Sources/CKernels/template/pooling.h",
    "  for (size_t r = 0; r < size_h; r++)                                                              \\\n"
      + "    for (size_t s = 0; s < size_w; s++)                                                            \\\n",
    "  for (size_t s = 0; s < size_w; s++)                                                              \\\n"
      + "    for (size_t r = 0; r < size_h; r++)                                                            \\\n"),
  Defect(
    "slots-descending", "the slots of a weight gradient are added from the last to the first",
    "Sources/CKernels/template/convolution.h", "for (size_t s = 1; s < slot_count; s++) sum +=",
    "for (size_t s = slot_count - 1; s >= 1; s--) sum +="),
  Defect(
    "slot-size", "a slot holds one image more", "Sources/Layers/ImageGroup.swift", "static let imagesPerSlot = ",
    "static let imagesPerSlot = 1 + "),
  Defect(
    "images-descending", "images' statistics are combined from the last to the first", batchNormKernel,
    "const double *const sums = slots + 2 * s * channels,", "const double *const sums = slots + 2 * (slot_count - s) * channels,"),
  Defect(
    "shared-slot-in-workers-memory", "what the first steps leave of a slot that workers share lies in the memory of one of them",
    region, "memory: latches.count + shared)", "memory: worker)"),
  Defect(
    "shared-slot-unawaited", "the images of a slot that workers share do not wait for its weight gradient", region,
    "if !slotOperations.isEmpty { latches[shared].wait() }", "if false { latches[shared].wait() }"),
]

private let randomDefects = [
  Defect(
    "unordered-shuffle", "an epoch's order is that of a set", "Sources/Experiments/ExperimentData.swift",
    ".permutation(trainingCount)", ".permutation(trainingCount).reduce(into: Set<Int>()) { $0.insert($1) }.map { $0 }"),
  Defect(
    "random-by-drawing", "flips are drawn one after the other", "Sources/Datasets/AugmentationPlan.swift",
    "isFlipping && flips.uniform(at: index) < 0.5", "isFlipping && Double.random(in: 0..<1) < 0.5"),
  Defect(
    "file-order", "records keep the order that they have in the file", "Sources/Datasets/ImageSet.swift",
    "    return entries.map(\\.index)\n", "    return labels.indices.map { $0 }\n"),
]

private let resumeDefects = [
  Defect(
    "resume-forgets-moments", "a resumed run begins with the optimiser's state at zero", "Sources/Training/TrainingStep.swift",
    "    for (name, tensor) in optimiserState { tensor.assign(try file.floats(name, tensor.shape, path: path)) }\n", ""),
  Defect(
    "resume-forgets-updates", "a resumed run counts its updates from zero", "Sources/Training/TrainingStep.swift",
    "    optimiser.updates = updates\n", "    optimiser.updates = 0\n"),
  Defect(
    "resume-forgets-best", "a resumed run takes the first epoch after it for the best", "Sources/Training/Trainer+State.swift",
    "    progress = checkpoint.progress\n", "    progress = checkpoint.progress\n    progress.best = nil\n"),
]
