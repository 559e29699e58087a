import Layers

/// Operations that a group of images goes through without waiting for the other groups.
struct PlannedRegion: Equatable, Sendable {
  /// In the order of the pass.
  let operations: Range<Int>
  /// What is computed once when all groups are through; behind the others.
  let finish: Range<Int>
  /// How many images of a slot go through the operations together.
  let imagesAtATime: Int
  /// What the operations read that the region does not write before, in the order of reading: it comes from main memory.
  let arrivals: [Value]

  /// Both.
  var all: Range<Int> { operations.lowerBound..<finish.upperBound }
}

/// Cuts a pass's operations into regions.
///
/// Between two regions all images meet: where something is computed of the batch as a whole; where maps become so small that more
/// images go together; and between two operations that keep sums in the same scratch memory. These last two may be cut apart at
/// any layer between them: it is the one where the fewest bytes pass from one region to the next, the earliest of equals.
struct RegionPlan {
  /// Maps of up to this size go through the operations a slot at a time; of larger ones, several would drive one another out of
  /// the second-level cache.
  static let smallMapBytes = 64 << 10

  private let operations: [OperationFacts]
  private let elementBytes: Int
  private let uses: ValueUses
  private(set) var regions: [PlannedRegion] = []
  private var start = 0
  private var end: Int

  /// - Parameters:
  ///   - operations: of the whole pass, without those of scope `network`.
  ///   - places: of those that are to be cut; a cut is before the first and behind the last.
  init(_ operations: [OperationFacts], places: Range<Int>, elementBytes: Int) {
    self.operations = operations
    self.elementBytes = elementBytes
    uses = ValueUses(of: operations)
    start = places.lowerBound
    end = places.upperBound
    cut()
  }

  private func imagesAtATime(_ place: Int) -> Int {
    operations[place].largestMap(elementBytes: elementBytes) <= Self.smallMapBytes ? ImageGroup.imagesPerSlot : 1
  }

  private mutating func cut() {
    /// The region's operation that keeps sums.
    var keeper: Int?
    var place = start
    while place < end {
      let operation = operations[place]
      if operation.scope == .batch {
        var next = place + 1
        while next < end, operations[next].scope == .batch { next += 1 }
        close(at: place, finish: place..<next)
        keeper = nil
        place = next
        continue
      }
      if place > start, imagesAtATime(place) != imagesAtATime(start) {
        close(at: place)
        keeper = nil
      }
      if operation.usesAccumulator {
        if let keeper { close(at: bestCut(keeper + 1...place)) }
        keeper = place
      }
      place += 1
    }
    if start < end { close(at: end) }
  }

  private mutating func close(at place: Int, finish: Range<Int>? = nil) {
    let finish = finish ?? place..<place
    guard start < finish.upperBound else { return }
    let size = start < place ? imagesAtATime(start) : ImageGroup.imagesPerSlot
    regions.append(
      PlannedRegion(
        operations: start..<place, finish: finish, imagesAtATime: size, arrivals: arrivals(operations[start..<place])))
    start = finish.upperBound
  }

  private func arrivals(_ operations: ArraySlice<OperationFacts>) -> [Value] {
    var known: Set<Value> = []
    var arrivals: [Value] = []
    for operation in operations {
      for value in operation.reads where known.insert(value).inserted { arrivals.append(value) }
      known.formUnion(operation.writes)
    }
    return arrivals
  }

  private func bestCut(_ candidates: ClosedRange<Int>) -> Int {
    let betweenLayers = candidates.filter { operations[$0].node != operations[$0 - 1].node }
    func cost(_ place: Int) -> Int { uses.bytesAcross(place, writtenFrom: start, elementBytes) }
    return betweenLayers.min { cost($0) < cost($1) } ?? candidates.upperBound
  }
}

/// Where each value is written, and where it is read for the last time.
struct ValueUses {
  private(set) var first: [Value: Int] = [:]
  private(set) var last: [Value: Int] = [:]

  init(of operations: [OperationFacts]) {
    for (place, operation) in operations.enumerated() {
      for value in operation.reads + operation.writes {
        if first[value] == nil { first[value] = place }
        last[value] = place
      }
    }
  }

  /// Bytes that are written between `start` and `place` and read there or later, for one image.
  func bytesAcross(_ place: Int, writtenFrom start: Int, _ elementBytes: Int) -> Int {
    first.reduce(0) { sum, entry in
      start <= entry.value && entry.value < place && (last[entry.key] ?? 0) >= place
        ? sum + entry.key.shape.count * elementBytes : sum
    }
  }
}
