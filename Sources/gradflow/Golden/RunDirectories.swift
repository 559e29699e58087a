import Traces
import Training

/// Finds runs in directories that users name.
enum RunDirectories {
  /// Each of `directories` is a run's own or one that holds runs' directories, in that order, then by name.
  ///
  /// - Parameter rows: only runs whose directory is named after one of them.
  /// - Throws: `Stop` for a directory that holds no run at all.
  static func find(in directories: [String], rows: [String]? = nil) throws -> [RunDirectory] {
    var found: [RunDirectory] = []
    for directory in directories {
      let inside = try RunTraces.runs(in: directory).map(RunDirectory.init(path:))
      if inside.isEmpty {
        throw Stop(.impossible, "\(directory) holds no runs: neither a trace nor directories with one")
      }
      found += inside.filter { run in rows.map { $0.contains { seed(of: run, row: $0) != nil } } ?? true }
    }
    return found
  }

  /// The row that a run's directory is named after, whatever stands before its last `-s`.
  static func row(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let end = name.ranges(of: "-s").last?.lowerBound else { return name }
    return String(name[..<end])
  }

  /// The seed in the name of a run's directory, `ROW-sSEED`; `nil` if it is another row's.
  static func seed(of run: RunDirectory, row: String) -> UInt64? {
    let name = run.path.split(separator: "/").last.map(String.init) ?? run.path
    return name.hasPrefix(row + "-s") ? UInt64(name.dropFirst(row.count + 2)) : nil
  }
}
