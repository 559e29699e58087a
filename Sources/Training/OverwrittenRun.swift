import Files

/// The files of a run that is begun anew: they keep their content under other names until the new run's first checkpoint is
/// safe. Whatever ends the beginning before that, the old run comes back.
struct OverwrittenRun {
  private static let suffix = ".overwritten"
  private let directory: RunDirectory

  init(_ directory: RunDirectory) { self.directory = directory }

  /// The checkpoint goes first and comes back last: while there is one under its own name, the files aside are not needed.
  private var paths: [String] {
    [
      directory.checkpoint, directory.previousCheckpoint, directory.trace, directory.best, directory.summary,
      directory.testSummary,
    ]
  }

  var isAside: Bool { paths.contains { fileExists($0 + Self.suffix) } }

  /// After a start that failed or was killed: brings back the files that it had set aside, or removes them if the new run has a
  /// checkpoint.
  func settle() throws {
    guard isAside else { return }
    if fileExists(directory.checkpoint) { try discard() } else { try bringBack() }
  }

  func setAside() throws {
    for path in paths where fileExists(path) { try renameFile(path, to: path + Self.suffix) }
  }

  private func bringBack() throws {
    // A trace that stands under its own name is replaced by the one aside; where none is aside, it is the old run's own: the
    // end came before it was renamed, or after it was brought back.
    for path in paths.reversed() where fileExists(path + Self.suffix) { try renameFile(path + Self.suffix, to: path) }
  }

  func discard() throws {
    for path in paths { try removeFile(path + Self.suffix) }
  }
}
