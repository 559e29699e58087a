import Files
import Traces

extension RunSet {
  /// Reads the runs in directories of runs (`OUT`, which holds `ROW-sSEED/`), or in runs' own directories.
  ///
  /// - Throws: what reading a trace throws: a damaged one is refused, as leaving it out would change the result;
  ///   `RunSetError`.
  public init(readingFrom directories: [String]) throws {
    var runs: [RunRecord] = []
    var warnings: [String] = []
    for directory in directories {
      let own = try Self.places(in: directory)
      for place in own {
        let trace = try Trace(path: place.trace)
        if let torn = trace.torn { warnings.append("\(place.name): \(torn)") }
        if trace.epochs.isEmpty { warnings.append("\(place.name): no epoch is done") }
        runs.append(RunRecord(trace))
      }
    }
    try self.init(runs, warnings: warnings, places: directories)
  }

  /// Where the traces are.
  private static func places(in directory: String) throws -> [(name: String, trace: String)] {
    func trace(_ path: String) -> String { path + "/trace.jsonl.zst" }
    if fileExists(trace(directory)) { return [(directory, trace(directory))] }
    return try directoryEntries(directory).compactMap { name in
      let path = trace("\(directory)/\(name)")
      return fileExists(path) ? (name, path) : nil
    }
  }
}
