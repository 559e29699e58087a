import Kernels
import Layers

/// All memory that a network and one batch for it allocate, in bytes: of what, and how much. Exact: what is allocated is what
/// stands here.
public struct NetworkMemory: Equatable, Sendable {
  public struct Item: Equatable, Sendable {
    public let name: String
    public let bytes: Int
    /// Whether layers compute with it, and not a pass's values or the state.
    public var isOfLayers = false
  }

  public let items: [Item]
  public var bytes: Int { items.reduce(0) { $0 + $1.bytes } }

  public init<S: KernelScalar>(
    _ network: NetworkDescription, capacity: Int, workers: Int, for use: NetworkUse, of: S.Type
  ) {
    let plans = NetworkPlans<S>(network, capacity: capacity, for: use)
    self.init(network, plans, capacity: capacity, workers: workers, for: use)
  }

  init<S: KernelScalar>(
    _ network: NetworkDescription, _ plans: NetworkPlans<S>, capacity: Int, workers: Int, for use: NetworkUse
  ) {
    let element = MemoryLayout<S>.stride
    let state = network.state
    func elements(_ isBuffer: Bool) -> Int {
      state.filter { $0.isBuffer == isBuffer }.reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
    var items = [
      Item(name: "parameters", bytes: elements(false) * element),
      Item(name: "their gradients", bytes: elements(false) * element),
      Item(name: "buffers", bytes: elements(true) * element),
      Item(name: "images", bytes: capacity * network.input.count * element),
      Item(name: "labels", bytes: capacity * MemoryLayout<Int32>.stride),
      Item(name: "logits", bytes: capacity * network.classes * element),
    ]
    if use == .inspection { items.append(Item(name: "the images' gradient", bytes: capacity * network.input.count * element)) }
    items.append(Item(name: "values of the batch", bytes: plans.batchBytes))
    items.append(
      Item(name: "values of the workers", bytes: plans.workerBytes * Self.workerMemories(capacity: capacity, workers: workers)))
    let workspaces = Self.workspaces(
      network, for: WorkspaceUse(capacity: capacity, workers: workers, channels: network.mostChannels), of: S.self)
    items += workspaces.map { Item(name: $0.name, bytes: $0.bytes, isOfLayers: true) }
    self.items = items
  }

  private static func workspaces<S: KernelScalar>(
    _ network: NetworkDescription, for use: WorkspaceUse, of: S.Type
  ) -> [Workspace] {
    var names: Set<String> = []
    return zip(network.layers, network.inputShapes).flatMap { $0.workspace(input: $1, for: use, of: S.self) }
      .filter { names.insert($0.name).inserted }
  }

  /// Memories for the images of a slot: one a worker, and one for each slot that workers share, since who has done one's first
  /// operations may go on to another before the images of the first are through.
  static func workerMemories(capacity: Int, workers: Int) -> Int {
    workers + (workers == 1 ? 0 : min(workers, ImageGroup.slots(of: capacity)))
  }
}

/// The plans of a network's passes, which take turns in the same memory.
struct NetworkPlans<S: KernelScalar> {
  let training: PassPlan<S>
  let evaluation: PassPlan<S>

  init(_ network: NetworkDescription, capacity: Int, for use: NetworkUse) {
    training = PassPlan(network, .training, for: use, capacity: capacity)
    evaluation = PassPlan(network, .evaluation, for: use, capacity: capacity)
  }

  var batchBytes: Int { max(training.memory.batchBytes, evaluation.memory.batchBytes) }
  var workerBytes: Int { max(training.memory.workerBytes, evaluation.memory.workerBytes) }
}
