import Files
import Traces

/// A directory of goldens: `PROFILE/ROW.jsonl.zst`, and an index of them.
public struct GoldenStore: Equatable, Sendable {
  public let directory: String

  public init(directory: String) { self.directory = directory }

  private static let suffix = RunTraces.goldenSuffix

  public func path(profile: String, row: String) -> String { "\(directory)/\(profile)/\(row)\(Self.suffix)" }
  public var index: String { directory + "/index.csv" }

  /// The profiles that have goldens, by name.
  public func profiles() throws(FileError) -> [String] {
    guard isDirectory(directory) else { return [] }
    return try directoryEntries(directory).filter { isDirectory("\(directory)/\($0)") }
  }

  /// The rows of a profile that have goldens, by name; a directory of runs holds none.
  public func rows(profile: String) throws(FileError) -> [String] {
    let directory = "\(directory)/\(profile)"
    guard isDirectory(directory) else { return [] }
    return try RunTraces.goldens(in: directory).map { String($0.dropFirst(directory.count + 1).dropLast(Self.suffix.count)) }
  }

  /// The golden of a row; `nil` if there is none.
  ///
  /// - Throws: `FileError`, `ZstdError`, `TraceError`, `GoldenError`.
  public func golden(profile: String, row: String) throws -> Golden? {
    let path = path(profile: profile, row: row)
    guard fileExists(path) else { return nil }
    let golden = try Golden(path: path)
    guard golden.profile == profile, golden.row == row else {
      throw GoldenError.misnamed(
        path: path, expected: "\(profile) \(row)", found: "\(golden.profile) \(golden.row)")
    }
    return golden
  }

  /// Judges a run by the golden of its row and profile.
  ///
  /// - Throws: as `golden(profile:row:)`.
  public func judge(_ trace: Trace, run: String, allowsPrefix: Bool = false) throws -> Judgement {
    let header = trace.header
    guard let golden = try golden(profile: header.profile, row: header.row) else {
      return Judgement(
        row: header.row, profile: header.profile, seed: header.seed, run: run,
        obstacle: .noGolden(path: path(profile: header.profile, row: header.row)))
    }
    return Judgement(trace, against: golden, run: run, allowsPrefix: allowsPrefix)
  }

  /// Writes a golden in its place, whole or not at all. The index is written apart.
  public func write(_ golden: Golden) throws {
    let path = path(profile: golden.profile, row: golden.row)
    let content = golden.content
    guard content.count <= Golden.sizeLimit else {
      throw GoldenError.tooLarge(path: path, bytes: content.count, limit: Golden.sizeLimit)
    }
    try createDirectory("\(directory)/\(golden.profile)")
    try AtomicFile.write(Zstd.compress(content, level: 19), to: path)
  }

  // MARK: Index

  /// What the index should hold: a line a golden, read from all of them.
  public func indexText() throws -> String {
    var lines = [GoldenIndex.header]
    for profile in try profiles() {
      for row in try rows(profile: profile) {
        if let golden = try golden(profile: profile, row: row) { lines.append(GoldenIndex.line(golden)) }
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  public func writeIndex() throws { try AtomicFile.write(indexText(), to: index) }
}
