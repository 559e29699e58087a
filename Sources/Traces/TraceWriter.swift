import Digests
import Files

/// Where a trace stood when a checkpoint was written: stored in the checkpoint, so that a resumed run can cut the trace
/// back to exactly that content.
public struct TraceMark: Equatable, Sendable {
  /// How many decompressed bytes.
  public var bytes: Int
  /// SHA-256 of those bytes.
  public var digest: Digest

  public init(bytes: Int, digest: Digest) {
    self.bytes = bytes
    self.digest = digest
  }
}

/// Appends lines to a trace file: one complete zstd frame with a content checksum per flush, durable before `flush`
/// returns. Where the frames begin and end never shows in the decompressed lines.
///
/// A run flushes, takes the `mark`, and only then writes the checkpoint that holds it: so no checkpoint is ever ahead
/// of its trace. Not for use from several threads at once.
public final class TraceWriter {
  public let path: String
  private let file: AppendFile
  private var structure: TraceStructure
  private var hasher = Digest.Hasher()
  private var bytes: Int
  /// Appended, not yet flushed.
  private var pending: [UInt8] = []
  private var isBroken = false
  /// Of the decompressed trace, in bytes: what readers take.
  private let limit: Int

  /// Starts a trace; when this returns, its header is durable. A file of that name never holds less than its header.
  ///
  /// - Parameters:
  ///   - replacing: starts anew over a trace that is there.
  ///   - limit: refuses lines beyond so many bytes.
  /// - Throws: `TraceError` with `exists` if there is one and `replacing` is false; `FileError`.
  public init(
    creating path: String, header: TraceHeader, replacing: Bool = false, limit: Int = Trace.sizeLimit
  ) throws {
    if !replacing && fileExists(path) { throw TraceError(.exists, path: path) }
    var structure = TraceStructure()
    let line = try Self.encode(.header(header), &structure, path: path)
    let frame = Zstd.compress(line)
    try AtomicFile.write(frame, to: path)
    self.limit = limit
    self.path = path
    self.structure = structure
    file = try AppendFile(opening: path, truncatedTo: frame.count)
    bytes = line.count
    line.withUnsafeBytes { hasher.update($0) }
  }

  /// Continues a trace from where it stood at `mark`. A torn tail, and whatever follows the mark, is dropped.
  ///
  /// - Parameters:
  ///   - header: the settings of the run that continues; must be those of the trace.
  ///   - limit: refuses a trace that is or decompresses to more bytes.
  /// - Throws: `TraceError` if the trace is another run's, or does not hold what the mark says; `ZstdError` if it is
  ///   damaged before the mark; `FileError`. The file is untouched then.
  public init(
    resuming path: String, header: TraceHeader, at mark: TraceMark, limit: Int = Trace.sizeLimit
  ) throws {
    let whole = try WholeFrames(path, limit: limit)
    let content = whole.content
    // A frame that is damaged before the mark is not the work of a kill.
    if content.count < mark.bytes, let damage = whole.damage { throw damage }
    try Self.checkHeader(of: content, is: header, path: path)
    guard content.count >= mark.bytes else {
      throw TraceError(.tooShort(expected: mark.bytes, found: content.count), path: path)
    }
    let kept = Array(content.prefix(max(mark.bytes, 0)))
    var hasher = Digest.Hasher()
    kept.withUnsafeBytes { hasher.update($0) }
    guard !kept.isEmpty, hasher.finalize() == mark.digest else {
      throw TraceError(.otherContent(bytes: mark.bytes), path: path)
    }
    var structure = TraceStructure()
    try Trace.read(kept, path: path, structure: &structure) { _ in }

    self.limit = limit
    self.path = path
    self.structure = structure
    self.hasher = hasher
    bytes = kept.count
    if content.count == kept.count {
      // Whole frames end at the mark: only what is torn goes.
      file = try AppendFile(opening: path, truncatedTo: whole.length)
    } else {
      // The mark may lie within a frame: one new frame for all before it, in the place of the file or not at all.
      let frame = Zstd.compress(kept)
      try AtomicFile.write(frame, to: path)
      file = try AppendFile(opening: path, truncatedTo: frame.count)
    }
  }

  /// Whether a trace holds, at its beginning, what stood there at `mark`.
  ///
  /// - Throws: `TraceError` if it is shorter or holds something else; `FileError`, `ZstdError`.
  public static func check(_ path: String, holds mark: TraceMark, limit: Int = Trace.sizeLimit) throws {
    let whole = try WholeFrames(path, limit: limit)
    let content = whole.content
    if content.count < mark.bytes, let damage = whole.damage { throw damage }
    guard content.count >= mark.bytes else {
      throw TraceError(.tooShort(expected: mark.bytes, found: content.count), path: path)
    }
    let digest = content.prefix(max(mark.bytes, 0)).withUnsafeBytes { Digest(of: $0) }
    guard digest == mark.digest else { throw TraceError(.otherContent(bytes: mark.bytes), path: path) }
  }

  /// Takes the next line; it is in the file after the next `flush`.
  ///
  /// - Throws: `TraceError` if the line cannot stand here, or would not read back as it is (a name twice). Nothing is
  ///   appended then.
  public func append(_ line: TraceLine) throws(TraceError) {
    if isBroken { throw TraceError(.broken, path: path) }
    let text = try Self.encode(line, &structure, path: path)
    // What is in the file stays readable.
    guard bytes + pending.count + text.count <= limit else {
      isBroken = true
      throw TraceError(.tooLong(limit: limit), path: path)
    }
    pending += text
  }

  /// Moments of a flush at which a test may stop the program.
  public enum FlushStep: String, CaseIterable, Sendable {
    case halfWritten, written, synced
  }

  /// Writes what was appended since the last flush as one frame, durably. Without any, does nothing.
  ///
  /// - Parameter reached: called between the stages; what it throws ends the writing.
  /// - Throws: `FileError`; after that, the file may end in a torn frame, and the writer refuses to go on.
  public func flush(reached: (FlushStep) throws -> Void = { _ in }) throws {
    if isBroken { throw TraceError(.broken, path: path) }
    if pending.isEmpty { return }
    isBroken = true
    let frame = Zstd.compress(pending)
    let half = frame.count / 2
    try file.append(Array(frame[..<half]))
    try reached(.halfWritten)
    try file.append(Array(frame[half...]))
    try reached(.written)
    try file.sync()
    try reached(.synced)
    isBroken = false
    pending.withUnsafeBytes { hasher.update($0) }
    bytes += pending.count
    pending = []
  }

  /// Of all that has been flushed.
  public var mark: TraceMark { TraceMark(bytes: bytes, digest: hasher.finalize()) }

  /// Flushes and closes.
  public func close() throws {
    try flush()
    file.close()
    isBroken = true
  }

  // MARK: Checks

  private static func encode(
    _ line: TraceLine, _ structure: inout TraceStructure, path: String
  ) throws(TraceError) -> [UInt8] {
    do {
      let text = Array(line.json.description.utf8)
      let back = try TraceLine(parsing: text)
      precondition(back == line, "a trace line does not read back as it was written")
      try structure.accept(line)
      return text + [UInt8(ascii: "\n")]
    } catch {
      throw error.at(path: path)
    }
  }

  private static func checkHeader(
    of content: [UInt8], is expected: TraceHeader, path: String
  ) throws(TraceError) {
    guard let end = content.firstIndex(of: UInt8(ascii: "\n")) else {
      throw TraceError(.noHeader, path: path)
    }
    let line: TraceLine
    do {
      line = try TraceLine(parsing: content[..<end])
    } catch {
      throw error.at(path: path, line: 1)
    }
    guard case .header(let found) = line else { throw TraceError(.noHeader, path: path, line: 1) }
    if found != expected {
      throw TraceError(
        .otherRun(SettingDifference.between(found.settings, expected.settings)), path: path)
    }
  }
}
