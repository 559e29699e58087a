import Files
import Foundation
import TestSupport
import Testing
import Traces

@Suite("gradflow bisect, and replay")
struct BisectCommandTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func run(_ more: [String] = [], out: String = "a") throws -> String {
    let outcome = try Program.run(SmallRuns.arguments + ["--threads", "1", "--out", directory.path(out)] + more)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try #require(directory.names(out).first.map { directory.path(out + "/" + $0) })
  }

  /// A copy of a run in whose trace the state's digest after a step is another one.
  private func changed(_ run: String, step: Int) throws -> String {
    let copy = directory.path("changed")
    try FileManager.default.copyItem(atPath: run, toPath: copy)
    let lines = String(decoding: try Zstd.readFile(run + "/trace.jsonl.zst", limit: 1 << 26), as: UTF8.self)
      .split(separator: "\n").map { line -> String in
        guard case .steps(var steps)? = try? TraceLine(parsing: Array(line.utf8)), steps.epoch == 0 else { return String(line) }
        for later in step..<steps.digests.count { steps.digests[later] = ShortDigest(bits: UInt64(later)) }
        return TraceLine.steps(steps).json.description
      }
    try AtomicFile.write(Zstd.compress(Array((lines.joined(separator: "\n") + "\n").utf8)), to: copy + "/trace.jsonl.zst")
    return copy
  }

  @Test("equal runs have no difference, exit code 0, with --rerun too")
  func equal() throws {
    let a = try run(["--epochs", "1"]), b = try run(["--epochs", "1", "--isa", SmallRuns.otherInstructionSet], out: "b")
    for more in [[], ["--rerun"]] {
      let outcome = try Program.run(["bisect", a, b] + more)
      #expect(outcome.code == 0 && outcome.output.hasPrefix("no difference in 1 epoch:"), "\(outcome.errors)")
    }
  }

  @Test("runs that were asked for different things are told apart by name, exit code 1, and nothing is run again")
  func settings() throws {
    let (a, b) = (try run(), try run(["--seed", "1"], out: "b"))
    let outcome = try Program.run(["bisect", a, b, "--rerun"])
    #expect(outcome.code == 1 && outcome.output == "the seeds differ: 0 and 1\n", "\(outcome.output)\(outcome.errors)")
  }

  @Test("a difference that does not come back is called so, and the runs are left as they are")
  func sameAgain() throws {
    let a = try run()
    let b = try changed(a, step: 5)
    let before = try readFile(b + "/trace.jsonl.zst")
    let outcome = try Program.run(["bisect", a, b, "--rerun", "--threads-b", "2", "--isa-b", SmallRuns.otherInstructionSet])
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect(outcome.output.contains("the first difference is in epoch 0, step 5"), "\(outcome.output)")
    #expect(outcome.output.contains("--threads 2") && outcome.output.contains("from the start"), "\(outcome.output)")
    #expect(outcome.output.contains("the difference did not come back"), "\(outcome.output)")
    #expect(try readFile(b + "/trace.jsonl.zst") == before)
    #expect(directory.names("changed") == directory.names("a/vgg08-s0"))
  }

  @Test("the nearest checkpoint before the step is where it begins")
  func nearest() throws {
    // Stopped after its first epoch, a run has its checkpoint there.
    let a = try run(["--epochs", "1"])
    let whole = try run(out: "b")
    let outcome = try Program.run(["replay", whole, "--step", "1:3", "--from", a + "/checkpoint.safetensors"])
    #expect(
      outcome.code == 0
        && outcome.output.hasPrefix(#"{"replay":{"epoch":1,"step":3},"from":{"epoch":1,"step":0},"departure":null}"#),
      "\(outcome.output.prefix(200)) \(outcome.errors)")
    let fromStart = try Program.run(["replay", whole, "--step", "1:3", "--isa", SmallRuns.otherInstructionSet])
    #expect(outcome.output.split(separator: "\n").dropFirst() == fromStart.output.split(separator: "\n").dropFirst())
    #expect(outcome.output.split(separator: "\n").count > 50)
    let beyond = try Program.run(["replay", whole, "--step", "2:0"])
    #expect(beyond.code == 2 && beyond.output.isEmpty && beyond.errors.contains("has no step 2:0"), "\(beyond.errors)")
  }

  @Test("another program that computes something else is found out: part, element, both values")
  func otherProgram() throws {
    let a = try run()
    let b = try changed(a, step: 3)
    // It runs a run with another seed in the place of what it is asked for.
    let other = try run(["--seed", "5"], out: "other")
    let script = directory.path("program")
    try directory.write(
      "#!/bin/sh\nshift 2\nexec '\(Program.url.path)' replay '\(other)' \"$@\"\n", "program")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let outcome = try Program.run(["bisect", a, b, "--rerun", "--program-b", script])
    #expect(outcome.code == 1, "\(outcome.errors)")
    let last = try #require(outcome.output.split(separator: "\n").last)
    #expect(last.hasPrefix("the first that differs: images, forward pass: element [") && last.contains(" ulp apart; "), "\(last)")
  }

  @Test(
    "what cannot be run again is refused, exit code 2",
    arguments: [
      (["--program-b", "/nowhere/gradflow"], "no such program"), (["--program-a", "/bin/false"], "failed"),
      (["--program-a", "/bin/echo"], "does not list"),
    ])
  func impossible(arguments: [String], says: String) throws {
    let a = try run()
    let outcome = try Program.run(["bisect", a, try changed(a, step: 2), "--rerun"] + arguments)
    #expect(outcome.code == 2 && outcome.errors.contains(says), "\(outcome.code) \(outcome.errors)")
  }

  static let wrong: [(arguments: [String], says: String)] = [
    (["bisect", "a", "b", "--threads-a", "2"], "--rerun"),
    (["bisect", "a", "b", "--rerun", "--threads-a", "0"], "0 threads"),
    (["bisect", "a", "b", "--rerun", "--isa-b", "sse"], "portable"),
    (["replay", "a"], "--step"),
    (["replay", "a", "--step", "3"], "step"),
    (["replay", "a", "--step", "0:1", "--part", "2"], "--values"),
  ]

  @Test("wrong usage is exit code 64", arguments: wrong)
  func usage(arguments: [String], says: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.hasExited && outcome.code == 64 && outcome.errors.contains(says), "\(outcome.code) \(outcome.errors)")
  }
}
