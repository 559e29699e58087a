import Files

/// What a night leaves in its directory.
struct NightFiles {
  let directory: String

  /// The runs' directories.
  var runs: String { directory + "/runs" }
  /// Held while a night is at work.
  var lock: String { directory + "/lock" }
  /// What was logged by this night and those before it.
  var log: String { directory + "/log.txt" }
  /// The revision that the night began with, and when that was; gone when the night is over.
  var revision: String { directory + "/revision" }
  /// What a person reads.
  var summary: String { directory + "/summary.txt" }
  /// What a program reads.
  var status: String { directory + "/status.json" }
  /// What the last verdict left.
  var verdict: [String] { [status, summary, page] }
  /// A line a night, which outlives the nights.
  var history: String { directory + "/history.jsonl" }
  var table: String { directory + "/table.txt" }
  var page: String { directory + "/report.html" }

  /// The output of one part of the verdict.
  func part(_ name: String) -> String { "\(directory)/\(name).txt" }

  /// Before a night goes on: what the last verdict said is not true any more.
  func forgetVerdict() throws {
    for path in verdict { try removeFile(path) }
  }

  /// The revision that the night under way began with; `nil` where none is.
  func begunRevision() throws -> String? {
    try begun(line: 0)
  }

  /// When the night under way began, as in 2026-11-26T17:59:03.251Z; `nil` where nothing tells.
  func begunTime() throws -> String? { try begun(line: 1) }

  /// A night begins.
  func begin(revision: String, at time: String) throws { try AtomicFile.write("\(revision)\n\(time)\n", to: self.revision) }

  private func begun(line: Int) throws -> String? {
    guard fileExists(revision) else { return nil }
    let lines = String(decoding: try readFile(revision, limit: 4096), as: UTF8.self).split(separator: "\n").map(String.init)
    return lines.indices.contains(line) ? lines[line] : nil
  }
}
