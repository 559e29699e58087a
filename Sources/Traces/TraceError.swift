/// What is wrong with a trace, and where.
///
/// What is wrong with the file that holds it (missing, not zstd, damaged, too large) is an error of `Files` and passes
/// through unchanged.
public struct TraceError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Problem: Equatable, Sendable {
    // Reading lines.
    /// The line is no strict JSON object; `reason` says where.
    case notJSON(reason: String)
    /// The content ends without a newline.
    case unfinishedLine
    /// The line has the keys of several kinds.
    case ambiguous(kinds: [String])
    /// A dotted key that must be there is not.
    case missing(key: String)
    /// A key that this kind of line does not have.
    case unexpected(key: String)
    /// The value under a dotted key is not what it must be.
    case invalid(key: String, expected: String, found: String)
    /// Line 1 is not a header.
    case noHeader
    /// The header is that of another format, or of a newer version of this one.
    case foreign(key: String, expected: String, found: String)
    /// The line cannot stand where it does.
    case misplaced(found: String, expected: String)

    // Writing.
    /// A new trace was to be made where a file already is.
    case exists
    /// A trace to be continued was made with other settings.
    case otherRun([SettingDifference])
    /// A trace to be continued holds less than the checkpoint says, in decompressed bytes.
    case tooShort(expected: Int, found: Int)
    /// A trace to be continued holds other lines than the checkpoint says, in its first `bytes` decompressed bytes.
    case otherContent(bytes: Int)
    /// With one more line, the trace would have more bytes, decompressed, than readers take.
    case tooLong(limit: Int)
    /// A write or a flush failed before: the file no longer follows what was appended.
    case broken
  }

  public var problem: Problem
  /// The file, where there is one.
  public var path: String?
  /// Counted from 1, where the problem is in a line.
  public var line: Int?

  public init(_ problem: Problem, path: String? = nil, line: Int? = nil) {
    self.problem = problem
    self.path = path
    self.line = line
  }

  /// The same error with the path and the line filled in, where it did not know them.
  func at(path: String? = nil, line: Int? = nil) -> TraceError {
    TraceError(problem, path: self.path ?? path, line: self.line ?? line)
  }

  public var description: String {
    var place = path ?? "trace"
    if let line { place += ", line \(line)" }
    return "\(place): \(problem)"
  }
}

extension TraceError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notJSON(let reason):
      "not a JSON object: \(reason). The file is no trace, or was edited"
    case .unfinishedLine:
      "the line has no end. The file is no trace, or was edited"
    case .ambiguous(let kinds):
      "the line is of several kinds at once (\(kinds.joined(separator: ", ")))"
    case .missing(let key):
      "there is no \"\(key)\""
    case .unexpected(let key):
      "\"\(key)\" does not belong here"
    case .invalid(let key, let expected, let found):
      "\"\(key)\" must be \(expected), not \(found)"
    case .noHeader:
      "the trace does not begin with its header (a line with the key \"format\"). The file is no trace, or was cut"
    case .foreign(let key, let expected, let found):
      "\"\(key)\" is \(found), and this program reads \(expected). Use the program that wrote it"
    case .misplaced(let found, let expected):
      "found \(found), expected \(expected)"
    case .exists:
      "there already is a trace. Resume that run, or choose another directory"
    case .otherRun(let differences):
      "the trace is another run's: \(differences.map(\.description).joined(separator: "; ")). "
        + "Resume with the settings it was started with, or choose another directory"
    case .tooShort(let expected, let found):
      "the checkpoint belongs to a trace of \(expected) bytes (decompressed), and this one has \(found). "
        + "Restore the trace that was beside it, or begin the run anew with --overwrite"
    case .otherContent(let bytes):
      "the first \(bytes) bytes (decompressed) are not those that the checkpoint belongs to. "
        + "Restore the trace that was beside it, or begin the run anew with --overwrite"
    case .tooLong(let limit):
      "with this line the trace would have more than \(limit) bytes (decompressed), which nothing reads. Make fewer epochs"
    case .broken:
      "an earlier write failed, so nothing more is written. Resume the run from its checkpoint"
    }
  }
}
