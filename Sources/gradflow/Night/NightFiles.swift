import Cluster
import Files
import Training

/// What a night leaves in its directory.
struct NightFiles {
  let directory: String

  /// The runs' directories.
  var runs: String { directory + "/runs" }
  /// Held while a night is at work.
  var lock: String { directory + "/lock" }
  /// What was logged by this night and those before it.
  var log: String { directory + "/log.txt" }
  /// The revision that the night began with, when that was, and what it was asked for; gone when the night is over.
  var revision: String { directory + "/revision" }
  /// The names of the runs that nights made here: those that the next one may remove.
  var made: String { directory + "/made.txt" }
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

  /// Makes the directory one of nights.
  ///
  /// - Throws: `Stop` where files of others lie that a night would replace.
  func claim() throws {
    let isNights = [history, revision, made].contains(where: fileExists)
    if !isNights, let foreign = verdict.first(where: fileExists) {
      throw Stop(
        .impossible, "\(foreign) is there, and no night left it: a night would replace it; name another --out, or move it away")
    }
    if !fileExists(made) { try note(made: madeRuns()) }
  }

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

  /// What the night under way was asked for, in words; `nil` where nothing tells.
  func begunSettings() throws -> String? { try begun(line: 2) }

  /// A night begins.
  ///
  /// - Parameter settings: a line.
  func begin(revision: String, at time: String, settings: String) throws {
    try AtomicFile.write("\(revision)\n\(time)\n\(settings)\n", to: self.revision)
  }

  // MARK: The runs that are a night's own

  /// By name. Where an earlier version of the program left a night, its runs are all that are there.
  func madeRuns() throws -> [String] {
    if fileExists(made) {
      return String(decoding: try readFile(made, limit: 1 << 24), as: UTF8.self).split(separator: "\n").map(String.init)
        .filter { !$0.contains("/") && !$0.hasPrefix(".") }
    }
    guard isDirectory(runs), fileExists(history) || fileExists(revision) else { return [] }
    return try directoryEntries(runs).filter { isDirectory("\(runs)/\($0)") }
  }

  func note(made names: [String]) throws { try AtomicFile.write(names.map { $0 + "\n" }.joined(), to: made) }

  /// Removes the runs of nights before, unless a process is at one of them: then none.
  ///
  /// - Throws: `FileError`.
  func removeMadeRuns(_ remove: (String) throws -> Void) throws {
    let directories = try madeDirectories()
    let locks = try directories.map { try FileLock(path: $0.lock, need: .optional) }
    try withExtendedLifetime(locks) { for directory in directories { try remove(directory.path) } }
  }

  private func madeDirectories() throws -> [RunDirectory] {
    try madeRuns().map { "\(runs)/\($0)" }.filter(isDirectory).map(RunDirectory.init)
  }

  /// Whether all runs of the night under way came to their end, or broke off for good.
  func isTrained() throws -> Bool {
    try madeDirectories().map { RunFacts($0) }.allSatisfy { $0.isFinished || $0.diverged != nil }
  }

  private func begun(line: Int) throws -> String? {
    guard fileExists(revision) else { return nil }
    let lines = String(decoding: try readFile(revision, limit: 4096), as: UTF8.self).split(separator: "\n").map(String.init)
    return lines.indices.contains(line) ? lines[line] : nil
  }
}
