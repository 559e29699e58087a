import Kernels
import Layers
import Networks
import Tensors

/// Whole networks, small ones: every parameter and the images, at random weights and after some steps of Adam.
///
/// The function is the batch's mean loss. The weights are drawn larger than the protocol's (uniform on ±√(9/fan_in)),
/// because its own let the gradient vanish below what differences of a loss can resolve: that is its subject, not ours.
enum NetworkChecks {
  struct Case: Sendable {
    var name: String
    var normalisesProcessing = false
    var normalisesReduction = false
    var isResidual = false
    var activation = Activation.leakyReLU(slope: 0.01)
    var dropout = 0.0
    var side = 8
    /// From 4 on, minimal filtering computes the convolutions on maps of 3×3 pixels and more.
    var filters = 3
  }

  static let cases = [
    Case(name: "plain"),
    // Of 9 pixels the first pool drops the last.
    Case(name: "BN", normalisesProcessing: true, side: 9), Case(name: "RC", isResidual: true, side: 9),
    Case(name: "BN+RC", normalisesProcessing: true, normalisesReduction: true, isResidual: true),
  ]

  static let all: [GradientCheck] =
    cases.flatMap { one in
      [0, 5].map { check(one, .training, steps: $0) }
    } + [
      check(
        Case(name: "BN+RC", normalisesProcessing: true, normalisesReduction: true, isResidual: true, filters: 4),
        .training, steps: 0),
      check(Case(name: "RC", isResidual: true, side: 9, filters: 4), .training, steps: 5),
      check(cases[3], .evaluation(.running), steps: 5), check(cases[3], .evaluation(.population), steps: 5),
      // Without kinks the steps may be large: the whole network's error falls as h² too.
      check(
        Case(
          name: "BN+RC, slope 1", normalisesProcessing: true, isResidual: true, activation: .identity),
        .training, steps: 0),
      check(
        Case(name: "BN+RC, ELU", normalisesProcessing: true, isResidual: true, activation: .elu(alpha: 1)), .training, steps: 0),
      check(Case(name: "ELU", activation: .elu(alpha: 0.5)), .training, steps: 5),
      check(Case(name: "RC, ReLU", isResidual: true, activation: .leakyReLU(slope: 0)), .training, steps: 0),
      // With the mask held: every pass is of one step.
      check(Case(name: "dropout", dropout: 0.3), .training, steps: 5),
      check(
        Case(name: "BN+RC, dropout", normalisesProcessing: true, normalisesReduction: true, isResidual: true, dropout: 0.3),
        .training, steps: 0),
    ]

  static func check(_ one: Case, _ mode: PassMode, steps: Int) -> GradientCheck {
    let bench = NetworkBench(one)
    let modeName =
      switch mode {
      case .evaluation(let statistics): statistics.rawValue
      default: "training"
      }
    let make = one.activation.isIdentity ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make(
      "Network", "\(one.name), \(bench.description)",
      modeName + (steps == 0 ? ", initial weights" : ", after \(steps) steps")
    ) { backend, generator in
      try bench.subject(mode, steps: steps, backend, &generator)
    }
  }
}

/// How one small network is set up.
struct NetworkBench: Sendable, CustomStringConvertible {
  let configuration: NetworkConfiguration
  let images = 3

  init(_ one: NetworkChecks.Case) {
    configuration = NetworkConfiguration(
      blocksPerStage: 1, filters: one.filters, classes: 5, side: one.side, normalisesProcessing: one.normalisesProcessing,
      normalisesReduction: one.normalisesReduction, isResidual: one.isResidual, activation: one.activation,
      blockDropout: one.dropout, headDropout: one.dropout)
  }

  var description: String {
    "\(configuration.depth) layers of \(configuration.filters) filters, "
      + "\(images)x\(configuration.side)x\(configuration.side)x3 -> \(configuration.classes)"
  }

  func subject(
    _ mode: PassMode, steps: Int, _ backend: Backend, _ generator: inout SeededGenerator
  ) throws -> CheckSubject {
    let network = try Network<Double>(configuration, backend: backend, capacity: images, for: .inspection)
    draw(network, &generator)
    let adam = Adam(network.parameters, backend: backend)
    for _ in 0..<steps {
      drawBatch(network, &generator)
      try network.forward(count: images, mode: .training)
      network.backward()
      adam.update(learningRate: 0.01)
    }
    if mode == .evaluation(.population) {
      for _ in 0..<2 {
        drawBatch(network, &generator)
        try network.forward(count: images, mode: .gatheringPopulation)
      }
    }
    try drawSmoothBatch(network, mode, &generator)
    let noise = try noise(of: network, mode, &generator)
    var subject = CheckSubject(
      variables: variables(of: network, isTraining: mode == .training), termCount: 1,
      sides: configuration.activation.isIdentity ? [] : network.activations,
      forward: { $0[0] = loss(of: network, mode) }, backward: { network.backward() },
      // The difference's own standard deviation is 1.9σ/h, its bound three times this, 12σ/h: six times as much.
      termErrors: { [4 * noise] })
    subject.reach = 0x1p-6
    return subject
  }

  /// A batch that puts no activation within `margin` of its kink: so few elements meet one that even a bias of five
  /// elements need not skip any. Runs the pass once, so that what can be refused is refused here.
  private func drawSmoothBatch(
    _ network: Network<Double>, _ mode: PassMode, _ generator: inout SeededGenerator
  ) throws {
    let margin = 0x1p-11, attempts = 500
    for _ in 0..<attempts {
      drawBatch(network, &generator)
      try network.forward(count: images, mode: mode)
      let isSmooth = network.activations.allSatisfy { tensor in
        tensor.elements.allSatisfy { configuration.activation.isClear(output: $0, margin: margin) }
      }
      if isSmooth { return }
    }
    preconditionFailure("no smooth batch in \(attempts) attempts")
  }

  private func loss(of network: Network<Double>, _ mode: PassMode) -> Double {
    do { return try network.forward(count: images, mode: mode).loss } catch {
      preconditionFailure("refused after it was accepted: \(error)")
    }
  }

  /// The bias of a convolution before batch norm changes nothing in training mode: the mean takes it away again.
  private func variables(of network: Network<Double>, isTraining: Bool) -> [CheckSubject.Variable] {
    let specifications = ParameterSpecification.all(of: configuration)
    let names = Set(network.parameters.map(\.name))
    var variables = zip(network.parameters, specifications).map { parameter, specification in
      let convolution = parameter.name.split(separator: ".").dropLast().joined(separator: ".")
      let norm = convolution.replacing("conv_", with: "bn_")
      let vanishes =
        isTraining && specification.kind == .bias && norm != convolution && names.contains(norm + ".weight")
      return CheckSubject.Variable(
        parameter.name, parameter.value, gradient: parameter.gradient,
        claim: vanishes ? .zero(besides: convolution + ".weight") : .derivative)
    }
    if let gradient = network.imageGradient { variables.append(.init("images", network.images, gradient: gradient)) }
    return variables
  }

  func draw(_ network: Network<Double>, _ generator: inout SeededGenerator) {
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

  func drawBatch(_ network: Network<Double>, _ generator: inout SeededGenerator) {
    network.images.assign(generator.uniform(-1.7...1.7, count: network.images.count))
    for image in 0..<images { network.labels[image] = Int32(generator.integer(below: configuration.classes)) }
  }

  /// Noise of the loss along a line through all parameters. Leaves everything as it was.
  private func noise(
    of network: Network<Double>, _ mode: PassMode, _ generator: inout SeededGenerator
  ) throws -> Double {
    let base = network.parameters.map(\.value.values)
    let directions = base.map { generator.uniform(-1...1, count: $0.count) }
    var values: [Double] = []
    for point in 0..<NoiseEstimate.points {
      for (parameter, (values, direction)) in zip(network.parameters, zip(base, directions)) {
        for i in 0..<values.count { parameter.value.pointer[i] = values[i] + Double(point) * 0x1p-34 * direction[i] }
      }
      values.append(try network.forward(count: images, mode: mode).loss)
    }
    for (parameter, values) in zip(network.parameters, base) { parameter.value.assign(values) }
    return NoiseEstimate.standardDeviation(values)
  }
}
