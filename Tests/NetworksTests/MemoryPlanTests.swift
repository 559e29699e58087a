import Kernels
import SystemLimits
import Tensors
import Testing

@testable import Networks

@Suite("The memory of a pass is planned from its operations")
struct MemoryPlanTests {
  // MARK: Small lists

  /// A list in which operation i reads and writes the given values; cut where `cuts` say.
  private struct List {
    var facts: [OperationFacts] = []
    var regions: [PlannedRegion] = []

    init(_ operations: [(reads: [Value], writes: [Value])], cuts: [Int] = [], overwrites: [Int: OperationFacts.Overwriting] = [:])
    {
      for (place, operation) in operations.enumerated() {
        facts.append(
          OperationFacts(
            layer: "\(place)", direction: .forward, part: .pointwise, reads: operation.reads, writes: operation.writes,
            overwrites: overwrites[place].map { [$0] } ?? []))
      }
      let bounds = [0] + cuts + [operations.count]
      regions = zip(bounds, bounds.dropFirst()).map {
        .init(operations: $0..<$1, finish: $1..<$1, imagesAtATime: 1, arrivals: [])
      }
    }

    func plan(keptToEnd: Set<Value> = [], externals: Set<Value> = []) -> MemoryPlan {
      MemoryPlan(
        facts, regions: regions, externals: externals, keptToEnd: keptToEnd, capacity: 10, slot: 5, elementBytes: 4)
    }
  }

  private static func value(_ id: Int, _ channels: Int = 32) -> Value {
    Value(id: id, shape: MapShape(height: 1, width: 1, channels: channels))
  }

  private let a = value(0)
  private let b = value(1)
  private let c = value(2)
  private let d = value(3)

  @Test("what one region needs alone is the workers'; what passes from one to another is the batch's")
  func homes() {
    let plan = List([([], [a]), ([a], [b]), ([b], [c]), ([c], [])], cuts: [2]).plan()
    #expect(plan.places[a]?.home == .worker && plan.places[b]?.home == .batch && plan.places[c]?.home == .worker)
    #expect(plan.lifetimes[a] == 0...1 && plan.lifetimes[b] == 1...2)
    #expect(plan.batchBytes == 10 * 128 && plan.workerBytes == 5 * 128)
  }

  @Test("a value takes the place of one that was read for the last time before, in the same region, if it is as large")
  func reuse() {
    let list: [(reads: [Value], writes: [Value])] = [([], [a]), ([a], [b]), ([b], [c]), ([c], [])]
    let plan = List(list).plan()
    #expect(plan.places[a] == plan.places[c] && plan.places[a] != plan.places[b])
    #expect(plan.workerBytes == 2 * 5 * 128)
    let wider = Self.value(2, 64)
    let other = List([([], [a]), ([a], [b]), ([b], [wider]), ([wider], [])]).plan()
    #expect(other.workerBytes == (2 * 128 + 256) * 5, "another image's may not be overwritten")
  }

  @Test("an operation that may overwrite what it reads does so at its last reading, and not before")
  func overwriting() {
    let list: [(reads: [Value], writes: [Value])] = [([], [a]), ([a], [b]), ([b], [])]
    let may = [1: OperationFacts.Overwriting(written: b, read: a)]
    #expect(List(list).plan().workerBytes == 2 * 5 * 128)
    #expect(List(list, overwrites: may).plan().workerBytes == 5 * 128)
    let later = List(list + [([a], [])], overwrites: may).plan()
    #expect(later.places[a] != later.places[b])
  }

  @Test("a value that is written over at once lies where its successor has to lie")
  func promotion() {
    let may = [1: OperationFacts.Overwriting(written: b, read: a)]
    let plan = List([([], [a]), ([a], [b]), ([b], [])], cuts: [2], overwrites: may).plan()
    #expect(plan.places[a] == .init(home: .batch, offset: 0) && plan.places[a] == plan.places[b])
    #expect(plan.workerBytes == 0)
  }

  @Test("what is to be kept to the end shares its place with nothing that comes later")
  func kept() {
    let list = List([([], [a]), ([a], [b]), ([b], [c]), ([c], [d]), ([d], [])], cuts: [1, 2, 3, 4])
    #expect(list.plan().batchBytes == 2 * 10 * 128)
    #expect(list.plan(keptToEnd: [a, b]).batchBytes == 4 * 10 * 128)
    let outside = list.plan(externals: [b])
    #expect(outside.places[b] == nil && outside.batchBytes == 2 * 10 * 128)
  }

  @Test("regions that do not overlap share memory whatever the sizes, the largest value first")
  func offsets() {
    let large = Self.value(4, 96)
    // a passes from 0 to 1, `large` from 1 to 2, b from 2 to 3, c from 2 to 3.
    let plan = List([([], [a]), ([a], [large]), ([large], [b, c]), ([b, c], [])], cuts: [1, 2, 3]).plan()
    #expect(plan.places[large]?.offset == 0)
    #expect(plan.batchBytes == (96 + 32 + 32) * 4 * 10)
    let later = List([([], [large]), ([large], []), ([], [b, c]), ([b, c], [])], cuts: [1, 2, 3]).plan()
    #expect(later.batchBytes == 96 * 4 * 10)
  }

  // MARK: Whole networks

  @Test(
    "no two values that are needed at the same time share a byte", arguments: StandardRow.all.map(\.id),
    [NetworkUse.training, .inspection])
  func disjoint(row: String, use: NetworkUse) throws {
    let network = NetworkDescription(try StandardRow.named(row).configuration)
    for kind in [PassKind.training, .evaluation] {
      let plan = PassPlan<Float>(network, kind, for: use, capacity: 12)
      Self.check(plan, capacity: 12, "\(row), \(kind)")
    }
  }

  /// Two values may share a byte only if their regions do not overlap, or if they lie in one place, have one size and follow
  /// one another: the second is written after the last reading of the first, or by that operation, if it says that it may.
  private static func check(_ plan: PassPlan<Float>, capacity: Int, _ comment: Comment) {
    var regionOf: [Int] = []
    for (index, region) in plan.regions.enumerated() { regionOf += region.all.map { _ in index } }
    let values = plan.memory.places.keys.sorted { $0.id < $1.id }
    let written = plan.operations.flatMap(\.facts.writes)
    #expect(Set(values).union(plan.externals.keys).isSuperset(of: written), comment)
    var collisions = 0
    for (index, first) in values.enumerated() {
      guard let place = plan.memory.places[first], let life = plan.memory.lifetimes[first] else { continue }
      let size = first.shape.count * 4 * (place.home == .batch ? capacity : 5)
      #expect(place.offset + size <= (place.home == .batch ? plan.memory.batchBytes : plan.memory.workerBytes), comment)
      for second in values[(index + 1)...] {
        guard let other = plan.memory.places[second], let otherLife = plan.memory.lifetimes[second],
          other.home == place.home
        else { continue }
        let otherSize = second.shape.count * 4 * (place.home == .batch ? capacity : 5)
        guard place.offset < other.offset + otherSize, other.offset < place.offset + size else { continue }
        let regions = regionOf[life.lowerBound]...regionOf[life.upperBound]
        let otherRegions = regionOf[otherLife.lowerBound]...regionOf[otherLife.upperBound]
        func isInTurn(_ a: Value, _ lifeOfA: ClosedRange<Int>, _ b: Value, _ lifeOfB: ClosedRange<Int>) -> Bool {
          let last = lifeOfA.upperBound
          if last != lifeOfB.lowerBound { return last < lifeOfB.lowerBound }
          return plan.operations[last].facts.overwrites.contains { $0.written == b && $0.read == a }
        }
        let isOnePlace =
          place == other && size == otherSize
          && (isInTurn(first, life, second, otherLife) || isInTurn(second, otherLife, first, life))
        if regions.overlaps(otherRegions), !isOnePlace { collisions += 1 }
      }
    }
    #expect(collisions == 0, comment)
  }

  @Test(
    "what is planned is exactly what is allocated",
    arguments: SmallNetworks.all + [SmallNetworks.plain.with(classes: 7, side: 64)],
    [(1, 1), (7, 2), (18, 3)])
  func exact(configuration: NetworkConfiguration, sizes: (capacity: Int, workers: Int)) throws {
    func check<S: KernelScalar>(_ use: NetworkUse, _: S.Type) throws {
      let network = NetworkDescription(configuration)
      let planned = NetworkMemory(network, capacity: sizes.capacity, workers: sizes.workers, for: use, of: S.self)
      let backend = try Backend(threads: sizes.workers)
      let allocated = try MemoryMeter.measure {
        try Network<S>(configuration, backend: backend, capacity: sizes.capacity, for: use).makeBatch()
      }.bytes
      #expect(planned.bytes == allocated, "\(use), \(S.self)")
      let need = MemoryNeed(configuration, images: sizes.capacity, workers: sizes.workers, for: use, in: S.self)
      #expect(need.bytes == Double(allocated))
    }
    try check(.training, Float.self)
    try check(.inspection, Double.self)
  }

  @Test("need grows with the batch, also beyond what an integer can hold")
  func need() throws {
    let row = try StandardRow.named("vgg38-bn-rc-1e-2").configuration
    func bytes(_ images: Int) -> Double { MemoryNeed(row, images: images, in: Float.self).bytes }
    #expect(bytes(100) > bytes(50) && bytes(1 << 50) > 1e19)
    let little = AvailableMemory(bytes: 1 << 27, source: "a test has")
    #expect(throws: OutOfMemory.self) { try MemoryNeed(row, images: 100, in: Float.self).check(against: little) }
  }
}
