import Kernels
import Layers

/// The plan of one pass. All of it is derived from the pass's list of operations: the regions, the lifetime of each value, its
/// place in memory, and which values the backward pass recomputes.
struct PassPlan<S: KernelScalar> {
  let kind: PassKind
  /// Operations of scope `network`, which run once: before the first image, and after the last one.
  let preparations: [Operation<S>]
  let combinations: [Operation<S>]
  /// The others, forward, then backward.
  let operations: [Operation<S>]
  let forward: [PlannedRegion]
  let backward: [PlannedRegion]
  let memory: MemoryPlan
  /// Values that the backward pass needs but the forward pass does not keep: the backward pass recomputes them from kept values.
  let recomputed: Set<Value>
  let externals: [Value: PassBuilder<S>.External]
  /// The outputs of activations, in order.
  let activations: [Value]
  let names: [String]

  var regions: [PlannedRegion] { forward + backward }

  /// The layer whose operation writes a value.
  func layer(of value: Value) -> String {
    operations.first { $0.facts.writes.contains(value) }?.facts.layer ?? names[value.id]
  }

  init(_ network: NetworkDescription, _ kind: PassKind, for use: NetworkUse, capacity: Int) {
    self.kind = kind
    let elementBytes = MemoryLayout<S>.stride
    let hasBackward = kind == .training || use == .inspection
    var builder = PassBuilder<S>(
      PassNode.all(of: network), kind: kind, hasBackward: hasBackward, hasImageGradient: use == .inspection)
    builder.addForward(from: network.input)
    let forwardOperations = Self.withoutNetwork(builder.operations)
    let forwardFacts = forwardOperations.map(\.facts)
    forward = RegionPlan(forwardFacts, places: forwardFacts.indices, elementBytes: elementBytes).regions
    recomputed =
      hasBackward && use == .training ? Self.recomputable(builder.recipes.keys, forwardFacts, forward) : []
    builder.recomputed = recomputed
    if hasBackward { builder.addBackward() }

    operations = Self.withoutNetwork(builder.operations)
    let facts = operations.map(\.facts)
    backward = RegionPlan(facts, places: forwardFacts.count..<facts.count, elementBytes: elementBytes).regions
    let network = builder.operations.filter { $0.facts.scope == .network }
    preparations = network.filter { $0.facts.direction == .forward }
    combinations = network.filter { $0.facts.direction == .inputGradient }
    externals = builder.externals
    activations = builder.activations
    names = builder.names

    // A network for inspection may make its backward pass again.
    var keptToEnd: Set<Value> = []
    if use == .inspection {
      let forwardValues = Set(forwardFacts.flatMap(\.writes))
      keptToEnd = Set(facts[forwardFacts.count...].flatMap(\.reads)).intersection(forwardValues).union(activations)
    }
    memory = MemoryPlan(
      facts, regions: forward + backward, externals: Set(externals.keys), keptToEnd: keptToEnd.subtracting(externals.keys),
      capacity: capacity, slot: ImageGroup.imagesPerSlot, elementBytes: elementBytes)
  }

  private static func withoutNetwork(_ operations: [Operation<S>]) -> [Operation<S>] {
    operations.filter { $0.facts.scope != .network }
  }

  /// Values that need not be kept for the backward pass. Such a value can be recomputed, and the forward pass reads it only in
  /// the region that writes it, where it is in the cache. Each one saves one write and two reads of a tensor in main memory.
  private static func recomputable(
    _ values: some Collection<Value>, _ facts: [OperationFacts], _ regions: [PlannedRegion]
  ) -> Set<Value> {
    let uses = ValueUses(of: facts)
    return Set(
      values.filter { value in
        guard let first = uses.first[value], let last = uses.last[value] else { return false }
        return regions.contains { $0.all.contains(first) && $0.all.contains(last) }
      })
  }
}
