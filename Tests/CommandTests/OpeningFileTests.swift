import Digests
import Files
import Foundation
import Processes
import TestSupport
import Testing

/// What another program gives back of a kit, good and bad: every bad file is refused by name, exit code 2.
@Suite("gradflow opening and golden check --opening")
struct OpeningFileTests {
  private let directory: TemporaryDirectory
  private let kit: SafeTensors

  /// The goldens of the checkout.
  private static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("golden").path

  init() throws {
    directory = try TemporaryDirectory()
    let made = try Program.run(["opening", "vgg08", "--profile", "smoke", "--out", directory.path("kit.safetensors")])
    #expect(made.code == 0, "\(made.errors)")
    kit = try SafeTensors(path: directory.path("kit.safetensors"))
  }

  /// An answer that is laid out as one must be, and in which nothing was computed: gradients are 0, the state is the kit's.
  private func answer() throws -> SafeTensors {
    var answer = SafeTensors(metadata: kit.metadata.filter { ["row", "profile", "seed"].contains($0.key) })
    let state = kit.names.filter { $0.hasPrefix("initial.") }.map { String($0.dropFirst("initial.".count)) }
    let parameters = state.filter { !$0.hasSuffix("running_mean") && !$0.hasSuffix("running_var") }
    func zeros(_ shape: [Int]) -> SafeTensor { SafeTensor(shape: shape, [Float](repeating: 0, count: shape.reduce(1, *))) }
    for point in ["step-0", "step-1", "step-2", "anchor-1", "anchor-5000", "anchor-40000"] {
      let images = try #require(kit[point + ".images"]).shape[0]
      answer[point + ".loss"] = zeros([])
      answer[point + ".logits"] = zeros([images, 10])
      for name in state { answer["\(point).value.\(name)"] = kit["initial." + name] }
      for name in parameters {
        let shape = try #require(kit["initial." + name]).shape
        for kind in ["gradient", "first", "second"] { answer["\(point).\(kind).\(name)"] = zeros(shape) }
      }
    }
    answer["step-0.evaluation_before"] = zeros([])
    answer["step-2.evaluation_after"] = zeros([])
    return answer
  }

  private func check(_ bytes: [UInt8], against: String = goldens, format: String = "text") throws -> Program.Outcome {
    try Data(bytes).write(to: URL(fileURLWithPath: directory.path("answer.safetensors")))
    return try Program.run(
      [
        "golden", "check", "--profile", "smoke", "--against", against, "--opening", directory.path("answer.safetensors"),
        "--format", format,
      ], environment: ["GITHUB_ACTIONS": ""])
  }

  @Test("an answer that holds all and computed nothing is a regression, whose findings name the step, not a refusal")
  func nothingComputed() throws {
    let outcome = try check(try answer().fileBytes, format: "json")
    #expect(outcome.code == 1 && outcome.output.contains("opening.step-0.loss"), "\(outcome.output) \(outcome.errors)")
  }

  @Test("moments that do not follow from the answer's own gradients are found: step, tensor, element")
  func otherUpdate() throws {
    // Before the first step gradients of 0 leave everything as it is; the anchors' moments go on.
    let outcome = try check(try answer().fileBytes, format: "json")
    #expect(outcome.code == 1)
    for (point, isFound) in [("step-0", false), ("anchor-1", true), ("anchor-40000", true)] {
      for quantity in ["first", "second"] {
        let place = "opening.\(point).\(quantity) of logit_linear_layer.weight, element "
        #expect(outcome.output.contains(place) == isFound, "\(place)")
      }
    }
  }

  enum Fault: String, CaseIterable {
    case truncated, otherRow, otherProfile, otherSeed, noRow, noGradient, oneTooMany, otherShape, notFinite, fewerSteps, aKit
  }

  @Test("a bad answer is refused: exit code 2, with what is wrong", arguments: Fault.allCases)
  func refused(_ fault: Fault) throws {
    var answer = try answer()
    let weight = "step-1.gradient.logit_linear_layer.weight"
    #expect(answer[weight] != nil)
    var bytes: [UInt8]?
    let says: String
    switch fault {
    case .truncated:
      bytes = Array(answer.fileBytes.dropLast(1000))
      says = "answer.safetensors"
    case .otherRow:
      answer.metadata["row"] = "vgg38"
      says = "there is no"
    case .otherProfile:
      answer.metadata["profile"] = "quick"
      says = "its profile is quick, expected is smoke"
    case .otherSeed:
      answer.metadata["seed"] = "1"
      says = "its seed is 1, expected is 0"
    case .noRow:
      answer.metadata["row"] = nil
      says = "its metadata name no row"
    case .noGradient:
      answer[weight] = nil
      says = "there is no \(weight)"
    case .oneTooMany:
      answer["step-1.gradient.other.weight"] = answer[weight]
      says = "step-1.gradient.other.weight belongs to no opening of this run"
    case .otherShape:
      let tensor = try #require(answer[weight])
      answer[weight] = SafeTensor(shape: tensor.shape.reversed(), tensor.floats ?? [])
      says = "\(weight) is F32 of shape \(Array(tensor.shape.reversed())), expected is F32 or F64 of \(tensor.shape)"
    case .notFinite:
      var values = try #require(answer[weight]?.floats)
      values[3] = .nan
      answer[weight] = SafeTensor(shape: try #require(answer[weight]).shape, values)
      says = "\(weight) holds nan at 3"
    case .fewerSteps:
      for name in answer.names where name.hasPrefix("step-2.") { answer[name] = nil }
      says = "there is no step-2."
    case .aKit:
      answer = kit
      says = "there is no step-0."
    }
    let outcome = try check(bytes ?? answer.fileBytes)
    #expect(outcome.code == 2 && (outcome.errors + outcome.output).contains(says), "\(outcome.code) \(outcome.errors)")
  }

  @Test("a golden without an envelope cannot judge an answer: exit code 2, and how to record one")
  func noEnvelope() throws {
    let golden = URL(fileURLWithPath: Self.goldens + "/smoke/vgg08.jsonl.zst")
    let path = directory.path("golden/smoke/vgg08.jsonl.zst")
    try FileManager.default.createDirectory(atPath: directory.path("golden/smoke"), withIntermediateDirectories: true)
    let lines = try String(decoding: Zstd.readFile(golden.path, limit: 1 << 26), as: UTF8.self).split(separator: "\n")
      .filter { !$0.hasPrefix("{\"rounding\"") && !$0.hasPrefix("{\"anchor\"") && !$0.hasPrefix("{\"seal\"") }
      .map { $0.replacing("{\"golden\":{\"version\":2,", with: "{\"golden\":{\"version\":1,") + "\n" }.joined()
    let seal = "{\"seal\":\"sha256:\(Digest(of: lines))\"}\n"
    try Data(Zstd.compress(Array((lines + seal).utf8))).write(to: URL(fileURLWithPath: path))
    let outcome = try check(try answer().fileBytes, against: directory.path("golden"))
    #expect(
      outcome.code == 2 && outcome.output.contains("the golden has no envelope of other roundings"),
      "\(outcome.code) \(outcome.output) \(outcome.errors)")
  }
}
