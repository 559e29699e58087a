import Kernels
import Layers
import Tensors

/// What the calls of a pass are made with: where its values lie, the layers, and the state of the pass under way.
struct PassMemory<S: KernelScalar> {
  let kind: PassKind
  let layers: LayerStore<S>
  let state: PassState
  private let tensors: [Value: GroupTensor<S>]

  var kernels: KernelTable { layers.kernels }

  subscript(value: Value) -> GroupTensor<S> {
    guard let tensor = tensors[value] else { preconditionFailure("a value that no operation writes") }
    return tensor
  }

  init(
    _ plan: PassPlan<S>, _ memory: NetworkTensors<S>, layers: LayerStore<S>, state: PassState
  ) {
    kind = plan.kind
    self.layers = layers
    self.state = state
    var tensors: [Value: GroupTensor<S>] = [:]
    for (value, external) in plan.externals {
      switch external {
      case .images: tensors[value] = memory.images
      case .logits: tensors[value] = GroupTensor(memory.logits)
      case .imageGradient: tensors[value] = memory.imageGradient.map { GroupTensor($0) }
      }
    }
    for (value, place) in plan.memory.places { tensors[value] = memory.tensor(value.shape, at: place) }
    self.tensors = tensors
  }
}

/// What operations need to know about the pass that runs them. The calling thread writes it between two regions, so no worker
/// reads it meanwhile.
final class PassState {
  /// One latch for each thread, for the current region.
  let latches: [Latch]
  var imageCount = 0
  /// The batch's, which the network keeps as long as this can be asked.
  var labels: UnsafePointer<Int32>?
  var isAccumulating = false
  var preparesBackward = false
  var recording = BatchNormRecording.none
  /// What the random numbers of the pass are of.
  var randomness = PassRandomness()
  /// Whether elements are dropped.
  var dropsOut = false
  /// Those of an evaluation.
  var statistics = BatchNormStatistics.running

  init(threads: Int) { latches = (0..<threads).map { _ in Latch(threads: threads) } }
}

/// The memory of a network's passes: what is there before or after them, and what the values between share.
struct NetworkTensors<S: KernelScalar> {
  /// Those of the batch that the pass is handed.
  let images: GroupTensor<S>
  let imageGradient: Tensor<S>?
  /// [capacity, 1, 1, classes]
  let logits: Tensor<S>
  private let capacity: Int
  private let batch: Buffer<S>
  private let workers: Buffer<S>
  private let workerBytes: Int
  private let workerMemories: Int

  init(_ network: NetworkDescription, _ plans: NetworkPlans<S>, capacity: Int, workers count: Int, for use: NetworkUse) {
    self.capacity = capacity
    let input = network.input
    images = GroupTensor(boundLater: input)
    imageGradient = use == .inspection ? Tensor(shape: [capacity, input.height, input.width, input.channels]) : nil
    logits = Tensor(shape: [capacity, 1, 1, network.classes])
    workerBytes = plans.workerBytes
    workerMemories = NetworkMemory.workerMemories(capacity: capacity, workers: count)
    batch = Buffer(count: plans.batchBytes / MemoryLayout<S>.stride)
    workers = Buffer(count: workerBytes * workerMemories / MemoryLayout<S>.stride)
  }

  func tensor(_ shape: MapShape, at place: MemoryPlan.Place) -> GroupTensor<S> {
    let sizes = [shape.height, shape.width, shape.channels]
    let first = place.offset / MemoryLayout<S>.stride
    switch place.home {
    case .batch: return GroupTensor(Tensor(shape: [capacity] + sizes, in: batch, from: first))
    case .worker:
      let distance = workerBytes / MemoryLayout<S>.stride
      return GroupTensor(
        slots: (0..<workerMemories).map {
          Tensor(shape: [ImageGroup.imagesPerSlot] + sizes, in: workers, from: $0 * distance + first)
        })
    }
  }
}
