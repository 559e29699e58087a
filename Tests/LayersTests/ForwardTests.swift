import GradientChecking
import GradientChecks
import Kernels
import Layers
import Tensors
import Testing

/// Forward passes against the layers' definitions, written once more in plain Swift; in both types.
@Suite("Forward passes are their definitions")
struct ForwardTests {
  private let backend: Backend
  private var generator = SeededGenerator(seed: 3)

  init() throws { backend = try Backend(threads: 1) }

  private mutating func tensor<S: KernelScalar>(_ shape: [Int], _ range: ClosedRange<Double> = -1...1) -> Tensor<S> {
    let tensor = Tensor<S>(shape: shape)
    tensor.assign(generator.uniform(range, count: tensor.count).map { S($0) })
    return tensor
  }

  private mutating func parameter<S: KernelScalar>(_ shape: [Int]) -> Parameter<S> {
    let parameter = Parameter<S>(name: "p", shape: shape)
    parameter.value.assign(generator.uniform(-0.5...0.5, count: parameter.count).map { S($0) })
    return parameter
  }

  private mutating func checkConvolution<S: KernelScalar>(_ sizes: ConvolutionSizes, _: S.Type) throws {
    let geometry = try ConvolutionGeometry(sizes.sizes, channels: max(sizes.channels, sizes.filters))
    let weight: Parameter<S> = parameter([
      sizes.filters, sizes.channels, sizes.sizes.kernelHeight, sizes.sizes.kernelWidth,
    ])
    let bias: Parameter<S>? = sizes.hasBias ? parameter([sizes.filters]) : nil
    let layer = Convolution(
      geometry: geometry, weight: weight, bias: bias, kernels: backend.kernels(for: S.self), capacity: sizes.images)
    let x: Tensor<S> = tensor([sizes.images, sizes.sizes.height, sizes.sizes.width, sizes.channels])
    let y = Tensor<S>(shape: [sizes.images, geometry.outputHeight, geometry.outputWidth, sizes.filters])
    layer.prepare(forBackward: false)
    layer.forward(x, into: y, images: 0..<sizes.images)
    let expected =
      geometry.suitsWinograd(channels: sizes.channels, filters: sizes.filters)
      ? WinogradReference(sizes).convolution(x.values, weight: weight.value.values, bias: bias?.value.values)
      : Reference.convolution(
        x.values, images: sizes.images, channels: sizes.channels, sizes: sizes.sizes, weight: weight.value.values,
        filters: sizes.filters, bias: bias?.value.values)
    #expect(!expected.isEmpty)
    #expect(y.values == expected)
  }

  private mutating func checkWinogradGradients<S: KernelScalar>(_ sizes: ConvolutionSizes, _: S.Type) throws {
    let geometry = try ConvolutionGeometry(sizes.sizes, channels: max(sizes.channels, sizes.filters))
    let weight: Parameter<S> = parameter([sizes.filters, sizes.channels, 3, 3])
    let layer = Convolution(
      geometry: geometry, weight: weight, bias: nil, kernels: backend.kernels(for: S.self), capacity: sizes.images)
    let x: Tensor<S> = tensor([sizes.images, sizes.sizes.height, sizes.sizes.width, sizes.channels])
    let dy: Tensor<S> = tensor([sizes.images, sizes.sizes.height, sizes.sizes.width, sizes.filters])
    let dx = Tensor<S>(shape: x.shape)
    layer.prepare(forBackward: true)
    layer.backwardInput(dy, into: dx, images: 0..<sizes.images)
    for slot in 0..<ImageGroup.slots(of: sizes.images) {
      layer.backwardWeight(x, dy, group: ImageGroup(slot: slot, of: sizes.images))
    }
    layer.combineGradients(imageCount: sizes.images, accumulating: false)
    let reference = WinogradReference<S>(sizes)
    #expect(dx.values == reference.inputGradient(dy.values, weight: weight.value.values))
    let shares = (0..<ImageGroup.slots(of: sizes.images)).map { slot in
      reference.weightGradient(x.values, dy.values, images: ImageGroup(slot: slot, of: sizes.images).images)
    }
    let expected = shares.dropFirst().reduce(shares[0]) { sum, share in zip(sum, share).map { $0 + $1 } }
    #expect(weight.gradient.values == expected)
  }

  @Test("both gradients by minimal filtering are their definition, bit for bit", arguments: ConvolutionSizes.winograd)
  mutating func winogradGradients(_ sizes: ConvolutionSizes) throws {
    try checkWinogradGradients(sizes, Float.self)
    try checkWinogradGradients(sizes, Double.self)
  }

  @Test("a convolution is its definition, bit for bit in the documented order", arguments: ConvolutionSizes.awkward)
  mutating func convolution(_ sizes: ConvolutionSizes) throws {
    try checkConvolution(sizes, Float.self)
    try checkConvolution(sizes, Double.self)
  }

  private mutating func checkLinear<S: KernelScalar>(_ images: Int, _ channels: Int, _ outputs: Int, _: S.Type) throws {
    let weight: Parameter<S> = parameter([outputs, channels]), bias: Parameter<S> = parameter([outputs])
    let layer = Linear(weight: weight, bias: bias, kernels: backend.kernels(for: S.self), capacity: images)
    let x: Tensor<S> = tensor([images, 1, 1, channels]), y = Tensor<S>(shape: [images, 1, 1, outputs])
    layer.prepare(forBackward: false)
    layer.forward(x, into: y, images: 0..<images)
    #expect(
      y.values
        == Reference.linear(x.values, images: images, weight: weight.value.values, bias: bias.value.values))
  }

  @Test("a linear layer is x·wᵀ + b, bit for bit", arguments: [(1, 1, 1), (3, 7, 5), (2, 33, 100)])
  mutating func linear(_ images: Int, _ channels: Int, _ outputs: Int) throws {
    try checkLinear(images, channels, outputs, Float.self)
    try checkLinear(images, channels, outputs, Double.self)
  }

  private mutating func checkPool<S: KernelScalar>(_ shape: [Int], window: Int, stride: Int, _: S.Type) {
    let kernels = backend.kernels(for: S.self)
    let x: Tensor<S> = tensor(shape)
    for (layer, windowSize) in [
      (AveragePool<S>(window: window, stride: stride, kernels: kernels), (window, window)),
      (.global(height: shape[1], width: shape[2], kernels: kernels), (shape[1], shape[2])),
    ] {
      let size = layer.outputSize(height: shape[1], width: shape[2])
      let y = Tensor<S>(shape: [shape[0], size.height, size.width, shape[3]])
      layer.forward(x, into: y, images: 0..<shape[0])
      let expected = Reference.averagePool(
        x.values, images: shape[0], height: shape[1], width: shape[2], channels: shape[3], window: windowSize,
        stride: layer.stride)
      #expect(y.values == expected)
    }
  }

  @Test(
    "average pools, over windows and over the whole map, are means, bit for bit",
    arguments: [([2, 4, 4, 3], 2, 2), ([1, 5, 7, 33], 2, 2), ([1, 6, 5, 2], 3, 2), ([1, 7, 8, 5], 2, 3)])
  mutating func pools(_ shape: [Int], _ window: Int, _ stride: Int) {
    checkPool(shape, window: window, stride: stride, Float.self)
    checkPool(shape, window: window, stride: stride, Double.self)
  }

  private func checkLeaky<S: KernelScalar>(_: S.Type) {
    let values: [S] = [1.5, -2, 0, -0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .infinity, -.infinity, .nan]
    let x = Tensor<S>(shape: [1, 1, 1, values.count], values: values), y = Tensor<S>(shape: x.shape)
    Pointwise<S>(kernels: backend.kernels(for: S.self)).forward(
      x, activation: .leakyReLU(slope: 0.01), into: y, images: 0..<1)
    let expected = Reference.leakyReLU(values, slope: 0.01)
    for (actual, expected) in zip(y.values, expected) {
      #expect(actual.isNaN == expected.isNaN)
      #expect(actual.isNaN || (actual == expected && actual.sign == expected.sign))
    }
  }

  @Test("leaky ReLU keeps what is above zero and scales the rest; signed zeros, infinities and NaN included")
  func leakyReLU() {
    checkLeaky(Float.self)
    checkLeaky(Double.self)
  }

  @Test("residual add is a sum, bit for bit")
  mutating func residualAdd() {
    let x: Tensor<Double> = tensor([2, 3, 3, 5]), skip: Tensor<Double> = tensor([2, 3, 3, 5])
    let y = Tensor<Double>(shape: x.shape)
    ResidualAdd<Double>(kernels: backend.kernels(for: Double.self)).forward(x, skip, into: y, images: 0..<2)
    #expect(y.values == zip(x.values, skip.values).map { $0 + $1 })
  }

  @Test(
    "batch norm normalises by the statistics of its mode",
    arguments: BatchNormMode.allCases, [[2, 3, 3, 1], [5, 1, 1, 5], [3, 2, 2, 33]])
  mutating func batchNorm(_ mode: BatchNormMode, _ shape: [Int]) {
    let bench = BatchNormBench(shape, mode, backend, &generator)
    let y = Tensor<Double>(shape: shape)
    bench.prepare()
    Pointwise<Double>(kernels: backend.kernels(for: Double.self))
      .forward(bench.x, normalising: bench.norm, into: y, images: bench.images)
    let (mean, variance) =
      mode == .training ? Reference.batchStatistics(bench.x.values, channels: shape[3]) : bench.fixedStatistics
    let expected = Reference.batchNorm(
      bench.x.values, mean: mean, variance: variance, gamma: bench.norm.gamma.value.values,
      beta: bench.norm.beta.value.values, epsilon: 1e-5)
    #expect(y.count == expected.count)
    for (actual, expected) in zip(y.values, expected) { #expect(abs(actual - expected) <= 1e-13 * (1 + abs(expected))) }
  }

  @Test(
    "softmax cross-entropy is −log softmax at the label, also where exponentials would overflow",
    arguments: [(1, 2, 1.0), (5, 7, 4.0), (3, 33, 900.0)])
  mutating func crossEntropy(_ images: Int, _ classes: Int, _ range: Double) {
    let logits: Tensor<Double> = tensor([images, 1, 1, classes], -range...range)
    let labels = (0..<images).map { ($0 * 5 + 1) % classes }
    let layer = SoftmaxCrossEntropy<Double>(kernels: backend.kernels(for: Double.self), capacity: images)
    labels.map { Int32($0) }.withUnsafeBufferPointer {
      layer.forward(logits, labels: $0.baseAddress!, batchCount: images, gradient: nil, images: 0..<images)
    }
    let expected = Reference.softmaxCrossEntropy(logits.values, labels: labels).reduce(0, +)
    #expect(abs(layer.lossSum(count: images) - expected) <= 1e-14 * (Double(classes) + range * Double(images)))
    #expect(expected > 0)
  }

  @Test("an example counts as correct if the first of its largest logits is the label")
  func ties() {
    let logits = Tensor<Double>(shape: [3, 1, 1, 3], values: [1, 2, 2, 1, 2, 2, 3, 0, 0])
    let layer = SoftmaxCrossEntropy<Double>(kernels: backend.kernels(for: Double.self), capacity: 3)
    [Int32(1), 2, 0].withUnsafeBufferPointer {
      layer.forward(logits, labels: $0.baseAddress!, batchCount: 3, gradient: nil, images: 0..<3)
    }
    #expect(layer.correctCount(count: 3) == 2)
    #expect(layer.correctCount(count: 2) == 1)
  }
}

extension WinogradReference {
  fileprivate init(_ sizes: ConvolutionSizes) {
    self.init(
      images: sizes.images, height: sizes.sizes.height, width: sizes.sizes.width, channels: sizes.channels,
      filters: sizes.filters)
  }
}
