import Files

/// Where the traces of runs lie.
public enum RunTraces {
  /// Of the trace in a run's directory.
  public static let fileName = "trace.jsonl.zst"

  /// The directories of the runs in `directory`: itself if it is a run's own, else those in it that hold a trace, by name.
  public static func runs(in directory: String) throws(FileError) -> [String] {
    func isRun(_ path: String) -> Bool { fileExists("\(path)/\(fileName)") }
    if isRun(directory) { return [directory] }
    return try directoryEntries(directory).map { "\(directory)/\($0)" }.filter(isRun)
  }
}
