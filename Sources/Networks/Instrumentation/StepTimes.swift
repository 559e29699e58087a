import Kernels
import Layers
import Platform

/// Where the time of passes goes: the time of each operation on each worker, and of each section between operations. A network
/// without an object of this class measures nothing.
///
/// Sendable: each worker adds to its own row of counters, so a measurement costs one reading of the clock per operation. The
/// thread that runs the pass reads and writes everything else, between two regions.
public final class StepTimes: @unchecked Sendable {
  /// Parts of a pass that are not divided into operations. Each is measured from its beginning to its end.
  public enum Section: String, CaseIterable, Sendable {
    /// Arranging the weights for the kernels.
    case preparation
    /// Adding up the slots of the weight gradients.
    case combination
    /// What the calling thread computes between two regions, such as batch norm's constants.
    case betweenRegions = "between_phases"
  }

  public struct Entry: Equatable, Sendable {
    public let layer: String
    /// `forward` or `input_gradient`.
    public let phase: String
    public let part: WorkPart
    /// Work for one image.
    public let work: NetworkWork.Amount
    /// Time of all workers together.
    public var nanoseconds: UInt64
  }

  public let threads: Int
  private var tables: [ObjectIdentifier: Table] = [:]
  private var order: [Table] = []
  private var current: Table?
  private var sections = [UInt64](repeating: 0, count: Section.allCases.count)

  public init(threads: Int) { self.threads = threads }

  /// One entry an operation, in the order of the pass.
  public var entries: [Entry] {
    order.flatMap { table in
      table.operations.indices.map { index in
        var entry = table.operations[index]
        entry.nanoseconds = table.nanoseconds(operation: index)
        return entry
      }
    }
  }

  /// Nanoseconds of a section, on the calling thread; the other workers work with it or wait for it.
  public subscript(section: Section) -> UInt64 { sections[Self.index(section)] }

  /// Forgets the times so far.
  public func reset() {
    for table in order { table.reset() }
    for index in sections.indices { sections[index] = 0 }
  }

  static var now: UInt64 { clock_gettime_nsec() }

  func add(_ section: Section, since start: UInt64) { sections[Self.index(section)] += Self.now - start }

  private static func index(_ section: Section) -> Int {
    switch section {
    case .preparation: 0
    case .combination: 1
    case .betweenRegions: 2
    }
  }

  func begin<S>(_ region: Region<S>) {
    if let table = tables[ObjectIdentifier(region)] {
      current = table
      return
    }
    let operations = region.operations.map { operation in
      Entry(
        layer: operation.facts.layer, phase: operation.facts.direction.rawValue, part: operation.facts.part,
        work: NetworkWork.Amount(operation.facts, elementBytes: MemoryLayout<S>.stride), nanoseconds: 0)
    }
    let table = Table(operations, threads: threads, region: region)
    tables[ObjectIdentifier(region)] = table
    order.append(table)
    current = table
  }

  /// Called on the worker that ran the operation.
  func add(_ nanoseconds: UInt64, operation: Int, worker: Int) { current?.add(nanoseconds, operation: operation, worker: worker) }

  /// The counters of one region: a row a worker, rows a cache line apart.
  private final class Table {
    let operations: [Entry]
    private let threads: Int
    private let rowLength: Int
    private let counters: UnsafeMutableBufferPointer<UInt64>
    /// Kept, so that no other region can take its place in memory and with it its identity.
    private let region: AnyObject

    init(_ operations: [Entry], threads: Int, region: AnyObject) {
      self.operations = operations
      self.threads = threads
      self.region = region
      rowLength = (operations.count + 31) / 16 * 16
      counters = .allocate(capacity: threads * rowLength)
      counters.initialize(repeating: 0)
    }

    deinit { counters.deallocate() }

    func reset() { counters.update(repeating: 0) }
    func add(_ nanoseconds: UInt64, operation: Int, worker: Int) { counters[worker * rowLength + operation] += nanoseconds }
    func nanoseconds(operation: Int) -> UInt64 { (0..<threads).reduce(0) { $0 + counters[$1 * rowLength + operation] } }
  }
}

extension Region {
  /// With a look at the clock after each operation.
  func performTimed(
    _ operations: Range<Int>, _ group: ImageGroup, _ run: RegionRun<S>, _ times: StepTimes
  ) {
    var last = StepTimes.now
    for index in operations {
      perform(operation: index, group, run)
      let now = StepTimes.now
      times.add(now - last, operation: index, worker: group.worker)
      last = now
    }
  }
}

private func clock_gettime_nsec() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
