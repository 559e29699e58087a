import GradientChecking
import GradientChecks
import Kernels
import Layers
import Networks
import Tensors
import Testing

@Suite("Batch norm's statistics and what its gradient owes to them")
struct BatchNormTests {
  private let backend: Backend

  init() throws { backend = try Backend(threads: 1) }

  static let shapes = [[2, 3, 3, 1], [1, 5, 5, 3], [5, 1, 1, 5], [3, 4, 4, 33]]

  /// A bench after one pass forward and, from a random gradient, back.
  private func passed(_ shape: [Int], _ mode: BatchNormMode) -> (bench: BatchNormBench, dx: [Double], dy: [Double]) {
    var generator = SeededGenerator(seed: 4)
    let bench = BatchNormBench(shape, mode, backend, &generator)
    let dy = Tensor<Double>(shape: shape, values: generator.uniform(-1...2, count: bench.x.count))
    let dx = Tensor<Double>(shape: shape)
    bench.prepare()
    bench.norm.collectGradient(dy, output: nil, input: bench.x, images: bench.images)
    bench.norm.finishGradient(imageCount: bench.images.count, pixels: bench.pixels, accumulating: false)
    Pointwise<Double>(kernels: backend.kernels(for: Double.self)).backward(
      dy, output: nil, input: bench.x, through: bench.norm, statistics: bench.gradientMode, into: dx,
      images: bench.images)
    return (bench, dx.values, dy.values)
  }

  @Test("in training mode the input gradient sums to zero over each channel", arguments: shapes)
  func gradientSumsToZero(_ shape: [Int]) {
    let (bench, dx, _) = passed(shape, .training)
    for c in 0..<bench.channels {
      let channel = stride(from: c, to: dx.count, by: bench.channels).map { dx[$0] }
      let scale = channel.reduce(0) { $0 + abs($1) }
      #expect(scale > 0)
      #expect(abs(channel.reduce(0, +)) <= 1e-13 * scale)
    }
  }

  /// Σdx·x̂ = γ/√(var + ε)·(Σdz·x̂)·(1 − Σx̂²/m), and Σx̂²/m = var/(var + ε): orthogonal but for a share ε/(var + ε).
  @Test("in training mode the input gradient is orthogonal to the normalised input, up to ε", arguments: shapes)
  func gradientIsOrthogonal(_ shape: [Int]) {
    let (bench, dx, dy) = passed(shape, .training)
    let (mean, variance) = Reference.batchStatistics(bench.x.values, channels: bench.channels)
    let ones = [Double](repeating: 1, count: bench.channels), zeros = ones.map { _ in 0.0 }
    let xhat = Reference.batchNorm(
      bench.x.values, mean: mean, variance: variance, gamma: ones, beta: zeros, epsilon: 1e-5)
    for c in 0..<bench.channels {
      let places = Array(stride(from: c, to: dx.count, by: bench.channels))
      let product = places.reduce(0) { $0 + dx[$1] * xhat[$1] }
      let scale = places.reduce(0) { $0 + abs(dx[$1] * xhat[$1]) }
      let along = places.reduce(0) { $0 + dy[$1] * xhat[$1] }
      let left =
        bench.norm.gamma.value.pointer[c] / (variance[c] + 1e-5).squareRoot() * along * (1e-5 / (variance[c] + 1e-5))
      #expect(abs(product - left) <= 1e-12 * scale)
      #expect(abs(product) <= 1e-3 * scale)
    }
  }

  @Test("with fixed statistics it is neither", arguments: [BatchNormMode.running, .population])
  func fixedStatisticsLetEverythingThrough(_ mode: BatchNormMode) {
    let (bench, dx, dy) = passed([3, 4, 4, 3], mode)
    for i in dx.indices {
      let c = i % 3
      let factor = bench.norm.gamma.value.pointer[c] / (bench.fixedStatistics.variance[c] + 1e-5).squareRoot()
      #expect(abs(dx[i] - factor * dy[i]) <= 1e-14 * abs(factor * dy[i]))
    }
    #expect(abs(dx.reduce(0, +)) > 1)
  }

  @Test("the running averages follow by 0.1 of the mean and of the unbiased variance", arguments: shapes)
  func runningAverages(_ shape: [Int]) {
    var generator = SeededGenerator(seed: 5)
    let bench = BatchNormBench(shape, .training, backend, &generator)
    let (oldMean, oldVariance) = (bench.norm.runningMean.value.values, bench.norm.runningVariance.value.values)
    bench.prepare(recording: .running)
    let (mean, variance) = Reference.batchStatistics(bench.x.values, channels: bench.channels)
    let m = Double(bench.x.count / bench.channels)
    for c in 0..<bench.channels {
      let expectedMean = 0.9 * oldMean[c] + 0.1 * mean[c]
      let expectedVariance = 0.9 * oldVariance[c] + 0.1 * (variance[c] * m / (m - 1))
      #expect(abs(bench.norm.runningMean.value.pointer[c] - expectedMean) <= 1e-14)
      #expect(abs(bench.norm.runningVariance.value.pointer[c] - expectedVariance) <= 1e-14)
    }
  }

  @Test("population statistics: the mean of the batch means, m/(m − 1) times the mean of the biased variances")
  func population() {
    var generator = SeededGenerator(seed: 6)
    let bench = BatchNormBench([2, 3, 3, 3], .population, backend, &generator)
    bench.prepare()
    // Normalising zeros and ones gives back what normalises: y(0) = β − γ·μ·s, y(1) − y(0) = γ·s.
    let x = Tensor<Double>(shape: [2, 1, 1, 3], values: [0, 0, 0, 1, 1, 1]), y = Tensor<Double>(shape: x.shape)
    Pointwise<Double>(kernels: backend.kernels(for: Double.self))
      .forward(x, normalising: bench.norm, into: y, images: 0..<2)
    for c in 0..<3 {
      let (gamma, beta) = (bench.norm.gamma.value.pointer[c], bench.norm.beta.value.pointer[c])
      let s = (y.pointer[3 + c] - y.pointer[c]) / gamma
      #expect(abs(1 / (s * s) - 1e-5 - bench.fixedStatistics.variance[c]) <= 1e-13)
      #expect(abs((beta - y.pointer[c]) / (gamma * s) - bench.fixedStatistics.mean[c]) <= 1e-13)
    }
  }

  /// What one pass in training mode and its gradient leave, in one batch and in one for each ghost.
  @Test("ghost batches are batches of their own: the same bits as each by itself", arguments: [2, 3, 7])
  func ghostsAreBatches(_ size: Int) {
    var generator = SeededGenerator(seed: 8)
    let shape = [7, 2, 3, 5]
    let bench = BatchNormBench(shape, .training, ghostSize: size, backend, &generator)
    let norm = bench.norm
    let dy = Tensor<Double>(shape: shape, values: generator.uniform(-1...2, count: bench.x.count))
    let (oldMean, oldVariance) = (norm.runningMean.value.values, norm.runningVariance.value.values)
    let whole = pass(norm, bench.x, dy)
    let after = (norm.runningMean.value.values, norm.runningVariance.value.values)
    #expect(norm.batchStatistics.mean.count == bench.ghosts.count * 5)

    norm.runningMean.value.assign(oldMean)
    norm.runningVariance.value.assign(oldVariance)
    let each = BatchNorm(
      gamma: norm.gamma, beta: norm.beta, runningMean: norm.runningMean, runningVariance: norm.runningVariance,
      kernels: backend.kernels(for: Double.self), capacity: size)
    var (y, dx) = ([Double](), [Double]())
    var (gamma, beta) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5))
    for ghost in bench.ghosts {
      let places = ghost.lowerBound * 30..<ghost.upperBound * 30
      let part = pass(
        each, Tensor(shape: [ghost.count, 2, 3, 5], values: Array(bench.x.values[places])),
        Tensor(shape: [ghost.count, 2, 3, 5], values: Array(dy.values[places])))
      y += part.y
      dx += part.dx
      for c in 0..<5 { (gamma[c], beta[c]) = (gamma[c] + part.gamma[c], beta[c] + part.beta[c]) }
    }
    #expect(whole.y == y)
    #expect(whole.dx == dx)
    #expect(whole.gamma == gamma)
    #expect(whole.beta == beta)
    #expect(after.0 == norm.runningMean.value.values)
    #expect(after.1 == norm.runningVariance.value.values)
    // They are not what one batch of all would give.
    #expect(size == 7 || whole.y != pass(BatchNormTests.joined(norm, backend), bench.x, dy).y)
  }

  private static func joined(_ norm: BatchNorm<Double>, _ backend: Backend) -> BatchNorm<Double> {
    BatchNorm(
      gamma: norm.gamma, beta: norm.beta, runningMean: norm.runningMean, runningVariance: norm.runningVariance,
      kernels: backend.kernels(for: Double.self), capacity: 7)
  }

  private func pass(
    _ norm: BatchNorm<Double>, _ x: Tensor<Double>, _ dy: Tensor<Double>
  ) -> (y: [Double], dx: [Double], gamma: [Double], beta: [Double]) {
    let images = 0..<x.shape[0], pixels = x.shape[1] * x.shape[2]
    let pointwise = Pointwise<Double>(kernels: backend.kernels(for: Double.self))
    let y = Tensor<Double>(shape: x.shape), dx = Tensor<Double>(shape: x.shape)
    norm.collectStatistics(x, images: images)
    norm.finishStatistics(imageCount: images.count, pixels: pixels, recording: .running)
    pointwise.forward(x, normalising: norm, into: y, images: images)
    norm.collectGradient(dy, output: nil, input: x, images: images)
    norm.finishGradient(imageCount: images.count, pixels: pixels, accumulating: false)
    pointwise.backward(dy, output: nil, input: x, through: norm, statistics: .batch, into: dx, images: images)
    return (y.values, dx.values, norm.gamma.gradient.values, norm.beta.gradient.values)
  }

  private func network(
    filters: Int = 3, capacity: Int = 2, ghostSize: Int? = nil
  ) throws -> (network: Network<Double>, batch: Batch<Double>) {
    var configuration = NetworkConfiguration(
      blocksPerStage: 1, filters: filters, classes: 5, side: 8, normalisesProcessing: true, normalisesReduction: true,
      isResidual: true)
    configuration.normStatistics.ghostSize = ghostSize
    let network = try Network<Double>(configuration, backend: backend, capacity: capacity, for: .inspection)
    var generator = SeededGenerator(seed: 7)
    for parameter in network.parameters {
      parameter.value.assign(generator.uniform(-0.5...0.5, count: parameter.count))
    }
    for buffer in network.buffers { buffer.value.assign(generator.uniform(0.5...1, count: buffer.value.count)) }
    let batch = network.makeBatch()
    batch.images.assign(generator.uniform(-1...1, count: batch.images.count))
    return (network, batch)
  }

  @Test(
    "evaluation and the gathering of population statistics leave the buffers alone; training does not",
    arguments: [PassMode.evaluation(.running), .evaluation(.population), .gatheringPopulation, .training])
  func evaluationLeavesBuffersAlone(_ mode: PassMode) throws {
    let (network, batch) = try network()
    try network.forward(batch, mode: .gatheringPopulation)
    let before = network.buffers.map(\.value.values)
    try network.forward(batch, mode: mode)
    network.backward()
    let after = network.buffers.map(\.value.values)
    if mode == .training {
      #expect(zip(before, after).allSatisfy { zip($0, $1).allSatisfy { $0 != $1 } })
    } else {
      #expect(before == after)
    }
  }

  @Test("a single value per channel is an error where the batch's statistics are wanted, and named")
  func singleValue() throws {
    let (network, batch) = try network()
    for mode in [PassMode.training, .gatheringPopulation] {
      #expect(throws: LayerError.singleValue(layer: "reduction_block_2_bn_1")) {
        try network.forward(batch.first(1), mode: mode)
      }
    }
    #expect(throws: Never.self) { try network.forward(batch.first(1), mode: .evaluation(.running)) }
    #expect(throws: Never.self) { try network.forward(batch, mode: .training) }
    #expect("\(LayerError.singleValue(layer: "x"))".contains("evaluation mode"))
  }

  @Test("a last ghost of a single value per channel is that error too, whatever the batch holds")
  func singleValueOfAGhost() throws {
    let (network, batch) = try network(capacity: 4, ghostSize: 2)
    #expect(throws: LayerError.singleValue(layer: "reduction_block_2_bn_1")) {
      try network.forward(batch.first(3), mode: .training)
    }
    #expect(throws: Never.self) { try network.forward(batch, mode: .training) }
    #expect(throws: Never.self) { try network.forward(batch.first(3), mode: .evaluation(.running)) }
  }
}
