import Files

/// A metric trace, read and checked.
public struct Trace: Equatable, Sendable {
  /// What a run's trace decompresses to at most. A hundred epochs with all their digests are a few megabytes.
  public static let sizeLimit = 256 << 20

  /// A last frame that is not whole, as a kill leaves it.
  public struct TornTail: Equatable, Sendable, CustomStringConvertible {
    /// Where the torn frame begins in the file.
    public let offset: Int
    /// How many lines stand in the whole frames before it.
    public let lines: Int

    public var description: String { "the last frame is torn at byte \(offset): \(lines) lines used" }
  }

  public let header: TraceHeader
  /// `epochs[e]` is epoch e's line.
  public let epochs: [EpochLine]
  public let steps: [StepsLine]
  public let layers: [LayersLine]
  /// `nil` if the run is not finished.
  public let test: TestLine?
  /// Of runs of programs that knew such lines, in order.
  public let inputs: [InputsLine]
  public let opening: [OpeningLine]
  /// At most one an epoch, in order.
  public let norms: [NormsLine]
  /// Lines of kinds that are not known, in order.
  public let unknown: [JSONValue]
  /// All lines, those of unknown kinds too.
  public let lines: Int
  /// `nil` if the file is whole. Whoever reads a trace for a user says this.
  public let torn: TornTail?

  /// Reads a trace, decompressing it if its name ends in `.zst` or it begins like a zstd file. What follows the last whole frame
  /// is left out if the file was cut within a frame (`torn`).
  ///
  /// - Parameter limit: refuses a file that is or decompresses to more bytes.
  /// - Throws: `FileError`; `ZstdError` for a frame that is damaged rather than cut; `TraceError` with path and line.
  public init(path: String, limit: Int = Trace.sizeLimit) throws {
    let data = try readFile(path, limit: limit)
    guard Zstd.isCompressed(data, name: path) else {
      self = try Trace(content: data, path: path)
      return
    }
    let whole = try WholeFrames(data, of: path, limit: limit)
    if let damage = whole.damage { throw damage }
    self = try Trace(content: whole.content, path: path, tornAt: whole.tail?.offset)
  }

  /// Reads decompressed lines.
  ///
  /// - Parameter path: for errors.
  public init(content: [UInt8], path: String? = nil) throws(TraceError) {
    self = try Trace(content: content, path: path, tornAt: nil)
  }

  /// A trace of parts that are known to fit together.
  init(
    header: TraceHeader, epochs: [EpochLine], steps: [StepsLine], layers: [LayersLine], test: TestLine?,
    inputs: [InputsLine], opening: [OpeningLine], norms: [NormsLine], unknown: [JSONValue], lines: Int, torn: TornTail?
  ) {
    self.header = header
    self.epochs = epochs
    self.steps = steps
    self.layers = layers
    self.test = test
    self.inputs = inputs
    self.opening = opening
    self.norms = norms
    self.unknown = unknown
    self.lines = lines
    self.torn = torn
  }

  private init(content: [UInt8], path: String?, tornAt: Int?) throws(TraceError) {
    var header: TraceHeader?
    var epochs: [EpochLine] = []
    var steps: [StepsLine] = []
    var layers: [LayersLine] = []
    var test: TestLine?
    var inputs: [InputsLine] = []
    var opening: [OpeningLine] = []
    var norms: [NormsLine] = []
    var unknown: [JSONValue] = []
    let count = try Self.read(content, path: path) { line in
      switch line {
      case .header(let line): header = line
      case .epoch(let line): epochs.append(line)
      case .steps(let line): steps.append(line)
      case .layers(let line): layers.append(line)
      case .test(let line): test = line
      case .inputs(let line): inputs.append(line)
      case .opening(let line): opening.append(line)
      case .norms(let line): norms.append(line)
      case .unknown(let value): unknown.append(value)
      }
    }
    guard let header else { throw TraceError(.noHeader, path: path) }
    self.init(
      header: header, epochs: epochs, steps: steps, layers: layers, test: test, inputs: inputs, opening: opening,
      norms: norms, unknown: unknown, lines: count, torn: tornAt.map { TornTail(offset: $0, lines: count) })
  }

  /// Hands out the lines of `content` in order, each checked by itself and for its place.
  ///
  /// - Returns: how many.
  @discardableResult
  static func read(
    _ content: [UInt8], path: String?, structure: inout TraceStructure, _ body: (TraceLine) -> Void
  ) throws(TraceError) -> Int {
    var number = 0
    var start = content.startIndex
    while start < content.endIndex {
      number += 1
      guard let end = content[start...].firstIndex(of: UInt8(ascii: "\n")) else {
        throw TraceError(.unfinishedLine, path: path, line: number)
      }
      do {
        let line = try TraceLine(parsing: content[start..<end])
        try structure.accept(line)
        body(line)
      } catch {
        throw error.at(path: path, line: number)
      }
      start = end + 1
    }
    return number
  }

  private static func read(
    _ content: [UInt8], path: String?, _ body: (TraceLine) -> Void
  ) throws(TraceError) -> Int {
    var structure = TraceStructure()
    return try read(content, path: path, structure: &structure, body)
  }

  // MARK: Digests by place

  /// The step digests of each epoch that has any; `[epoch][step]`, from step 0 on without a gap.
  public var stepDigests: [Int: [ShortDigest]] {
    steps.reduce(into: [:]) { $0[$1.epoch, default: []] += $1.digests }
  }

  /// The layer digests, by epoch and step.
  public var layersByEpoch: [Int: [Int: LayersLine]] {
    layers.reduce(into: [:]) { $0[$1.epoch, default: [:]][$1.step] = $1 }
  }
}

/// What is whole in a compressed trace.
struct WholeFrames {
  /// The content of all frames before `tail`.
  var content: [UInt8] = []
  /// How many bytes of the file they are.
  let length: Int
  /// Where and why whole frames end before the file does.
  let tail: Zstd.Tail?

  /// Why they end, unless the file was merely cut, as a kill leaves it.
  var damage: ZstdError? {
    switch tail?.error {
    case nil, .truncated: nil
    case let error: error
    }
  }

  init(_ path: String, limit: Int) throws { try self.init(try readFile(path, limit: limit), of: path, limit: limit) }

  /// - Parameter path: for errors.
  init(_ data: [UInt8], of path: String, limit: Int) throws {
    var content: [UInt8] = []
    tail = try Zstd.frames(data, limit: limit, name: path) { content += $0 }
    self.content = content
    length = tail?.offset ?? data.count
  }
}
