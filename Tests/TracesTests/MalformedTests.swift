import Digests
import Testing

@testable import Traces

/// A line with one thing wrong, made from a good one, and what the reader must say of it.
struct Malformed: Sendable, CustomTestStringConvertible {
  var name: String
  var line: TraceLine
  var replace: String
  var by: String
  var problem: TraceError.Problem

  var testDescription: String { name }
  var text: String { line.json.description.replacing(replace, with: by) }

  static let hex64 = "64 lower-case hexadecimal characters"
  static let hex16 = "16 lower-case hexadecimal characters"
  static let number = "a number, \"nan\", \"inf\" or \"-inf\""
  static let whole = "a whole number, 0 or more"

  static let header = TraceLine.header(Sample.header())
  static let epoch = TraceLine.epoch(Sample.epoch(0))
  static let steps = TraceLine.steps(Sample.steps(0))
  static let layers = TraceLine.layers(Sample.layers(0))
  static let test = TraceLine.test(Sample.test(epoch: 0))
  static let digest = Digest(of: "epoch 0").description

  static func bad(_ key: String, _ expected: String, _ found: String) -> TraceError.Problem {
    .invalid(key: key, expected: expected, found: found)
  }

  /// Headers: they stand on line 1.
  static let headers: [Malformed] = [
    .init(
      name: "another format", line: header, replace: "gradflow-trace", by: "other",
      problem: .foreign(key: "format", expected: "gradflow-trace", found: "other")),
    .init(
      name: "a newer version", line: header, replace: "\"version\":1", by: "\"version\":2",
      problem: .foreign(key: "version", expected: "1", found: "2")),
    .init(
      name: "no row", line: header, replace: "\"row\":\"vgg08\",", by: "", problem: .missing(key: "row")),
    .init(
      name: "a row that is no string", line: header, replace: "\"vgg08\"", by: "8",
      problem: bad("row", "a string", "8")),
    .init(
      name: "a negative seed", line: header, replace: "\"seed\":7", by: "\"seed\":-7",
      problem: bad("seed", "a whole number below 2⁶⁴", "-7")),
    .init(
      name: "a seed of 2⁶⁴", line: header, replace: "\"seed\":7", by: "\"seed\":18446744073709551616",
      problem: bad("seed", "a whole number below 2⁶⁴", "18446744073709551616")),
    .init(
      name: "no fingerprint", line: header, replace: ",\"fingerprint\":\"\(Sample.fingerprint)\"", by: "",
      problem: .missing(key: "data.fingerprint")),
    .init(
      name: "another hash", line: header, replace: Sample.fingerprint, by: "md5:0",
      problem: bad("data.fingerprint", "\"sha256:\" and \(hex64)", "\"md5:0\"")),
    .init(
      name: "data with more in it", line: header, replace: "\"data\":{", by: "\"data\":{\"x\":1,",
      problem: .unexpected(key: "data.x")),
    .init(
      name: "settings that are no object", line: header,
      replace: "\"training\":{\"batch\":100,\"learning_rate\":0.001,\"augmentation\":{\"crop\":true,\"pad\":4}}",
      by: "\"training\":[]", problem: bad("training", "an object", "[]")),
    .init(
      name: "a null", line: header, replace: "59716", by: "null", problem: bad("parameters", whole, "null")),
  ]

  /// Lines that follow a header.
  static let bodies: [Malformed] = [
    .init(
      name: "two kinds", line: epoch, replace: "{\"epoch\":0", by: "{\"test\":{},\"epoch\":0",
      problem: .ambiguous(kinds: ["epoch", "test"])),
    .init(
      name: "a fractional epoch", line: epoch, replace: "\"epoch\":0", by: "\"epoch\":0.5",
      problem: bad("epoch", whole, "0.5")),
    .init(
      name: "a negative epoch", line: epoch, replace: "\"epoch\":0", by: "\"epoch\":-1",
      problem: bad("epoch", whole, "-1")),
    .init(
      name: "an epoch too large for the machine", line: epoch, replace: "\"epoch\":0",
      by: "\"epoch\":9223372036854775808", problem: bad("epoch", whole, "9223372036854775808")),
    .init(
      name: "a null loss", line: epoch, replace: "\"train_loss\":4.605170185988092", by: "\"train_loss\":null",
      problem: bad("train_loss", number, "null")),
    .init(
      name: "a loss beyond double", line: epoch, replace: "\"train_loss\":4.605170185988092",
      by: "\"train_loss\":1e999", problem: bad("train_loss", number, "1e999")),
    .init(
      name: "a word that is no number", line: epoch, replace: "\"train_loss\":4.605170185988092",
      by: "\"train_loss\":\"NaN\"", problem: bad("train_loss", number, "\"NaN\"")),
    .init(
      name: "no validation loss", line: epoch, replace: "\"val_loss\"", by: "\"loss\"",
      problem: .missing(key: "val_loss")),
    .init(
      name: "a gradient flow that is no number", line: epoch, replace: "2.1e-19", by: "[2]",
      problem: bad("gradient_flow.input_conv_conv_0", number, "[2]")),
    .init(
      name: "statistics without l2", line: epoch, replace: "\"l2\":1e-18,", by: "",
      problem: .missing(key: "gradient_statistics.layer_dict.input_conv.layer_dict.conv_0.weight.l2")),
    .init(
      name: "statistics with more in them", line: epoch, replace: "\"l2\":1e-18", by: "\"x\":1,\"l2\":1",
      problem: .unexpected(key: "gradient_statistics.layer_dict.input_conv.layer_dict.conv_0.weight.x")),
    .init(
      name: "an unknown key that is no number", line: epoch, replace: "{\"epoch\":0", by: "{\"x\":\"y\",\"epoch\":0",
      problem: bad("x", number, "\"y\"")),
    .init(
      name: "a digest in capitals", line: epoch, replace: digest, by: digest.uppercased(),
      problem: bad("digest", hex64, "\"\(digest.uppercased().prefix(36))…")),
    .init(
      name: "steps without digests", line: .steps(StepsLine(epoch: 0, digests: [])), replace: "x", by: "",
      problem: bad("steps.digests", "at least one digest", "[]")),
    .init(
      name: "a step digest cut short", line: steps, replace: Sample.short("epoch 0, step 1").description, by: "ab",
      problem: bad("steps.digests[1]", hex16, "\"ab\"")),
    .init(
      name: "steps that are a number", line: steps, replace: steps.json["steps"]!.description, by: "5",
      problem: bad("steps", "an object", "5")),
    .init(
      name: "steps with a key beside them", line: steps, replace: "{\"steps\"", by: "{\"x\":1,\"steps\"",
      problem: .unexpected(key: "x")),
    .init(
      name: "a phase that is none", line: layers, replace: "[\"input_conv_bn_0\",\"forward\"",
      by: "[\"input_conv_bn_0\",\"sideways\"",
      problem: bad(
        "layers.entries[1][1]", "one of forward, input_gradient, weight_gradient, update", "\"sideways\"")),
    .init(
      name: "an entry of two parts", line: layers, replace: "\"input_conv_conv_0\",\"forward\",",
      by: "\"forward\",",
      problem: bad(
        "layers.entries[0]", "[layer, phase, digest]",
        "[\"forward\",\"\(Sample.short("0 0 input_conv_conv_0 forward"))\"]")),
    .init(
      name: "a test without accuracy", line: test, replace: ",\"accuracy\":0.12", by: "",
      problem: .missing(key: "test.accuracy")),
    .init(
      name: "a test with more in it", line: test, replace: "\"loss\"", by: "\"x\":1,\"loss\"",
      problem: .unexpected(key: "test.x")),
    .init(
      name: "a test without digest", line: test, replace: ",\"digest\":\"\(digest)\"", by: "",
      problem: .missing(key: "digest")),
  ]
}

@Suite struct MalformedTests {
  private func problem(of text: String) -> TraceError? {
    do {
      _ = try Trace(content: Array(text.utf8), path: "a/trace.jsonl")
      return nil
    } catch {
      return error
    }
  }

  @Test("a malformed header is refused with its line number and key", arguments: Malformed.headers)
  func header(malformed: Malformed) {
    #expect(
      problem(of: malformed.text + "\n")
        == TraceError(malformed.problem, path: "a/trace.jsonl", line: 1))
  }

  @Test("a malformed line is refused with its line number and key", arguments: Malformed.bodies)
  func body(malformed: Malformed) {
    let before = Malformed.header.json.description + "\n{\"unknown\":1}\n"
    #expect(
      problem(of: before + malformed.text + "\n")
        == TraceError(malformed.problem, path: "a/trace.jsonl", line: 3))
  }

  @Test(
    "a line that is no JSON object is refused with its line number",
    arguments: ["", " ", "{", "[]", "1", "nonsense", "{\"epoch\":0,\"epoch\":0}", "{\"x\":1}{}"])
  func notJSON(text: String) throws {
    let error = try #require(problem(of: Malformed.header.json.description + "\n" + text + "\n"))
    #expect(error.line == 2)
    guard case .notJSON = error.problem else {
      Issue.record("\(error)")
      return
    }
    #expect(error.description.hasPrefix("a/trace.jsonl, line 2: not a JSON object"))
  }

  @Test("a last line without an end is refused")
  func unfinished() {
    let text = Malformed.header.json.description + "\n" + Malformed.steps.json.description
    #expect(problem(of: text) == TraceError(.unfinishedLine, path: "a/trace.jsonl", line: 2))
  }

  @Test("an empty trace has no header")
  func empty() { #expect(problem(of: "")?.problem == .noHeader) }

  @Test("an error names file, line, key, what was expected and what was found")
  func wording() {
    let error = TraceError(Malformed.bad("epoch", Malformed.whole, "-1"), path: "r/trace.jsonl.zst", line: 12)
    #expect(error.description == #"r/trace.jsonl.zst, line 12: "epoch" must be a whole number, 0 or more, not -1"#)
  }
}
