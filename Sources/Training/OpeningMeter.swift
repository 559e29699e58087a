import Kernels
import Networks
import Optimisers
import Randomness
import Tensors
import Traces

/// Takes the numbers of an `opening` line from a step: before its update those of gradients, after it those of the state.
///
/// Of each parameter: the gradient's norm; sketches Σ±g/‖g‖ with random signs, which move where elements change places and the
/// norm does not; the update's norm over lr·√n, which is 1 where Adam moves every element by the learning rate; and the norms of
/// what the optimiser remembers. Of each buffer its norm. Sums in double, elements ascending.
final class OpeningMeter: ParallelWork {
  static let sketches = 2

  /// What is taken of each parameter, and when.
  enum Part {
    /// When all gradients are there, and nothing was updated.
    case gradient
    /// After the update.
    case update
  }

  private let network: Network<Float>
  private let optimiser: any Optimiser<Float>
  private let kernels: KernelTable
  private let streams: [RandomStream]
  /// A row a parameter, which its task alone writes.
  private let numbers: UnsafeMutableBufferPointer<Double>
  private let before: [UnsafeMutableBufferPointer<Float>]
  private let states: [[Tensor<Float>]]
  private let quantities: [String]

  init(_ network: Network<Float>, _ optimiser: any Optimiser<Float>, kernels: KernelTable) {
    self.network = network
    self.optimiser = optimiser
    self.kernels = kernels
    states = optimiser.state.map(\.tensors)
    quantities = ["gradient"] + (0..<Self.sketches).map { "sketch-\($0)" } + ["update"] + optimiser.state.map(\.name)
    streams = network.parameters.map { RandomStream(seed: 0, name: .sketch($0.name)) }
    numbers = .allocate(capacity: network.parameters.count * quantities.count)
    numbers.initialize(repeating: 0)
    before = network.parameters.map { .allocate(capacity: $0.count) }
  }

  deinit {
    numbers.deallocate()
    for buffer in before { buffer.deallocate() }
  }

  /// When all gradients are there, and nothing was updated.
  func takeGradients() {
    network.backend.pool.run(self, with: .gradient, tasks: network.parameters.count)
  }

  /// After the update.
  ///
  /// - Parameter named: the numbers that are of no tensor.
  func line(_ point: String, _ named: [NamedValue], learningRate: Double) -> OpeningLine {
    network.backend.pool.run(self, with: .update, tasks: network.parameters.count)
    let width = quantities.count
    let parameters = network.parameters.enumerated().map { index, parameter in
      var row = Array(numbers[index * width..<(index + 1) * width])
      row[1 + Self.sketches] /= learningRate * Double(parameter.count).squareRoot()
      return OpeningLine.Entry(parameter.name, row)
    }
    let buffers = network.buffers.map { NamedValue($0.name, $0.value.norm(kernels)) }
    return OpeningLine(point: point, numbers: named, quantities: quantities, parameters: parameters, buffers: buffers)
  }

  func perform(task: Int, worker: Int, with part: Part) {
    switch part {
    case .gradient: takeGradient(task)
    case .update: takeUpdate(task)
    }
  }

  private func row(_ task: Int) -> UnsafeMutableBufferPointer<Double> {
    UnsafeMutableBufferPointer(rebasing: numbers[task * quantities.count..<(task + 1) * quantities.count])
  }

  private func takeGradient(_ task: Int) {
    let parameter = network.parameters[task], row = row(task)
    row[0] = parameter.gradient.norm(kernels)
    let sketch = Self.sketch(parameter.gradient, streams[task])
    row[1] = row[0] == 0 ? 0 : sketch.0 / row[0]
    row[2] = row[0] == 0 ? 0 : sketch.1 / row[0]
    _ = before[task].update(fromContentsOf: parameter.value.elements)
  }

  private func takeUpdate(_ task: Int) {
    let row = row(task), new = network.parameters[task].value.pointer
    var squares = 0.0
    for (index, old) in before[task].enumerated() {
      let difference = Double(new[index]) - Double(old)
      squares += difference * difference
    }
    row[1 + Self.sketches] = squares.squareRoot()
    for (index, tensors) in states.enumerated() { row[2 + Self.sketches + index] = tensors[task].norm(kernels) }
  }

  /// Σ±g twice: of element i, the signs are bits 2j and 2j + 1 of the stream's value ⌊i/32⌋, j = i mod 32; a bit that is set
  /// stands for −.
  private static func sketch(_ tensor: Tensor<Float>, _ stream: RandomStream) -> (Double, Double) {
    let values = tensor.pointer, count = tensor.count
    var first = 0.0, second = 0.0
    stream.forEachValue(from: 0, count: (count + 31) / 32) { word, value in
      var bits = value
      for index in 32 * word..<min(32 * word + 32, count) {
        let pattern = Double(values[index]).bitPattern
        first += Double(bitPattern: pattern ^ (bits << 63))
        second += Double(bitPattern: pattern ^ ((bits >> 1) << 63))
        bits >>= 2
      }
    }
    return (first, second)
  }
}

extension OpeningLine {
  /// Names of `numbers`.
  static let loss = "loss", logits = "logits", evaluationBefore = "evaluation_before", evaluationAfter = "evaluation_after"
}

extension TrainingStep {
  /// One of the first steps of epoch 0, or an anchor's, with what it opens with.
  ///
  /// - Parameters:
  ///   - isFirst: whether the validation batch is evaluated before. After the last step `evaluated` does it.
  func opening(
    _ point: String, _ meter: OpeningMeter, step: Int, of epoch: TrainingEpoch, images: Int? = nil, isFirst: Bool,
    recorder: StepRecorder<Float>? = nil, beforeUpdate: (Batch<Float>) -> Void = { _ in }
  ) throws -> (result: BatchResult, batch: Batch<Float>, line: OpeningLine) {
    var numbers: [NamedValue] = []
    if isFirst { numbers.append(NamedValue(OpeningLine.evaluationBefore, try validationLoss())) }
    var logits = 0.0
    let (result, batch) = try run(step, of: epoch, images: images, recorder: recorder) { batch in
      let count = batch.count * network.logits.stride
      let statistics = TensorStatistics(
        of: UnsafeBufferPointer(start: network.logits.pointer, count: count), kernels: kernels)
      logits = (statistics.sumSquares / Double(count)).squareRoot()
      meter.takeGradients()
      beforeUpdate(batch)
    }
    numbers += [NamedValue(OpeningLine.loss, result.loss), NamedValue(OpeningLine.logits, logits)]
    let rate = settings.learningRate(epoch: epoch.index)
    return (result, batch, meter.line(point, numbers, learningRate: rate))
  }

  /// With the evaluation that belongs to the last of the first steps. It is loaded in the place of the step's batch.
  func evaluated(_ line: OpeningLine) throws -> OpeningLine {
    guard line.point == OpeningLine.point(step: OpeningLine.steps - 1) else { return line }
    var line = line
    line.numbers.append(NamedValue(OpeningLine.evaluationAfter, try validationLoss()))
    return line
  }

  /// Of the first validation batch, by running statistics.
  private func validationLoss() throws -> Double {
    let count = min(settings.batchSize, source.validationCount)
    let batch = loading.load(.plain(.validation, places: Array(0..<count)[...]), on: network.backend.pool)
    return try network.forward(batch, mode: .evaluation(.running)).loss
  }

  var openingSteps: Int { min(OpeningLine.steps, stepsPerEpoch) }
}
