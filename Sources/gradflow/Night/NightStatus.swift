import Files
import Traces
import Training

/// `status.json` of a night: how it stands, for schedulers and scripts.
struct NightStatus {
  let status: ExitStatus
  let profile: String
  let revision: String
  let parts: [NightVerdict.Part]
  /// The runs' directories.
  let runs: [String]

  private var word: String {
    switch status {
    case .done: "passed"
    case .failed: "failed"
    case .stopped: "cut"
    default: "not judged whole"
    }
  }

  var json: JSONValue {
    typealias Member = JSONValue.Member
    let runs = runs.compactMap { path -> JSONValue? in
      guard let trace = try? Trace(path: RunDirectory(path: path).trace) else { return nil }
      return .object([
        Member("row", .string(trace.header.row)), Member("seed", JSONValue(trace.header.seed)),
        Member("epochs", JSONValue(trace.epochs.count)), Member("finished", .bool(trace.test != nil)),
        Member("test_accuracy", trace.test.map { JSONValue($0.accuracy) } ?? .null),
      ])
    }
    return .object([
      Member("status", JSONValue(Int(status.rawValue))), Member("word", .string(word)), Member("profile", .string(profile)),
      Member("revision", .string(revision)),
      Member(
        "parts",
        .array(
          parts.map { .object([Member("name", .string($0.name)), Member("status", JSONValue(Int($0.status.rawValue)))]) })),
      Member("runs", .array(runs)),
    ])
  }

  func write(to files: NightFiles) throws { try AtomicFile.write(json.indented + "\n", to: files.status) }
}
