import Kernels
import Layers

/// The plan of a network's training pass for people: what is done in which order, on what, and where that lies.
public struct PlanListing: Sendable {
  public struct Entry: Equatable, Sendable {
    /// Region, counted from 1. 0: before the first image; one more than the last region: after the last image.
    public let region: Int
    /// Counted from 1.
    public let number: Int
    public let layer: String
    /// `forward` or `input_gradient`.
    public let direction: String
    public let operation: String
    /// `image`, `slot`, `batch` or `network`.
    public let scope: String
    public let reads: [String]
    public let writes: [String]
    /// The numbers of the operations from the one that writes it to the last one that reads it, of each written value.
    public let lifetimes: [ClosedRange<Int>]
    /// Where each written value lies: `batch`, `worker`, or what it is by name.
    public let places: [String]
    /// Bytes that it reads and writes, for one image.
    public let bytes: Int
    public let multiplyAdds: Double
  }

  public let entries: [Entry]
  /// What the backward pass needs and computes anew.
  public let computedAnew: [String]
  public let memory: NetworkMemory

  /// For training in binary32.
  public init(_ network: NetworkDescription, capacity: Int, workers: Int) {
    let plans = NetworkPlans<Float>(network, capacity: capacity, for: .training)
    memory = NetworkMemory(network, plans, capacity: capacity, workers: workers, for: .training)
    let plan = plans.training
    computedAnew = plan.recomputed.sorted { $0.id < $1.id }.map { plan.names[$0.id] }
    let first = plan.preparations.count + 1
    var entries: [Entry] = []
    func add(_ facts: OperationFacts, region: Int) {
      entries.append(
        Entry(
          region: region, number: entries.count + 1, layer: facts.layer, direction: facts.direction.rawValue,
          operation: facts.part.rawValue, scope: facts.scope.rawValue, reads: facts.reads.map { plan.names[$0.id] },
          writes: facts.writes.map { plan.names[$0.id] },
          lifetimes: facts.writes.map { value in
            let life = plan.memory.lifetimes[value] ?? 0...0
            return life.lowerBound + first...life.upperBound + first
          },
          places: facts.writes.map { value in
            plan.externals[value].map { "\($0)" } ?? plan.memory.places[value].map { "\($0.home) +\($0.offset)" } ?? "-"
          },
          bytes: facts.bytes(elementBytes: MemoryLayout<Float>.stride), multiplyAdds: facts.multiplyAdds))
    }
    for operation in plan.preparations { add(operation.facts, region: 0) }
    for (index, region) in plan.regions.enumerated() {
      for place in region.all { add(plan.operations[place].facts, region: index + 1) }
    }
    for operation in plan.combinations { add(operation.facts, region: plan.regions.count + 1) }
    self.entries = entries
  }
}
