import GradientChecking
import Kernels
import LayerNames
import Layers
import Networks
import Optimisers
import Tensors

/// One network, set up for differences of its loss by its parameters and its images.
///
/// In training mode the network that is differenced is one for training, with the plan that the runs have: it computes anew
/// in the backward pass what it does not keep. So it does not tell on which side of its kinks it was, nor the images'
/// gradient. Both come from a twin for inspection, which gets the same parameters and images and makes the same pass.
///
/// The function is the batch's mean loss; with several batches, the sum of theirs, whose gradient accumulates.
final class NetworkBench {
  private let setup: NetworkChecks.Case
  private let mode: PassMode
  private let network: Network<Double>
  /// One for each batch; in evaluation mode, the network itself.
  private let twins: [Network<Double>]
  /// A twin's each.
  private let batches: [Batch<Double>]
  /// Each batch has another number of images.
  private var counts: [Int] { twins.indices.map { setup.images - $0 } }
  private var configuration: NetworkConfiguration { setup.configuration }

  init(_ setup: NetworkChecks.Case, _ mode: PassMode, _ backend: Backend) throws {
    self.setup = setup
    self.mode = mode
    func network(_ use: NetworkUse) throws -> Network<Double> {
      try Network(setup.configuration, backend: backend, capacity: setup.images, for: use)
    }
    let isTraining = mode == .training
    let differenced = try network(isTraining ? .training : .inspection)
    self.network = differenced
    let twins = try (0..<setup.batches).map { _ in isTraining ? try network(.inspection) : differenced }
    self.twins = twins
    batches = twins.map { $0.makeBatch() }
  }

  func subject(steps: Int, _ generator: inout SeededGenerator) throws -> CheckSubject {
    draw(&generator)
    let optimiser = OptimiserChoice.standard.optimiser(of: network.parameters, backend: network.backend)
    for _ in 0..<steps {
      drawBatch(batches[0], &generator)
      try network.forward(batches[0], mode: .training)
      network.backward()
      optimiser.update(learningRate: 0.01)
    }
    if mode == .evaluation(.population) {
      for _ in 0..<2 {
        drawBatch(batches[0], &generator)
        try network.forward(batches[0], mode: .gatheringPopulation)
      }
    }
    for index in twins.indices { try drawSmoothBatch(index, &generator) }
    let noise = try noise(&generator)
    var subject = CheckSubject(
      variables: variables, termCount: twins.count,
      sides: configuration.activation.isIdentity ? [] : twins.flatMap(\.activations),
      forward: { terms in for index in terms.indices { terms[index] = self.loss(index) } },
      backward: backward,
      // The difference's own standard deviation is 1.9σ/h, its bound three times this, 12σ/h: six times as much.
      termErrors: { noise.map { 4 * $0 } })
    if mode == .training { subject.look = { for index in self.twins.indices { self.look(index) } } }
    subject.reach = 0x1p-6
    subject.step = setup.step
    subject.selection = setup.selection
    return subject
  }

  // MARK: Passes

  /// Of one batch, where the parameters stand.
  private func loss(_ index: Int) -> Double {
    do {
      return try network.forward(batches[index].first(counts[index]), mode: mode).loss
    } catch {
      preconditionFailure("refused after it was accepted: \(error)")
    }
  }

  /// Makes the same pass in one batch's twin, whose activations tell the sides.
  private func passTwin(_ index: Int) throws {
    let twin = twins[index]
    for (parameter, copy) in zip(network.parameters, twin.parameters) where twin !== network {
      copy.value.pointer.update(from: parameter.value.pointer, count: parameter.count)
    }
    try twin.forward(batches[index].first(counts[index]), mode: mode)
  }

  private func look(_ index: Int) {
    do { try passTwin(index) } catch { preconditionFailure("refused after it was accepted: \(error)") }
  }

  private func backward() {
    for (index, twin) in twins.enumerated() {
      // The pass that goes backward is the last one that went forward.
      if twins.count > 1 { _ = loss(index) }
      if twin !== network { look(index) }
      network.backward(accumulating: index > 0)
      if twin !== network { twin.backward() }
    }
  }

  // MARK: Variables

  /// The bias of a convolution before batch norm changes nothing in training mode: the mean takes it away again.
  private var variables: [CheckSubject.Variable] {
    let specifications = ParameterSpecification.all(of: configuration)
    let names = Set(network.parameters.map(\.name))
    var variables = zip(network.parameters, specifications).map { parameter, specification in
      let name = ParameterName(parameter.name)
      let norm = name.layer.flatMap { layer in layer.block.map { LayerName($0, .batchNorm, layer.index) } }
      let isNormalised = norm.map { names.contains(ParameterName(layer: $0, "weight").description) } ?? false
      let vanishes =
        mode == .training && configuration.normPlacement == .afterConvolution
        && configuration.normStatistics.groups == nil && specification.kind == .bias
        && name.layer?.kind == .convolution && isNormalised
      return CheckSubject.Variable(
        parameter.name, parameter.value, gradient: parameter.gradient,
        claim: vanishes ? .zero(besides: ParameterName(path: name.path, "weight").description) : .derivative)
    }
    // One batch only, which the twin network holds: its images are the variable.
    if twins.count == 1, let gradient = twins[0].imageGradient {
      variables.append(.init("images", batches[0].images, gradient: gradient))
    }
    return variables
  }

  private func draw(_ generator: inout SeededGenerator) {
    for (parameter, specification) in zip(network.parameters, ParameterSpecification.all(of: configuration)) {
      let range: ClosedRange<Double> =
        switch specification.kind {
        case .weight: -weightBound(specification)...weightBound(specification)
        case .gamma, .runningVariance: 0.5...1.5
        case .bias, .beta, .runningMean: -0.3...0.3
        }
      parameter.value.assign(generator.uniform(range, count: parameter.count))
    }
    for buffer in network.buffers {
      let isVariance = buffer.name.hasSuffix("running_var")
      buffer.value.assign(generator.uniform(isVariance ? 0.5...1.5 : -0.3...0.3, count: buffer.value.count))
    }
  }

  private func weightBound(_ specification: ParameterSpecification) -> Double {
    (9 / Double(specification.fanIn)).squareRoot()
  }

  private func drawBatch(_ batch: Batch<Double>, _ generator: inout SeededGenerator) {
    batch.images.assign(generator.uniform(-1.7...1.7, count: batch.images.count))
    for image in 0..<setup.images { batch.labels.pointer[image] = Int32(generator.integer(below: configuration.classes)) }
  }

  /// Draws one batch after the other until no activation is within twice the step of its kink: so few elements meet one
  /// that even a bias of five elements need not skip any. Runs the pass once, so that what can be refused is refused here.
  private func drawSmoothBatch(_ index: Int, _ generator: inout SeededGenerator) throws {
    let margin = 2 * setup.step, attempts = 500, twin = twins[index]
    for _ in 0..<attempts {
      drawBatch(batches[index], &generator)
      try passTwin(index)
      let isSmooth = twin.activations.allSatisfy { tensor in
        tensor.elements.prefix(counts[index] * tensor.stride)
          .allSatisfy { configuration.activation.isClear(output: $0, margin: margin) }
      }
      if isSmooth { return }
    }
    preconditionFailure("no smooth batch in \(attempts) attempts")
  }

  /// Noise of each batch's loss along a line through all parameters. Leaves everything as it was.
  private func noise(_ generator: inout SeededGenerator) throws -> [Double] {
    let base = network.parameters.map(\.value.values)
    let directions = base.map { generator.uniform(-1...1, count: $0.count) }
    var values = twins.map { _ in [Double]() }
    for point in 0..<NoiseEstimate.points {
      for (parameter, (values, direction)) in zip(network.parameters, zip(base, directions)) {
        for i in 0..<values.count { parameter.value.pointer[i] = values[i] + Double(point) * 0x1p-34 * direction[i] }
      }
      for index in twins.indices {
        values[index].append(try network.forward(batches[index].first(counts[index]), mode: mode).loss)
      }
    }
    for (parameter, values) in zip(network.parameters, base) { parameter.value.assign(values) }
    return values.map(NoiseEstimate.standardDeviation)
  }
}
