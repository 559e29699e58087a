import Digests
import Kernels
import Layers
import Tensors

/// A network with its parameters, its activations and its gradients.
///
/// All memory except the batch's is planned and allocated once, here, for batches of up to `capacity` images. Passes allocate
/// nothing. A pass is a list of regions. Within a region a small group of images goes through several layers while it is in the
/// cache; between two regions all groups meet.
public final class Network<S: KernelScalar> {
  public let description: NetworkDescription
  public let backend: Backend
  /// The largest batch.
  public let capacity: Int
  public let use: NetworkUse
  /// In the order in which the signal meets them.
  public let parameters: [Parameter<S>]
  public let buffers: [StateBuffer<S>]

  /// Where the time of passes is added up, if anywhere.
  public var stepTimes: StepTimes?
  /// What is added to the results of layers, where a pass is to stand for one of another arithmetic; never in training. A pass
  /// that is recorded has none.
  public var roundingNoise: RoundingNoise<S>?

  let kernels: KernelTable
  let training: Pass<S>
  private let evaluation: Pass<S>
  private let tensors: NetworkTensors<S>
  /// In the order of the signal, with the pixels of their maps.
  let norms: [(label: String, layer: BatchNorm<S>, pixels: Int)]
  private let loss: SoftmaxCrossEntropy<S>
  private let passState: PassState
  private var last: (batch: Batch<S>, mode: PassMode)?
  var lastMode: PassMode? { last?.mode }

  /// [capacity, 1, 1, classes]
  public var logits: Tensor<S> { tensors.logits }
  /// dL/d(images), shaped as they are, where the network was made for inspection.
  public var imageGradient: Tensor<S>? { tensors.imageGradient }

  /// - Throws: `LayerError` for sizes that no such network has.
  public convenience init(
    _ configuration: NetworkConfiguration, backend: Backend, capacity: Int, for use: NetworkUse = .training
  ) throws(LayerError) {
    if let problem = configuration.problem { throw .impossibleGeometry(problem) }
    try self.init(NetworkDescription(configuration), backend: backend, capacity: capacity, for: use)
  }

  /// - Parameters:
  ///   - capacity: the largest number of images in a batch.
  ///   - use: what more is kept for checks.
  /// - Throws: `LayerError` for a capacity of no images.
  public init(
    _ description: NetworkDescription, backend: Backend, capacity: Int, for use: NetworkUse = .training
  ) throws(LayerError) {
    guard capacity > 0 else { throw .impossibleGeometry("a batch of \(capacity) images") }
    self.description = description
    self.backend = backend
    self.capacity = capacity
    self.use = use
    kernels = backend.kernels(for: S.self)
    let parameterState = NetworkState<S>(description)
    parameters = parameterState.parameters
    buffers = parameterState.buffers

    let plans = NetworkPlans<S>(description, capacity: capacity, for: use)
    let tensors = NetworkTensors(description, plans, capacity: capacity, workers: backend.threads, for: use)
    self.tensors = tensors
    let passState = PassState(threads: backend.threads)
    self.passState = passState
    let layers = LayerStore(
      state: parameterState, kernels: kernels,
      use: WorkspaceUse(capacity: capacity, workers: backend.threads, channels: description.mostChannels))
    func pass(_ plan: PassPlan<S>) -> Pass<S> { Pass(plan, PassMemory(plan, tensors, layers: layers, state: passState)) }
    training = pass(plans.training)
    evaluation = pass(plans.evaluation)
    norms = zip(description.layers, description.inputShapes).compactMap { layer, shape in
      (layer as? BatchNormLayer).map { ($0.label, $0.computing(layers), shape.pixels) }
    }
    loss = SoftmaxCrossEntropyLayer().computing(layers)
  }

  /// An empty batch of as many images as a pass takes.
  public func makeBatch() -> Batch<S> { Batch(of: description, count: capacity) }

  /// Forward pass of a batch: logits, losses and, for `backward`, which reads the batch again, the logits' gradient.
  ///
  /// - Parameter randomness: for what a layer draws in training.
  /// - Throws: `LayerError.singleValue` if batch norm would have a single value per channel in training mode.
  @discardableResult
  public func forward(
    _ batch: Batch<S>, mode: PassMode, randomness: PassRandomness = .init(), recorder: StepRecorder<S>? = nil
  ) throws(LayerError) -> BatchResult {
    let count = batch.count
    precondition((1...capacity).contains(count), "a batch of \(count) for a capacity of \(capacity)")
    precondition(batch.images.stride == description.input.count, "images of \(batch.images.shape) for \(description.input)")
    for image in 0..<count {
      let label = batch.labels.pointer[image]
      precondition((0..<Int32(description.classes)).contains(label), "label \(label)")
    }
    if mode.usesBatchStatistics {
      for index in 0..<norms.count where norms[index].layer.fewestValues(images: count, pixels: norms[index].pixels) == 1 {
        throw .singleValue(layer: norms[index].label)
      }
    }
    passState.imageCount = count
    passState.labels = UnsafePointer(batch.labels.pointer)
    tensors.images.bind(batch.images)
    passState.randomness = randomness
    passState.dropsOut = mode == .training
    passState.preparesBackward = mode == .training || use == .inspection
    switch mode {
    case .training: passState.recording = .running
    case .gatheringPopulation: passState.recording = .population
    case .evaluation(let statistics):
      passState.recording = .none
      passState.statistics = statistics
    }
    last = (batch, mode)
    let pass = pass(for: mode)
    prepare(pass)
    roundingNoise?.beginPass()
    run(pass.forward, recorder ?? roundingNoise)
    return BatchResult(count: count, lossSum: loss.lossSum(count: count), correct: loss.correctCount(count: count))
  }

  /// Gradients of the batch's mean loss, of the last forward pass, for every parameter (and the images, if wanted).
  ///
  /// - Parameter accumulating: whether they are added to what the gradients hold; otherwise they overwrite it.
  public func backward(accumulating: Bool = false, recorder: StepRecorder<S>? = nil) {
    guard let lastMode else { preconditionFailure("backward before forward") }
    precondition(
      lastMode.usesBatchStatistics || use == .inspection, "evaluation leaves nothing for a backward pass but for inspection")
    passState.isAccumulating = accumulating
    let pass = pass(for: lastMode)
    if !passState.preparesBackward {
      passState.preparesBackward = true
      prepare(pass)
    }
    run(pass.backward, recorder ?? roundingNoise)
    let start = stepTimes == nil ? 0 : StepTimes.now
    pass.combination.run(on: backend.pool)
    stepTimes?.add(.combination, since: start)
    roundingNoise?.perturb(parameters)
  }

  func pass(for mode: PassMode) -> Pass<S> { mode.usesBatchStatistics ? training : evaluation }

  private func prepare(_ pass: Pass<S>) {
    let start = stepTimes == nil ? 0 : StepTimes.now
    pass.preparation.run(on: backend.pool)
    stepTimes?.add(.preparation, since: start)
  }

  /// By index, here and above: where this generic code is not specialised, an array's iterator allocates.
  private func run(_ regions: [Region<S>], _ observer: (any PassObserver<S>)?) {
    for index in 0..<regions.count {
      regions[index].run(on: backend.pool, imageCount: passState.imageCount, observer: observer, times: stepTimes)
    }
  }

  public func resetPopulation() {
    for norm in norms { norm.layer.resetPopulation() }
  }

  /// The first layer of the last forward pass whose output holds a number that is not finite. That pass is made once more,
  /// as it does not keep all outputs: to be asked before parameters change.
  public func firstNonFiniteLayer() -> String? {
    guard let last else { return nil }
    if TensorStatistics(of: last.batch.pixels, kernels: kernels).nonFinite > 0 { return "the images" }
    let first = FirstNonFinite<S>(kernels: kernels)
    passState.recording = .none
    run(pass(for: last.mode).forward, first)
    return first.label
  }
}
