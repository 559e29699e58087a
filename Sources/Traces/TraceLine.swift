import Files

/// A line of a trace. Its kind is told by which of the kinds' keys it has.
public enum TraceLine: Equatable, Sendable {
  case header(TraceHeader)
  case epoch(EpochLine)
  case steps(StepsLine)
  case layers(LayersLine)
  case test(TestLine)
  case inputs(InputsLine)
  case opening(OpeningLine)
  case norms(NormsLine)
  /// An object of a kind that this reader does not know. Readers skip it; it is kept for those who know it.
  case unknown(JSONValue)

  /// The keys that tell the kinds, in the order of the cases.
  static let kindKeys = ["format", "epoch", "steps", "layers", "test", "inputs", "opening", "norms"]

  /// Reads one line, without its newline.
  ///
  /// - Throws: `TraceError` without path and line number: what is missing, unexpected or wrong, by its dotted key.
  public init(parsing text: some Sequence<UInt8>) throws(TraceError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text)
    } catch {
      throw TraceError(.notJSON(reason: error.description))
    }
    guard case .object(let members) = value else {
      throw TraceError(.notJSON(reason: "the line is another value"))
    }
    let kinds = Self.kindKeys.filter { key in members.contains { $0.key == key } }
    if kinds.count > 1 { throw TraceError(.ambiguous(kinds: kinds)) }
    var fields = LineFields(members)
    switch kinds.first {
    case "format": self = .header(try TraceHeader(&fields))
    case "epoch": self = .epoch(try EpochLine(&fields))
    case "steps": self = .steps(try StepsLine(&fields))
    case "layers": self = .layers(try LayersLine(&fields))
    case "test": self = .test(try TestLine(&fields))
    case "inputs": self = .inputs(try InputsLine(&fields))
    case "opening": self = .opening(try OpeningLine(&fields))
    case "norms": self = .norms(try NormsLine(&fields))
    default: self = .unknown(value)
    }
  }

  /// The line as JSON, keys in the order in which the format shows them.
  public var json: JSONValue {
    switch self {
    case .header(let line): line.json
    case .epoch(let line): line.json
    case .steps(let line): line.json
    case .layers(let line): line.json
    case .test(let line): line.json
    case .inputs(let line): line.json
    case .opening(let line): line.json(as: "opening")
    case .norms(let line): line.json
    case .unknown(let value): value
    }
  }

  /// As it stands in a sentence.
  var name: String {
    switch self {
    case .header: "a header"
    case .epoch: "the line"
    case .steps: "the step digests"
    case .layers: "the layer digests"
    case .test: "the test line"
    case .inputs: "the inputs"
    case .opening: "the opening"
    case .norms: "the norms"
    case .unknown: "a line of unknown kind"
    }
  }
}
