import Files

/// The nights so far, in a file of JSON lines that only grows. A line that a kill tore off is not counted, and the next night
/// takes its place; nothing that was whole is ever rewritten.
public struct NightHistory: Equatable, Sendable {
  /// Oldest first.
  public private(set) var nights: [Night] = []
  /// Lines that could not be read, and are left as they are.
  public private(set) var unreadable = 0
  /// Bytes of all whole lines.
  private var length = 0

  private static let limit = 1 << 28

  public static let none = NightHistory()

  private init() {}

  /// - Throws: `FileError`; not for a file that is not there, which is an empty history.
  public init(path: String) throws {
    guard fileExists(path) else { return }
    let bytes = try readFile(path, limit: Self.limit)
    let end = UInt8(ascii: "\n")
    length = bytes.lastIndex(of: end).map { $0 + 1 } ?? 0
    for line in bytes[..<length].split(separator: end) {
      if let night = (try? JSONValue(parsing: line)).flatMap(Night.init) { take(night) } else { unreadable += 1 }
    }
  }

  /// Adds a night to the file, durably, and to these.
  ///
  /// - Parameter path: of the file that this history was read from.
  public mutating func append(_ night: Night, to path: String) throws {
    let line = Array((night.json.description + "\n").utf8)
    let file =
      fileExists(path) ? try AppendFile(opening: path, truncatedTo: length) : try AppendFile(creating: path)
    defer { file.close() }
    try file.append(line)
    try file.sync()
    length += line.count
    take(night)
  }

  private mutating func take(_ night: Night) {
    nights.removeAll { $0.began == night.began && $0.profile == night.profile }
    nights.append(night)
  }

  /// The last nights of a profile, at most so many: those of another profile are another experiment.
  func last(_ count: Int, of profile: String) -> [Night] { nights.filter { $0.profile == profile }.suffix(count) }
}
