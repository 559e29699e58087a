import GradientChecking
import GradientChecks
import Kernels
import Layers
import Networks
import Tensors
import Testing

/// One layer's backward pass as a function of the output's gradient, and the parameters' gradients it leaves.
private struct BackwardPass {
  let outputCount: Int
  let parameters: [Parameter<Double>]
  /// Gradients of the inputs; those of the parameters are added to, or overwrite, what is there.
  let run: (_ dy: [Double], _ accumulating: Bool) -> [Double]
}

/// Each layer, ready for its backward pass.
enum LayerCase: String, CaseIterable, Sendable {
  case convolution, batchNormTraining, batchNormRunning, batchNormFused, residualAdd, leakyReLU, averagePool, globalPool
  case linear

  fileprivate func make(_ backend: Backend) throws -> BackwardPass {
    var generator = SeededGenerator(rawValue)
    let kernels = backend.kernels(for: Double.self)
    func tensor(_ shape: [Int]) -> Tensor<Double> {
      let count = shape.reduce(1, *)
      return Tensor(shape: shape, values: generator.uniform(-1...1, count: count))
    }
    func parameter(_ shape: [Int]) -> Parameter<Double> {
      let parameter = Parameter<Double>(name: "p", shape: shape)
      parameter.value.assign(generator.uniform(-1...1, count: parameter.count))
      return parameter
    }
    let shape = [3, 5, 4, 3], all = 0..<3
    let x = tensor(shape), dx = Tensor<Double>(shape: shape)
    func pass(
      _ outputShape: [Int], _ parameters: [Parameter<Double>] = [], _ body: @escaping (Tensor<Double>, Bool) -> [Double]
    ) -> BackwardPass {
      let dy = Tensor<Double>(shape: outputShape)
      return BackwardPass(outputCount: dy.count, parameters: parameters) {
        dy.assign($0)
        return body(dy, $1)
      }
    }
    switch self {
    case .convolution:
      let geometry = try ConvolutionGeometry(.init(height: 5, width: 4, stride: 2), channels: 5)
      let layer = Convolution(
        geometry: geometry, weight: parameter([5, 3, 3, 3]), bias: parameter([5]), kernels: kernels, capacity: 3)
      layer.prepare(forBackward: true)
      let outputShape = [3, geometry.outputHeight, geometry.outputWidth, 5]
      return pass(outputShape, [layer.weight, layer.bias!]) { dy, accumulating in
        layer.backwardInput(dy, into: dx, images: all)
        for slot in 0..<ImageGroup.slots(of: 3) { layer.backwardWeight(x, dy, group: ImageGroup(slot: slot, of: 3)) }
        layer.combineGradients(imageCount: 3, accumulating: accumulating)
        return dx.values
      }
    case .batchNormTraining, .batchNormRunning, .batchNormFused:
      let isFused = self == .batchNormFused
      let bench = BatchNormBench(shape, self == .batchNormRunning ? .running : .training, backend, &generator)
      let pointwise = Pointwise<Double>(kernels: kernels)
      let (norm, skip) = (bench.norm, tensor(shape))
      let (y, dSkip) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
      let slope = isFused ? 0.1 : 1
      bench.prepare()
      pointwise.forward(
        bench.x, normalising: norm, adding: isFused ? skip : nil, activation: .leakyReLU(slope: slope), into: y, images: all)
      return pass(shape, [norm.gamma, norm.beta]) { dy, accumulating in
        let output = isFused ? y : nil
        norm.collectGradient(dy, output: output, input: bench.x, activation: .leakyReLU(slope: slope), images: all)
        norm.finishGradient(imageCount: 3, pixels: 20, accumulating: accumulating)
        pointwise.backward(
          dy, output: output, input: bench.x, through: norm, statistics: bench.gradientMode, activation: .leakyReLU(slope: slope),
          into: dx,
          skip: isFused ? dSkip : nil, images: all)
        return dx.values + dSkip.values
      }
    case .residualAdd:
      let layer = ResidualAdd<Double>(kernels: kernels), dSkip = Tensor<Double>(shape: shape)
      return pass(shape) { dy, _ in
        layer.backward(dy, into: dx, skip: dSkip, images: all)
        return dx.values + dSkip.values
      }
    case .leakyReLU:
      let pointwise = Pointwise<Double>(kernels: kernels), y = Tensor<Double>(shape: shape)
      pointwise.forward(x, activation: .leakyReLU(slope: 0.1), into: y, images: all)
      return pass(shape) { dy, _ in
        pointwise.backward(dy, output: y, activation: .leakyReLU(slope: 0.1), into: dx, images: all)
        return dx.values
      }
    case .averagePool, .globalPool:
      let layer: AveragePool<Double> =
        self == .averagePool
        ? AveragePool(window: 3, stride: 1, kernels: kernels) : .global(height: 5, width: 4, kernels: kernels)
      let size = layer.outputSize(height: 5, width: 4)
      return pass([3, size.height, size.width, 3]) { dy, _ in
        layer.backward(dy, into: dx, images: all)
        return dx.values
      }
    case .linear:
      let layer = Linear(weight: parameter([7, 5]), bias: parameter([7]), kernels: kernels, capacity: 3)
      let x = tensor([3, 1, 1, 5]), dx = Tensor<Double>(shape: [3, 1, 1, 5])
      layer.prepare(forBackward: true)
      return pass([3, 1, 1, 7], [layer.weight, layer.bias]) { dy, accumulating in
        layer.backwardInput(dy, into: dx, images: all)
        for slot in 0..<ImageGroup.slots(of: 3) { layer.backwardWeight(x, dy, group: ImageGroup(slot: slot, of: 3)) }
        layer.combineGradients(imageCount: 3, accumulating: accumulating)
        return dx.values
      }
    }
  }
}

@Suite("Backward passes")
struct BackwardPropertyTests {
  private let backend: Backend

  init() throws { backend = try Backend(threads: 1) }

  /// All gradients after one overwriting pass: inputs, then parameters.
  private func gradients(_ pass: BackwardPass, _ dy: [Double]) -> [Double] {
    let inputs = pass.run(dy, false)
    return inputs + pass.parameters.flatMap(\.gradient.values)
  }

  @Test("are linear in the output's gradient", arguments: LayerCase.allCases)
  func linearity(_ layer: LayerCase) throws {
    let pass = try layer.make(backend)
    var generator = SeededGenerator(seed: 8)
    let a = generator.uniform(-1...1, count: pass.outputCount), b = generator.uniform(-1...1, count: pass.outputCount)
    let (ga, gb) = (gradients(pass, a), gradients(pass, b))
    let combined = gradients(pass, zip(a, b).map { 3 * $0 - 0.5 * $1 })
    let scale = ga.map(abs).max() ?? 0
    #expect(scale > 0)
    #expect(combined.count == ga.count)
    for i in combined.indices { #expect(abs(combined[i] - (3 * ga[i] - 0.5 * gb[i])) <= 1e-13 * (1 + scale)) }
    #expect(gradients(pass, a.map { _ in 0 }).allSatisfy { $0 == 0 })
  }

  @Test("give the same bits when they run twice", arguments: LayerCase.allCases)
  func repeatable(_ layer: LayerCase) throws {
    let pass = try layer.make(backend)
    var generator = SeededGenerator(seed: 9)
    let dy = generator.uniform(-1...1, count: pass.outputCount)
    let first = gradients(pass, dy)
    #expect(first.contains { $0 != 0 })
    #expect(first.map(\.bitPattern) == gradients(pass, dy).map(\.bitPattern))
  }

  @Test(
    "overwrite the parameters' gradients, or add to them, as asked",
    arguments: [LayerCase.convolution, .batchNormTraining, .batchNormRunning, .linear])
  func accumulation(_ layer: LayerCase) throws {
    let pass = try layer.make(backend)
    var generator = SeededGenerator(seed: 10)
    let dy = generator.uniform(-1...1, count: pass.outputCount)
    #expect(!pass.parameters.isEmpty)
    _ = pass.run(dy, false)
    let once = pass.parameters.map(\.gradient.values)
    for parameter in pass.parameters { parameter.gradient.elements.update(repeating: 7) }
    _ = pass.run(dy, false)
    #expect(pass.parameters.map(\.gradient.values) == once, "what was there is overwritten")
    for parameter in pass.parameters { parameter.gradient.elements.update(repeating: 7) }
    _ = pass.run(dy, true)
    #expect(pass.parameters.map(\.gradient.values) == once.map { $0.map { 7 + $0 } }, "what was there is added to")
  }

  @Test("of whole networks: same bits twice, overwriting and accumulating", arguments: [false, true])
  func networks(_ isResidual: Bool) throws {
    let network = try Network<Double>(
      NetworkConfiguration(
        blocksPerStage: 1, filters: 3, classes: 5, side: 8, normalisesProcessing: isResidual, normalisesReduction: true,
        isResidual: isResidual), backend: backend, capacity: 3, for: .inspection)
    var generator = SeededGenerator(seed: 11)
    for parameter in network.parameters {
      parameter.value.assign(generator.uniform(-0.5...0.5, count: parameter.count))
    }
    let batch = network.makeBatch()
    batch.images.assign(generator.uniform(-1...1, count: batch.images.count))
    for image in 0..<3 { batch.labels.pointer[image] = Int32(image) }
    func gradients() -> [[UInt64]] {
      (network.parameters.map(\.gradient) + [network.imageGradient!]).map { $0.values.map(\.bitPattern) }
    }
    try network.forward(batch, mode: .training)
    network.backward()
    let once = gradients()
    #expect(network.parameters.allSatisfy { $0.gradient.elements.contains { $0 != 0 } })
    network.backward()
    #expect(gradients() == once)
    let values = network.parameters.map(\.gradient.values)
    network.backward(accumulating: true)
    #expect(network.parameters.map(\.gradient.values) == values.map { $0.map { $0 + $0 } })
    #expect(network.imageGradient!.values.map(\.bitPattern) == once.last, "the images' gradient is never added up")
  }
}
