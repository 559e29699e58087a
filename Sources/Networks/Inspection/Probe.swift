import Files
import Kernels
import Layers
import Optimisers
import Tensors

/// One forward and backward pass on given weights and a given batch, so that any other framework can be held against the
/// engine.
public enum Probe {
  /// The answer, all tensors in the precision that was asked for:
  /// `logits` [N, classes], `loss` [], `grad.NAME` for every parameter and `grad.images` [N, 3, H, W], always of the given
  /// weights; in training mode the buffers after that pass, under their names; with updates, parameters and buffers as
  /// they are after the last.
  ///
  /// - Throws: `WeightFileError` and `ProbeError` for files that do not fit; `OutOfMemory`; `LayerError` if batch norm would
  ///   have a single value per channel in training mode.
  public static func run(
    _ request: ProbeRequest, weights: ProbeFile, batch: ProbeFile, backend: Backend
  ) throws -> SafeTensors {
    let sized = request.row.configuration.sized(by: weights.content)
    if let problem = sized.problem { throw ProbeError.impossibleSizes(file: weights.name, problem: problem) }
    let images = try ProbeBatch(batch)
    let configuration = sized.with(classes: sized.classes, side: images.side)
    if let problem = configuration.problem { throw ProbeError.impossibleSizes(file: batch.name, problem: problem) }
    func answer<S: KernelScalar>(in: S.Type) throws -> SafeTensors {
      try MemoryNeed(configuration, images: images.count, workers: backend.threads, for: .inspection, in: S.self)
        .check(against: request.memory)
      return try Self.answer(request, configuration, weights, images, backend, in: S.self)
    }
    switch request.precision {
    case .f32: return try answer(in: Float.self)
    case .f64: return try answer(in: Double.self)
    }
  }

  private static func answer<S: KernelScalar>(
    _ request: ProbeRequest, _ configuration: NetworkConfiguration, _ weights: ProbeFile, _ batch: ProbeBatch,
    _ backend: Backend, in: S.Type
  ) throws -> SafeTensors {
    let network = try Network<S>(configuration, backend: backend, capacity: batch.count, for: .inspection)
    try network.load(weights.content, file: weights.name)
    try checkVariances(of: network, file: weights.name)
    let input = try batch.batch(for: network)
    let result = try network.forward(input, mode: request.mode == .train ? .training : .evaluation(.running))
    network.backward()

    var answer = SafeTensors()
    answer.metadata = [
      "row": request.row.id, "mode": request.mode.rawValue, "precision": request.precision.rawValue,
    ]
    answer["logits"] = network.logits.reshaped([batch.count, configuration.classes]).safeTensor
    answer["loss"] = Tensor<S>(shape: [], values: [S(result.loss)]).safeTensor
    for parameter in network.parameters { answer["grad." + parameter.name] = parameter.gradient.safeTensor }
    if let gradient = network.imageGradient {
      let order = PlaneOrder(images: batch.count, side: batch.side)
      answer["grad.images"] = order.planes(of: gradient).safeTensor
    }
    if let updates = request.updates {
      try update(network, updates, input)
      for parameter in network.parameters { answer[parameter.name] = parameter.value.safeTensor }
    }
    if request.mode == .train {
      for buffer in network.buffers { answer[buffer.name] = buffer.value.safeTensor }
    }
    return answer
  }

  /// Updates with the network's own gradients; those of the first are there already.
  private static func update<S>(_ network: Network<S>, _ updates: ProbeRequest.Updates, _ batch: Batch<S>) throws {
    let optimiser = updates.optimiser.optimiser(of: network.parameters, backend: network.backend)
    for step in 0..<updates.steps {
      if step > 0 {
        try network.forward(batch, mode: .training)
        network.backward()
      }
      optimiser.update(learningRate: updates.learningRate)
    }
  }

  /// A negative variance has no square root.
  private static func checkVariances<S>(of network: Network<S>, file: String) throws(ProbeError) {
    let specifications = network.description.state.filter(\.isBuffer)
    for (buffer, specification) in zip(network.buffers, specifications) where specification.kind == .runningVariance {
      if let index = buffer.value.elements.firstIndex(where: { $0 < 0 }) {
        throw .negativeVariance(
          file: file, name: buffer.name, index: index, value: Double(buffer.value.elements[index]))
      }
    }
  }
}
