import Files
import Traces

/// A directory of event files that a TensorBoard may have open.
///
/// TensorBoard remembers how far it has read a file, and reads on from there: what is put in the file's place is never seen.
/// So files only grow. What cannot be had by growing (the run was begun anew) goes to another file, which TensorBoard reads
/// after those whose names come before.
///
/// It belongs to one run, whose name stands beside the event files: another one's events would end its curves.
public struct EventDirectory {
  private let path: String
  /// TensorBoard reads no file of such a name.
  private var owner: String { path + "/.gradflow-run" }

  public init(_ path: String) { self.path = path }

  /// Brings the newest file up to what the trace holds; makes the directory and the first file if need be.
  ///
  /// - Returns: the path of the file that holds the trace now.
  /// - Throws: `FileError`; `OtherRunsEvents`.
  public func add(_ trace: Trace) throws -> String {
    try createDirectory(path)
    let name = trace.header.runName
    if fileExists(owner) {
      let found = String(decoding: try readFile(owner, limit: 1 << 16), as: UTF8.self).filter { $0 != "\n" }
      if found != name { throw OtherRunsEvents(path: path, found: found, wanted: name) }
    } else {
      try AtomicFile.write(name + "\n", to: owner)
    }
    return try bring(trace)
  }

  private func bring(_ trace: Trace) throws -> String {
    guard let newest = try names().last else { return try create(EventFile.name, EventFile.bytes(trace)) }
    let file = path + "/" + newest
    let present = try readFile(file)
    for bytes in [EventFile.bytes(trace), EventFile.bytes(trace, begins: true)] where bytes.starts(with: present) {
      if bytes.count > present.count {
        let growing = try AppendFile(opening: file)
        // Another export was quicker: what it left is looked at anew.
        if growing.length != present.count { return try bring(trace) }
        try growing.append(Array(bytes[present.count...]))
        try growing.sync()
        growing.close()
      }
      return file
    }
    return try create(name(after: newest), EventFile.bytes(trace, begins: true))
  }

  private func create(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = path + "/" + name
    try AtomicFile.write(bytes, to: file)
    return file
  }

  /// Ours, oldest first.
  private func names() throws -> [String] {
    try directoryEntries(path).filter { $0 == EventFile.name || number($0) != nil }
  }

  private static let digits = 6

  /// Number with a fixed count of digits, so that the order of names is the order of numbers.
  private func number(_ name: String) -> Int? {
    let prefix = EventFile.name + "."
    guard name.hasPrefix(prefix), name.count == prefix.count + Self.digits else { return nil }
    return Int(name.dropFirst(prefix.count))
  }

  private func name(after newest: String) -> String {
    let next = String((number(newest) ?? 0) + 1)
    return EventFile.name + "." + String(repeating: "0", count: max(0, Self.digits - next.count)) + next
  }
}

/// A directory of event files is another run's.
public struct OtherRunsEvents: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  public let found: String
  public let wanted: String

  public var description: String {
    "\(path) holds the events of \(found), which those of \(wanted) would end: name another directory with --out"
  }
}
