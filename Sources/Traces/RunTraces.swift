import Files
import Platform

/// Where the traces of runs lie.
public enum RunTraces {
  /// Of the trace in a run's directory.
  public static let fileName = "trace.jsonl.zst"
  /// Of the name of a golden's file.
  public static let goldenSuffix = ".jsonl.zst"

  /// The directories of the runs in `directory`: itself if it is a run's own, else those in it that hold a trace, by name. What
  /// they are called says nothing: which run it is, the trace's header tells. A link to another of them, as `latest` often is,
  /// is no run of its own. A file holds none.
  public static func runs(in directory: String) throws(FileError) -> [String] {
    func isRun(_ path: String) -> Bool { fileExists("\(path)/\(fileName)") }
    if isRun(directory) { return [directory] }
    if isFile(directory) { return [] }
    let found = try directoryEntries(directory).map { "\(directory)/\($0)" }.filter(isRun)
    let places = found.map(Place.init)
    let own = Set(places.filter { !$0.isLink }.map(\.real))
    var seen: Set<String> = []
    return zip(found, places).filter { _, place in
      if place.isLink, own.contains(place.real) { return false }
      return seen.insert(place.real).inserted
    }.map(\.0)
  }

  /// The goldens in `directory`, by name, or the one that it is: traces too, of runs that are recorded. None where it holds runs.
  public static func goldens(in directory: String) throws(FileError) -> [String] {
    if isFile(directory) { return isGolden(directory) ? [directory] : [] }
    guard try runs(in: directory).isEmpty else { return [] }
    return try directoryEntries(directory).filter { $0.hasSuffix(goldenSuffix) }.map { "\(directory)/\($0)" }
  }

  /// Whether a file is a golden's by its name, and not a run's trace.
  private static func isGolden(_ file: String) -> Bool {
    file.hasSuffix(goldenSuffix) && !file.hasSuffix("/" + fileName) && file != fileName
  }

  private static func isFile(_ path: String) -> Bool { fileExists(path) && !isDirectory(path) }

  /// Where a path leads.
  private struct Place {
    let isLink: Bool
    let real: String

    init(_ path: String) {
      var status = stat()
      isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
      let resolved = realpath(path, nil)
      defer { free(resolved) }
      real = resolved.map { String(cString: $0) } ?? path
    }
  }
}

extension TraceHeader {
  /// The header of a trace file, whatever follows it.
  ///
  /// - Throws: as `Trace(path:)`, for what stands before the first line's end.
  public init(path: String, limit: Int = Trace.sizeLimit) throws {
    let data = try readFile(path, limit: limit)
    let content = Zstd.isCompressed(data, name: path) ? try WholeFrames(data, of: path, limit: limit).content : data
    guard let end = content.firstIndex(of: UInt8(ascii: "\n")), case .header(let header) = try TraceLine(parsing: content[..<end])
    else { throw TraceError(.noHeader, path: path) }
    self = header
  }
}
