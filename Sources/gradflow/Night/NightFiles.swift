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
  /// The revision that the night began with; gone when the night is over.
  var revision: String { directory + "/revision" }
  /// What a person reads.
  var summary: String { directory + "/summary.txt" }
  /// What a program reads.
  var status: String { directory + "/status.json" }
  var table: String { directory + "/table.txt" }
  var page: String { directory + "/report.html" }

  /// The output of one part of the verdict.
  func part(_ name: String) -> String { "\(directory)/\(name).txt" }

  /// Before a night goes on: what the last verdict said is not true any more.
  func forgetVerdict() throws {
    for path in [status, summary, page] { try removeFile(path) }
  }

  /// The revision that the night under way began with; `nil` where none is.
  func begunRevision() throws -> String? {
    guard fileExists(revision) else { return nil }
    return String(decoding: try readFile(revision, limit: 4096).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
