import GradientChecking
import Kernels
import Layers
import Tensors

/// The binary32 kernels of every instruction set against the binary64 path, on the shapes that train: forward and all
/// gradients, from the same inputs.
///
/// Sums of n terms are bounded by γ̃_n·Σ|terms| (`Rounding.probableGamma`, u = 2⁻²⁴); Σ|terms| is what the same layer
/// gives in binary64 for the magnitudes of its inputs. The rounding of binary64 is smaller by 2⁻²⁹ and vanishes beside
/// it.
enum PrecisionChecks {
  static let all: [GradientCheck] = PrecisionBench.all.flatMap { bench in
    [
      check("Convolution", bench, PrecisionConvolution.rows), check("BatchNorm", bench, PrecisionBatchNorm.rows),
      check("ResidualAdd", bench, residualAdd), check("LeakyReLU", bench, leakyReLU), check("ELU", bench, elu),
      check("Dropout", bench, dropout),
      check("AveragePool", bench) { bench, generator in
        try pool(.average, bench, &generator)
      },
      check("GlobalAveragePool", bench) { bench, generator in
        try pool(.global, bench, &generator)
      },
    ]
      // The head's sizes do not depend on the map's.
      + (bench.side == 8 ? [check("Linear", bench, linear), check("SoftmaxCrossEntropy", bench, crossEntropy)] : [])
  }

  private static let unit = Rounding.floatUnit

  private static func check(
    _ layer: String, _ bench: PrecisionBench,
    _ rows: @escaping @Sendable (PrecisionBench, inout SeededGenerator) throws -> [GradientCheckRow]
  ) -> GradientCheck {
    GradientCheck(layer, shape: bench.shape(for: layer), mode: bench.mode) { check, _ in
      var generator = check.generator
      return try rows(bench, &generator)
    }
  }

  @Sendable private static func linear(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let (backend, channels, classes) = (try bench.backend(), PrecisionBench.channels, PrecisionBench.classes)
    let weight = TwinParameter("weight", [classes, channels], within: 0.2, &generator)
    let bias = TwinParameter("bias", [classes], within: 0.2, &generator)
    let (x, dy) = (
      TwinTensor([bench.images, 1, 1, channels], &generator), TwinTensor([bench.images, 1, 1, classes], &generator)
    )
    let (y, dx) = (TwinTensor(shape: dy.single.shape), TwinTensor(shape: x.single.shape))
    func run<S>(
      _ x: Tensor<S>, _ dy: Tensor<S>, _ weight: Parameter<S>, _ bias: Parameter<S>, _ y: Tensor<S>, _ dx: Tensor<S>
    ) throws {
      let layer = Linear(
        weight: weight, bias: bias, kernels: backend.kernels(for: S.self), capacity: bench.images)
      layer.prepare(forBackward: true)
      layer.forward(x, into: y, images: 0..<bench.images)
      layer.backwardInput(dy, into: dx, images: 0..<bench.images)
      layer.accumulateWeights(x, dy, count: bench.images)
    }
    try run(x.single, dy.single, weight.single, bias.single, y.single, dx.single)
    try run(x.double, dy.double, weight.double, bias.double, y.double, dx.double)
    try run(x.magnitude, dy.magnitude, weight.magnitude, bias.magnitude, y.magnitude, dx.magnitude)
    let weightTerms = ImageGroup.imagesPerSlot + ImageGroup.slots(of: bench.images)
    return [
      bench.row(
        "Linear", "output", y.single, y.double, scale: y.magnitude,
        factor: Rounding.probableGamma(channels + 1, unit: unit)),
      bench.row(
        "Linear", "input gradient", dx.single, dx.double, scale: dx.magnitude,
        factor: Rounding.probableGamma(classes, unit: unit)),
      bench.row(
        "Linear", "weight gradient", weight.single.gradient, weight.double.gradient, scale: weight.magnitude.gradient,
        factor: Rounding.probableGamma(weightTerms, unit: unit)),
      bench.row(
        "Linear", "bias gradient", bias.single.gradient, bias.double.gradient,
        scale: magnitudes(of: bias.double.gradient), factor: unit),
    ]
  }

  @Sendable private static func residualAdd(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let (x, skip) = (TwinTensor(bench.shape, &generator), TwinTensor(bench.shape, &generator))
    let (y, dSkip) = (TwinTensor(shape: bench.shape), TwinTensor(shape: bench.shape))
    let dx = TwinTensor(shape: bench.shape)
    let backend = try bench.backend()
    func run<S>(_ x: Tensor<S>, _ skip: Tensor<S>, _ y: Tensor<S>, _ dx: Tensor<S>, _ dSkip: Tensor<S>) {
      let layer = ResidualAdd<S>(kernels: backend.kernels(for: S.self))
      layer.forward(x, skip, into: y, images: 0..<bench.images)
      layer.backward(x, into: dx, skip: dSkip, images: 0..<bench.images)
    }
    run(x.single, skip.single, y.single, dx.single, dSkip.single)
    run(x.double, skip.double, y.double, dx.double, dSkip.double)
    run(x.magnitude, skip.magnitude, y.magnitude, dx.magnitude, dSkip.magnitude)
    // One rounding forward, a copy backward.
    return [
      bench.row("ResidualAdd", "output", y.single, y.double, scale: y.magnitude, factor: unit),
      bench.row("ResidualAdd", "input gradient", dx.single, dx.double, scale: dx.magnitude, factor: 0),
      bench.row("ResidualAdd", "skip gradient", dSkip.single, dSkip.double, scale: dSkip.magnitude, factor: 0),
    ]
  }

  @Sendable private static func elu(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let (x, dy) = (TwinTensor(bench.shape, &generator), TwinTensor(bench.shape, &generator))
    let (y, dx) = (TwinTensor(shape: bench.shape), TwinTensor(shape: bench.shape))
    let backend = try bench.backend()
    func run<S>(_ x: Tensor<S>, _ dy: Tensor<S>, _ y: Tensor<S>, _ dx: Tensor<S>) {
      let pointwise = Pointwise<S>(kernels: backend.kernels(for: S.self)), activation = Activation.elu(alpha: 1)
      pointwise.forward(x, activation: activation, into: y, images: 0..<bench.images)
      pointwise.backward(dy, output: y, activation: activation, into: dx, images: 0..<bench.images)
    }
    run(x.single, dy.single, y.single, dx.single)
    run(x.double, dy.double, y.double, dx.double)
    // The output is computed in double and rounded once, relative to |y|, which is at most |x|. In the gradient dy·(y + 1) y is
    // rounded, the sum and the product; y + 1 and |y| are at most 1.
    return [
      bench.row("ELU", "output", y.single, y.double, scale: x.magnitude, factor: 1.01 * unit),
      bench.row("ELU", "input gradient", dx.single, dx.double, scale: dy.magnitude, factor: 3.01 * unit),
    ]
  }

  @Sendable private static func leakyReLU(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let (x, dy) = (TwinTensor(bench.shape, &generator), TwinTensor(bench.shape, &generator))
    let (y, dx) = (TwinTensor(shape: bench.shape), TwinTensor(shape: bench.shape))
    let backend = try bench.backend()
    func run<S>(_ x: Tensor<S>, _ dy: Tensor<S>, _ y: Tensor<S>, _ dx: Tensor<S>) {
      let pointwise = Pointwise<S>(kernels: backend.kernels(for: S.self)), activation = Activation.leakyReLU(slope: 0.01)
      pointwise.forward(x, activation: activation, into: y, images: 0..<bench.images)
      pointwise.backward(dy, output: y, activation: activation, into: dx, images: 0..<bench.images)
    }
    run(x.single, dy.single, y.single, dx.single)
    run(x.double, dy.double, y.double, dx.double)
    // The slope is rounded, then the product: relative to slope·|x|, which is at most |x|.
    return [
      bench.row("LeakyReLU", "output", y.single, y.double, scale: x.magnitude, factor: 2.01 * 0.01 * unit),
      bench.row("LeakyReLU", "input gradient", dx.single, dx.double, scale: dy.magnitude, factor: 2.01 * 0.01 * unit),
    ]
  }

  /// The mask is of the same words in either precision: what is dropped is zero in both.
  @Sendable private static func dropout(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let (x, dy) = (TwinTensor(bench.shape, &generator), TwinTensor(bench.shape, &generator))
    let (y, dx) = (TwinTensor(shape: bench.shape), TwinTensor(shape: bench.shape))
    let backend = try bench.backend()
    let rate = 0.3
    func run<S>(_ x: Tensor<S>, _ dy: Tensor<S>, _ y: Tensor<S>, _ dx: Tensor<S>) {
      let dropout = Dropout<S>(rate: rate, key: 7, step: 3, kernels: backend.kernels(for: S.self))
      dropout.apply(x, into: y, images: 0..<bench.images)
      dropout.apply(dy, into: dx, images: 0..<bench.images)
    }
    run(x.single, dy.single, y.single, dx.single)
    run(x.double, dy.double, y.double, dx.double)
    // The factor is rounded, then the product.
    let factor = 2.01 / (1 - rate) * unit
    return [
      bench.row("Dropout", "output", y.single, y.double, scale: x.magnitude, factor: factor),
      bench.row("Dropout", "input gradient", dx.single, dx.double, scale: dy.magnitude, factor: factor),
    ]
  }

  private enum Window { case average, global }

  private static func pool(
    _ window: Window, _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let backend = try bench.backend()
    func layer<S>(_: S.Type) -> AveragePool<S> {
      let kernels = backend.kernels(for: S.self)
      return window == .average
        ? AveragePool(window: 2, stride: 2, kernels: kernels)
        : .global(height: bench.side, width: bench.side, kernels: kernels)
    }
    let side = window == .average ? bench.side / 2 : 1
    let values = window == .average ? 4 : bench.pixels
    let outputShape = [bench.images, side, side, PrecisionBench.channels]
    let (x, dy) = (TwinTensor(bench.shape, &generator), TwinTensor(outputShape, &generator))
    let (y, dx) = (TwinTensor(shape: outputShape), TwinTensor(shape: bench.shape))
    func run<S>(_ x: Tensor<S>, _ dy: Tensor<S>, _ y: Tensor<S>, _ dx: Tensor<S>) {
      layer(S.self).forward(x, into: y, images: 0..<bench.images)
      layer(S.self).backward(dy, into: dx, images: 0..<bench.images)
    }
    run(x.single, dy.single, y.single, dx.single)
    run(x.double, dy.double, y.double, dx.double)
    run(x.magnitude, dy.magnitude, y.magnitude, dx.magnitude)
    let name = window == .average ? "AveragePool" : "GlobalAveragePool"
    return [
      bench.row(
        name, "output", y.single, y.double, scale: y.magnitude,
        factor: Rounding.probableGamma(values + 1, unit: unit)),
      // One division; every input is in one window.
      bench.row(name, "input gradient", dx.single, dx.double, scale: dx.magnitude, factor: 1.01 * unit),
    ]
  }

  @Sendable private static func crossEntropy(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let logits = TwinTensor([bench.images, 1, 1, PrecisionBench.classes], within: 8, &generator)
    let gradient = TwinTensor(shape: logits.single.shape)
    let labels = Buffer<Int32>(count: bench.images)
    for image in 0..<bench.images { labels.pointer[image] = Int32(generator.integer(below: PrecisionBench.classes)) }
    let backend = try bench.backend()
    func run<S>(_ logits: Tensor<S>, _ gradient: Tensor<S>) -> Double {
      let layer = SoftmaxCrossEntropy<S>(kernels: backend.kernels(for: S.self), capacity: bench.images)
      layer.forward(
        logits, labels: labels.pointer, batchCount: bench.images, gradient: gradient, images: 0..<bench.images)
      return layer.lossSum(count: bench.images)
    }
    let single = run(logits.single, gradient.single), double = run(logits.double, gradient.double)
    // Both work in binary64 on the same numbers.
    var loss = Tally(elementCount: 1)
    loss.add(0, single, expected: double, bound: 0)
    return [
      loss.row(
        layer: "SoftmaxCrossEntropy", tensor: "loss", shape: bench.shape(for: "SoftmaxCrossEntropy"), mode: bench.mode),
      bench.row(
        "SoftmaxCrossEntropy", "logits gradient", gradient.single, gradient.double,
        scale: magnitudes(of: gradient.double), factor: unit),
    ]
  }

  private static func magnitudes(of tensor: Tensor<Double>) -> Tensor<Double> {
    Tensor(shape: tensor.shape, values: tensor.magnitudes)
  }
}
