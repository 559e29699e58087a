import Files
import Platform

/// Memory that this process may still take, and what limits it.
public struct AvailableMemory: Equatable, Sendable {
  public let bytes: Int
  /// As a subject, with its verb: "this machine has".
  public let source: String

  public init(bytes: Int, source: String) {
    self.bytes = bytes
    self.source = source
  }

  public static let unlimited = AvailableMemory(bytes: .max, source: "this machine has")

  /// The least of what the machine has, what the control groups leave, and what the limits of the process leave.
  ///
  /// - Parameter threads: that will work: each but the first takes a stack, and of the address space what the C library sets
  ///   aside for its small objects.
  public static func now(threads: Int) -> AvailableMemory {
    let helpers = max(0, threads - 1)
    var all = [AvailableMemory(bytes: physical, source: "this machine has")]
    if let free = ControlGroups().freeMemory { all.append(.init(bytes: free, source: "its control group leaves this process")) }
    if let limit = ResourceLimit.addressSpace.bytes {
      let left = limit - used("VmSize:") - helpers * (stack + arena)
      all.append(.init(bytes: max(0, left), source: "the limit of its address space (ulimit -v) leaves this process"))
    }
    if let limit = ResourceLimit.data.bytes {
      let left = limit - used("VmData:") - helpers * stack
      all.append(.init(bytes: max(0, left), source: "the limit of its data (ulimit -d) leaves this process"))
    }
    return all.min { $0.bytes < $1.bytes } ?? .unlimited
  }

  /// An equal share of it.
  public func shared(among count: Int) -> AvailableMemory { AvailableMemory(bytes: bytes / max(1, count), source: source) }

  private static let stack = 8 << 20
  /// Address space of one arena of the GNU C library: HEAP_MAX_SIZE in its malloc/arena.c.
  private static let arena = 64 << 20

  private static var physical: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES)), size = sysconf(Int32(_SC_PAGESIZE))
    guard pages > 0, size > 0 else { return .max }
    return pages.multipliedReportingOverflow(by: size).overflow ? .max : pages * size
  }

  /// Bytes, by the system's own account of the process; 0 where there is none.
  private static func used(_ key: String) -> Int {
    guard let bytes = try? readFile("/proc/self/status", limit: 1 << 20) else { return 0 }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(key) }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
  }
}

/// What needs more memory than there is.
public struct OutOfMemory: Error, Equatable, CustomStringConvertible {
  /// A subject in the plural: "100 images of 32 x 32 pixels in one batch".
  public let what: String
  public let bytes: Double
  public let available: AvailableMemory
  public let advice: String

  /// - Throws: if more bytes are needed than there are.
  public static func check(
    _ what: String, need bytes: Double, against available: AvailableMemory, advice: String
  ) throws(OutOfMemory) {
    guard bytes <= Double(available.bytes) else {
      throw OutOfMemory(what: what, bytes: bytes, available: available, advice: advice)
    }
  }

  public var description: String {
    "\(what) need at least \(Self.words(bytes)) of memory, and \(available.source) \(Self.words(Double(available.bytes))): \(advice)"
  }

  private static func words(_ bytes: Double) -> String {
    let isLarge = bytes >= 0x1p30
    let tenths = (bytes / (isLarge ? 0x1p30 : 0x1p20) * 10).rounded()
    return "\(tenths / 10) \(isLarge ? "GiB" : "MiB")"
  }
}
