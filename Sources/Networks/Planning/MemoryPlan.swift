/// Which values of a pass share memory, and where each value lies.
///
/// A value that only one region needs has a place in each worker's memory, which stays in that worker's cache. Any other value
/// has a place for every image of the batch.
///
/// Two values can share memory in two ways:
/// - Within a region, if both have the same size and one is written after the other was read for the last time. Then a
///   gradient takes the place of the one before it, which is in the cache.
/// - If their regions do not overlap. All groups have met in between, so the sizes do not matter.
///
/// Places are assigned as in XNNPACK's planner: largest first, each at the lowest address that overlaps no value needed at the
/// same time ("greedy by size"; Pisarchyk & Lee, Efficient Memory Management for Deep Neural Net Inference, arXiv:2001.03288).
struct MemoryPlan: Equatable, Sendable {
  enum Home: Hashable, Sendable {
    /// A place for every image of the batch.
    case batch
    /// A place for the images of a slot, in every worker's memory.
    case worker
  }

  struct Place: Hashable, Sendable {
    let home: Home
    /// In bytes from the beginning of the batch's memory, or of each worker's.
    let offset: Int
  }

  private(set) var places: [Value: Place] = [:]
  /// For each value, the operations from the one that writes it to the last one that reads it.
  private(set) var lifetimes: [Value: ClosedRange<Int>] = [:]
  /// For all images of the batch.
  private(set) var batchBytes = 0
  /// For the images of a slot, of one worker.
  private(set) var workerBytes = 0

  /// What has one place: values that follow one another there.
  private struct Storage {
    let home: Home
    let bytesPerImage: Int
    var values: [Value]
    var regions: ClosedRange<Int>
    /// The last operation that needs its last value.
    var end: Int
    var endRegion: Int
  }

  /// - Parameters:
  ///   - operations: of scopes `image`, `slot` and `batch`, in the order of the pass.
  ///   - externals: values that have memory of their own.
  ///   - keptToEnd: values that must be there until the pass is over, and stay.
  ///   - capacity: images of a batch.
  ///   - slot: images of a slot.
  init(
    _ operations: [OperationFacts], regions: [PlannedRegion], externals: Set<Value>, keptToEnd: Set<Value>, capacity: Int,
    slot: Int, elementBytes: Int
  ) {
    let uses = ValueUses(of: operations)
    var regionOf = [Int](repeating: 0, count: operations.count)
    for (index, region) in regions.enumerated() { for place in region.all { regionOf[place] = index } }
    for (value, first) in uses.first {
      lifetimes[value] = first...(keptToEnd.contains(value) ? max(operations.count - 1, first) : uses.last[value] ?? first)
    }

    let homes = Self.homes(operations, lifetimes, regionOf, keptToEnd)
    var storages: [Storage] = []
    var storageOf: [Value: Int] = [:]
    for (place, operation) in operations.enumerated() {
      var taken: Set<Int> = []
      for value in operation.writes where !externals.contains(value) && storageOf[value] == nil {
        guard let lifetime = lifetimes[value], let home = homes[value] else { continue }
        let bytes = value.shape.count * elementBytes
        func isFree(_ index: Int, before end: Int) -> Bool {
          let storage = storages[index]
          return storage.home == home && storage.bytesPerImage == bytes && storage.end <= end
            && storage.endRegion == regionOf[place] && !taken.contains(index)
        }
        let overwritten = operation.overwrites.filter { $0.written == value }.compactMap { storageOf[$0.read] }
        let found =
          overwritten.first { isFree($0, before: place) }
          ?? storages.indices.last { isFree($0, before: place - 1) }
        let index = found ?? storages.count
        if found == nil {
          storages.append(
            Storage(
              home: home, bytesPerImage: bytes, values: [], regions: regionOf[place]...regionOf[place], end: 0, endRegion: 0))
        }
        storages[index].values.append(value)
        storages[index].end = lifetime.upperBound
        storages[index].endRegion = regionOf[lifetime.upperBound]
        storages[index].regions = storages[index].regions.lowerBound...regionOf[lifetime.upperBound]
        storageOf[value] = index
        taken.insert(index)
      }
    }
    batchBytes = place(storages.filter { $0.home == .batch }, images: capacity)
    workerBytes = place(storages.filter { $0.home == .worker }, images: slot)
  }

  /// What one region alone needs is the workers', unless a value of the batch is written over it: then it lies there at once.
  private static func homes(
    _ operations: [OperationFacts], _ lifetimes: [Value: ClosedRange<Int>], _ regionOf: [Int], _ keptToEnd: Set<Value>
  ) -> [Value: Home] {
    var homes = lifetimes.reduce(into: [Value: Home]()) { homes, entry in
      let isOfOneRegion = regionOf[entry.value.lowerBound] == regionOf[entry.value.upperBound]
      homes[entry.key] = isOfOneRegion && !keptToEnd.contains(entry.key) ? .worker : .batch
    }
    for (place, operation) in operations.enumerated() {
      for pair in operation.overwrites where homes[pair.written] == .batch && lifetimes[pair.read]?.upperBound == place {
        homes[pair.read] = .batch
      }
    }
    return homes
  }

  /// Gives each storage the lowest place where it meets no other of the same regions.
  /// - Returns: bytes in all.
  private mutating func place(_ storages: [Storage], images: Int) -> Int {
    let largestFirst = storages.sorted { ($1.bytesPerImage, $0.regions.lowerBound) < ($0.bytesPerImage, $1.regions.lowerBound) }
    var placed: [(storage: Storage, bytes: Range<Int>)] = []
    var total = 0
    for storage in largestFirst {
      let size = Self.aligned(storage.bytesPerImage * images)
      var offset = 0
      for other in placed where other.storage.regions.overlaps(storage.regions) {
        if offset + size <= other.bytes.lowerBound { break }
        offset = max(offset, other.bytes.upperBound)
      }
      let index = placed.firstIndex { $0.bytes.lowerBound > offset } ?? placed.count
      placed.insert((storage, offset..<offset + size), at: index)
      total = max(total, offset + size)
      for value in storage.values { places[value] = Place(home: storage.home, offset: offset) }
    }
    return total
  }

  /// Whole cache lines; whole pages, where there are many.
  static func aligned(_ bytes: Int) -> Int {
    let unit = bytes < 1 << 20 ? 128 : 4096
    return (bytes + unit - 1) / unit * unit
  }
}
