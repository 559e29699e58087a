import Kernels
import Layers

/// Batch norm of each channel or group of channels: `BatchNorm`. Its statistics are operations of their own; what it does to each
/// element is a part of a loop.
public struct BatchNormLayer: NetworkLayer, PointwisePart {
  /// In the state dict, as in `layer_dict.block_0_1.layer_dict.bn_0`.
  public let name: String
  public let label: String
  public let statistics: NormStatistics

  public init(name: String, statistics: NormStatistics = .standard) {
    self.name = name
    label = ParameterSpecification.label(of: name + ".weight")
    self.statistics = statistics
  }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    if let problem = statistics.problem(channels: input.channels) { throw .impossibleGeometry("\(label): \(problem)") }
    return input
  }

  public func parameters(input: MapShape) -> [ParameterSpecification] {
    let kinds: [(String, ParameterSpecification.Kind)] = [
      ("weight", .gamma), ("bias", .beta), ("running_mean", .runningMean), ("running_var", .runningVariance),
    ]
    return kinds.map { .init(name: "\(name).\($0)", shape: [input.channels], kind: $1, fanIn: 0) }
  }

  public func workspace<S: KernelScalar>(input: MapShape, for use: WorkspaceUse, of: S.Type) -> [Workspace] {
    let bytes = BatchNorm<S>.workspaceBytes(
      channels: input.channels, capacity: use.capacity, ghostSize: statistics.ghostSize,
      exampleWeight: statistics.exampleWeight)
    return [Workspace(label, bytes: bytes)]
  }

  func computing<S>(_ layers: LayerStore<S>) -> BatchNorm<S> {
    layers.instance(of: label) {
      let gamma = layers.state[name + ".weight"]
      return BatchNorm(
        gamma: gamma, beta: layers.state[name + ".bias"],
        runningMean: layers.state[buffer: name + ".running_mean"],
        runningVariance: layers.state[buffer: name + ".running_var"], kernels: layers.kernels, capacity: layers.use.capacity,
        ghostSize: statistics.ghostSize, groupSize: statistics.groups.map { gamma.count / $0 } ?? 1,
        exampleWeight: statistics.exampleWeight)
    }
  }

  // MARK: Operations

  /// Whether the gradient goes through the statistics of a pass.
  func hasGradient(_ kind: PassKind) -> Bool { kind == .training || statistics.weighsExamples }

  func join(_ loop: inout PointwiseLoop) { loop.norm = self }

  /// What has to be known of all images before the first element can be normalised.
  func addStatistics<S>(of x: Value, to pass: inout PassBuilder<S>) {
    guard pass.kind == .training else {
      pass.addOnce(OperationFacts(layer: label, direction: .forward, part: .preparation, scope: .network)) { memory in
        let (norm, state) = (computing(memory.layers), memory.state)
        return { norm.useFixedStatistics(state.statistics) }
      }
      guard statistics.weighsExamples else { return }
      pass.add(OperationFacts(layer: label, direction: .forward, part: .statistics, reads: [x])) { memory in
        let (norm, x, pixels) = (computing(memory.layers), memory[x], x.shape.pixels)
        return {
          norm.collectStatistics(x.of($0), images: $0.images)
          norm.weighExamples(images: $0.images, pixels: pixels)
        }
      }
      return
    }
    pass.add(OperationFacts(layer: label, direction: .forward, part: .statistics, reads: [x])) { memory in
      let (norm, x) = (computing(memory.layers), memory[x])
      return { norm.collectStatistics(x.of($0), images: $0.images) }
    }
    pass.addOnce(OperationFacts(layer: label, direction: .forward, part: .statistics, scope: .batch)) { memory in
      let (norm, state, pixels) = (computing(memory.layers), memory.state, x.shape.pixels)
      return { norm.finishStatistics(imageCount: state.imageCount, pixels: pixels, recording: state.recording) }
    }
  }

  /// What has to be known of all images before the first element's gradient: the gradients of scale and shift.
  ///
  /// - Parameter y: the loop's output, where it is read.
  func addGradientSums<S>(_ dy: Value, output y: Value?, input x: Value, activation: Activation, to pass: inout PassBuilder<S>) {
    pass.add(
      OperationFacts(layer: label, direction: .inputGradient, part: .statistics, reads: [dy, x] + (y.map { [$0] } ?? []))
    ) { memory in
      let (norm, dy, x, y) = (computing(memory.layers), memory[dy], memory[x], y.map { memory[$0] })
      return { norm.collectGradient(dy.of($0), output: y?.of($0), input: x.of($0), activation: activation, images: $0.images) }
    }
    pass.addOnce(OperationFacts(layer: label, direction: .inputGradient, part: .statistics, scope: .batch)) { memory in
      let (norm, state, pixels) = (computing(memory.layers), memory.state, x.shape.pixels)
      return { norm.finishGradient(imageCount: state.imageCount, pixels: pixels, accumulating: state.isAccumulating) }
    }
  }
}
