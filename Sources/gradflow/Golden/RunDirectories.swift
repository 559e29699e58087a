import Files
import Traces
import Training

/// Finished runs in directories that the command line names.
enum RunDirectories {
  /// A run's directory and which run it holds.
  struct Found {
    let directory: RunDirectory
    /// As the trace's header says; where that cannot be read, as the directory is called.
    let row: String
    let seed: UInt64?

    var path: String { directory.path }

    init(_ directory: RunDirectory) {
      self.directory = directory
      if let header = try? TraceHeader(path: directory.trace) {
        row = header.row
        seed = header.seed
      } else {
        (row, seed) = RunDirectories.name(directory.path)
      }
    }
  }

  /// Each of `directories` is a run's own or one that holds runs' directories, in that order, then by name. A run
  /// that is in several of them counts once.
  ///
  /// - Parameter rows: only runs of these.
  /// - Throws: `Stop` for a directory that holds no run at all.
  static func find(in directories: [String], rows: [String]? = nil) throws -> [Found] {
    var found: [Found] = []
    for directory in directories {
      let inside = try RunTraces.runs(in: directory).map { Found(RunDirectory(path: $0)) }
      if inside.isEmpty {
        throw Stop(.impossible, "\(directory) holds no runs: neither a trace nor directories with one")
      }
      for run in inside where rows?.contains(run.row) ?? true {
        if !found.contains(where: { isSameFile($0.path, run.path) }) { found.append(run) }
      }
    }
    return found
  }

  /// What a directory called `ROW-sSEED` says; the row is whatever stands before the last `-s`.
  static func name(_ path: String) -> (row: String, seed: UInt64?) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let mark = name.ranges(of: "-s").last else { return (name, nil) }
    return (String(name[..<mark.lowerBound]), UInt64(name[mark.upperBound...]))
  }
}
