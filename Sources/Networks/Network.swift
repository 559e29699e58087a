import Digests
import Kernels
import Layers
import Tensors

/// One network of the experiment with its parameters, its activations and its gradients.
///
/// All memory is planned and allocated here, once, for batches of up to `capacity` images; passes allocate nothing. A pass
/// is a list of phases: within a phase a small group of images goes through several layers while it is in the cache, and
/// between phases all groups meet.
public final class Network<S: KernelScalar> {
  public let configuration: NetworkConfiguration
  public let backend: Backend
  /// The largest batch.
  public let capacity: Int
  public let use: NetworkUse
  /// In the order in which the signal meets them.
  public let parameters: [Parameter<S>]
  public let buffers: [StateBuffer<S>]

  /// The batch's images, [capacity, side, side, 3], to be filled before a pass.
  public let images: Tensor<S>
  /// The batch's labels, 0 ..< classes.
  public let labels: UnsafeMutablePointer<Int32>
  /// [capacity, 1, 1, classes]
  public let logits: Tensor<S>
  /// dL/d(images), where the network was made for inspection.
  public let imageGradient: Tensor<S>?
  /// Where the time of passes is added up, if anywhere.
  public var stepTimes: StepTimes?

  let units: [ConvolutionUnit<S>]
  let kernels: KernelTable
  private let head: Linear<S>
  private let loss: SoftmaxCrossEntropy<S>
  private let labelBuffer: Buffer<Int32>
  private let forwardTraining: [Phase<S>]
  private let forwardEvaluation: [Phase<S>]
  let backwardTraining: [Phase<S>]
  private let backwardEvaluation: [Phase<S>]
  private let preparation: Preparation<S>
  private let combination: Combination<S>
  private let pass: PassState
  private var lastMode: PassMode?

  /// - Parameters:
  ///   - capacity: the largest number of images in a batch.
  ///   - use: what more is kept for checks.
  /// - Throws: `LayerError` for sizes that no such network has.
  public init(
    _ configuration: NetworkConfiguration, backend: Backend, capacity: Int, for use: NetworkUse = .training
  ) throws(LayerError) {
    if let problem = configuration.problem { throw .impossibleGeometry(problem) }
    guard capacity > 0 else { throw .impossibleGeometry("a batch of \(capacity) images") }
    self.configuration = configuration
    self.backend = backend
    self.capacity = capacity
    self.use = use
    let pass = PassState(threads: backend.threads)
    self.pass = pass
    let kernels = backend.kernels(for: S.self)
    self.kernels = kernels

    let state = NetworkState<S>(configuration)
    parameters = state.parameters
    buffers = state.buffers
    let side = configuration.side
    images = Tensor(shape: [capacity, side, side, NetworkConfiguration.imageChannels])
    labelBuffer = Buffer(count: capacity)
    labels = labelBuffer.pointer
    imageGradient = use == .inspection ? Tensor(shape: images.shape) : nil

    let body = try NetworkBody(configuration, state: state, images: images, kernels: kernels, workers: backend.threads, use: use)
    units = body.units
    let pooled = Tensor<S>(shape: [capacity, 1, 1, configuration.filters])
    logits = Tensor(shape: [capacity, 1, 1, configuration.classes])
    head = try Linear(
      weight: state[Architecture.headName + ".weight"], bias: state[Architecture.headName + ".bias"],
      kernels: kernels, capacity: capacity)
    loss = SoftmaxCrossEntropy(kernels: kernels, capacity: capacity)

    let plan = PassPlan(
      body: body, head: head, loss: loss, images: images, pooled: pooled, logits: logits,
      logitsGradient: Tensor(shape: logits.shape), labels: labels, imageGradient: imageGradient, use: use, pass: pass,
      locals: ReusedTensors { GroupTensor(shape: $0, workers: backend.threads) }, kernels: kernels)
    forwardTraining = plan.forward(usingBatchStatistics: true)
    forwardEvaluation = plan.forward(usingBatchStatistics: false)
    (backwardTraining, backwardEvaluation) = plan.backward()
    preparation = Preparation(convolutions: units.map(\.convolution), head: head)
    combination = Combination(convolutions: units.map(\.convolution), head: head)
  }

  /// Forward pass of the first `count` images: logits, losses and, for `backward`, the logits' gradient.
  ///
  /// - Throws: `LayerError.singleValue` if batch norm would have a single value per channel in training mode.
  @discardableResult
  public func forward(count: Int, mode: PassMode, recorder: StepRecorder<S>? = nil) throws(LayerError) -> BatchResult {
    precondition((1...capacity).contains(count), "a batch of \(count) for a capacity of \(capacity)")
    for image in 0..<count {
      precondition((0..<Int32(configuration.classes)).contains(labels[image]), "label \(labels[image])")
    }
    if mode.usesBatchStatistics {
      for index in 0..<units.count where units[index].norm != nil && units[index].pixels * count == 1 {
        throw .singleValue(layer: units[index].description.normLabel)
      }
    }
    pass.imageCount = count
    pass.recording =
      switch mode {
      case .training: .running
      case .gatheringPopulation: .population
      case .evaluation: .none
      }
    lastMode = mode
    let start = stepTimes == nil ? 0 : StepTimes.now
    preparation.run(on: backend.pool, forBackward: mode == .training || use == .inspection)
    stepTimes?.add(.preparation, since: start)
    if case .evaluation(let statistics) = mode {
      for unit in units { unit.norm?.useFixedStatistics(statistics) }
    }
    run(mode.usesBatchStatistics ? forwardTraining : forwardEvaluation, recorder)
    return BatchResult(count: count, lossSum: loss.lossSum(count: count), correct: loss.correctCount(count: count))
  }

  /// Gradients of the batch's mean loss, of the last forward pass, for every parameter (and the images, if wanted).
  ///
  /// - Parameter accumulating: whether they are added to what the gradients hold; otherwise they overwrite it.
  public func backward(accumulating: Bool = false, recorder: StepRecorder<S>? = nil) {
    guard let lastMode else { preconditionFailure("backward before forward") }
    precondition(
      lastMode.usesBatchStatistics || use == .inspection, "evaluation leaves nothing for a backward pass but for inspection")
    pass.isAccumulating = accumulating
    if lastMode != .training, use != .inspection {
      preparation.run(on: backend.pool, forBackward: true)
    }
    run(lastMode.usesBatchStatistics ? backwardTraining : backwardEvaluation, recorder)
    let start = stepTimes == nil ? 0 : StepTimes.now
    combination.run(on: backend.pool, pass: pass)
    stepTimes?.add(.combination, since: start)
  }

  /// By index, here and above: where this generic code is not specialised, an array's iterator allocates.
  private func run(_ phases: [Phase<S>], _ observer: (any StepObserver<S>)?) {
    for index in 0..<phases.count {
      phases[index].run(on: backend.pool, imageCount: pass.imageCount, observer: observer, times: stepTimes)
    }
  }

  public func resetPopulation() {
    for unit in units { unit.norm?.resetPopulation() }
  }

  /// The first layer of the last forward pass whose output holds a number that is not finite. That pass is made once more,
  /// as it does not keep all outputs: to be asked before parameters change.
  public func firstNonFiniteLayer() -> String? {
    guard let lastMode else { return nil }
    let pixels = UnsafeBufferPointer(start: images.pointer, count: pass.imageCount * images.stride)
    if TensorStatistics(of: pixels, kernels: kernels).nonFinite > 0 { return "the images" }
    let first = FirstNonFinite<S>(kernels: kernels)
    pass.recording = .none
    run(lastMode.usesBatchStatistics ? forwardTraining : forwardEvaluation, first)
    return first.label
  }
}

/// What the steps of a pass read of the pass they are in.
final class PassState {
  /// By thread; of the phase that is under way.
  let latches: [Latch]
  var imageCount = 0
  var isAccumulating = false
  var recording = BatchNormRecording.none

  init(threads: Int) { latches = (0..<threads).map { _ in Latch(threads: threads) } }
}
