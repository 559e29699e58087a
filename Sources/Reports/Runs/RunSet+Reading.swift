import Files
import Goldens
import Traces

extension RunSet {
  /// Reads the runs in directories of runs (`OUT`, which holds `ROW-sSEED/`), in runs' own directories, or in directories of
  /// goldens (`golden/paper`), which are runs that were recorded; of goldens single files too.
  ///
  /// - Throws: what reading a trace or a golden throws: a damaged one is refused, as leaving it out would change the result, and
  ///   so is a golden that was edited; `RunSetError`.
  public init(readingFrom directories: [String]) throws {
    var runs: [RunRecord] = []
    var warnings: [String] = []
    for directory in directories {
      let inside = try RunTraces.runs(in: directory), goldens = try RunTraces.goldens(in: directory)
      // An empty directory beside others is none's loss; a file that is no golden is a mistake.
      if inside.isEmpty, goldens.isEmpty, !isDirectory(directory) { throw RunSetError.noRuns(places: [directory]) }
      for run in inside {
        let trace = try Trace(path: "\(run)/\(RunTraces.fileName)")
        let name = run == directory ? run : String(run.dropFirst(directory.count + 1))
        if let torn = trace.torn { warnings.append("\(name): \(torn)") }
        let record = RunRecord(trace, place: run, diverged: DivergedRun(in: run))
        if let diverged = record.diverged {
          warnings.append("\(name): \(diverged)")
        } else if trace.epochs.isEmpty {
          warnings.append("\(name): no epoch is done")
        }
        runs.append(record)
      }
      for golden in goldens { runs.append(RunRecord(try Golden(path: golden).trace, place: golden)) }
    }
    try self.init(runs, warnings: warnings, places: directories)
  }
}
