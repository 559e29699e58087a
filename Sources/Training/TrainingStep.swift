import Files
import Kernels
import Networks
import Optimisers
import Tensors
import Traces

/// A network under training, and one step of it: the same code for a run and for its replay.
final class TrainingStep {
  let network: Network<Float>
  let optimiser: any Optimiser<Float>
  let loading: BatchLoading
  let kernels: KernelTable
  let source: any BatchSource
  let settings: TrainingSettings
  let stepsPerEpoch: Int
  private let seed: UInt64
  private let digest: StateDigest<Float>

  /// - Throws: `TrainingError` for settings that cannot be trained on these data; `LayerError`.
  init(_ settings: TrainingSettings, seed: UInt64, source: any BatchSource, backend: Backend) throws {
    if let problem = settings.problem { throw TrainingError.impossible(problem) }
    guard source.trainingCount >= settings.batchSize else {
      throw TrainingError.impossible(
        "a batch of \(settings.batchSize) is larger than the training set of \(source.trainingCount) images")
    }
    self.settings = settings
    self.seed = seed
    self.source = source
    network = try Network(settings.network, backend: backend, capacity: settings.batchSize)
    optimiser = settings.optimiser.optimiser(of: network.parameters, backend: backend)
    digest = StateDigest(network, optimiser)
    loading = BatchLoading(source: source, into: network.makeBatch())
    kernels = backend.kernels(for: Float.self)
    stepsPerEpoch = (source.trainingCount + settings.batchSize - 1) / settings.batchSize
  }

  /// Loads the batch, and makes both passes and the update. Refuses before the update what is not finite in the loss or in a
  /// gradient.
  ///
  /// - Parameters:
  ///   - step: of the epoch, counted from 0.
  ///   - images: of the batch, from its first; all, if not given.
  ///   - beforeUpdate: called when all gradients are there.
  func run(
    _ step: Int, of epoch: TrainingEpoch, images: Int? = nil, recorder: StepRecorder<Float>? = nil,
    beforeUpdate: (Batch<Float>) -> Void = { _ in }
  ) throws -> (result: BatchResult, batch: Batch<Float>) {
    let places = epoch.batch(step, size: settings.batchSize).prefix(images ?? .max)
    let batch = loading.load(.augmented(epoch, places: places), on: network.backend.pool)
    let result = try network.forward(
      batch, mode: .training, randomness: .init(seed: seed, epoch: epoch.index, step: step), recorder: recorder)
    guard result.lossSum.isFinite else {
      throw TrainingError.nonFiniteLoss(
        epoch: epoch.index, step: step, loss: result.loss, layer: network.firstNonFiniteLayer() ?? "the loss")
    }
    network.backward(recorder: recorder)
    // An update would carry it into the parameters, and the next checkpoint would keep it.
    if let parameter = network.firstNonFiniteGradient() {
      throw TrainingError.nonFiniteGradient(epoch: epoch.index, step: step, loss: result.loss, parameter: parameter)
    }
    beforeUpdate(batch)
    optimiser.update(learningRate: settings.learningRate(epoch: epoch.index))
    precondition(
      FloatingPointControl.isStandard, "the floating-point control word was changed; the results cannot be trusted")
    return (result, batch)
  }

  // MARK: State

  /// Of parameters, buffers and optimiser state: what `steps` lines hold.
  var stepDigest: ShortDigest { ShortDigest(digest.quick()) }
  /// What epoch lines hold.
  var stateDigest: StateDigest<Float> { digest }

  /// What the optimiser remembers, each tensor under the name that checkpoints give it.
  private var optimiserState: [(name: String, tensor: Tensor<Float>)] {
    optimiser.state.flatMap { state in
      zip(optimiser.parameters, state.tensors).map { ("\(settings.optimiser.kind).\(state.name).\($0.name)", $1) }
    }
  }

  /// Parameters, buffers and optimiser state under the names that checkpoints give them.
  var tensors: SafeTensors {
    var file = SafeTensors()
    for (name, tensor) in network.state { file[name] = tensor.safeTensor }
    for (name, tensor) in optimiserState { file[name] = tensor.safeTensor }
    return file
  }

  /// Takes what `tensors` gave.
  func restore(_ file: SafeTensors, updates: Int, path: String) throws {
    for (name, tensor) in network.state { tensor.assign(try file.floats(name, tensor.shape, path: path)) }
    for (name, tensor) in optimiserState { tensor.assign(try file.floats(name, tensor.shape, path: path)) }
    optimiser.updates = updates
  }
}

extension SafeTensors {
  /// - Parameter path: of the file, for the error.
  func floats(_ name: String, _ shape: [Int], path: String) throws -> [Float] {
    guard let tensor = self[name], tensor.shape == shape, let values = tensor.floats else {
      throw CheckpointError(path: path, problem: "\(name) is missing, or of another shape or type")
    }
    return values
  }
}
