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

  /// A program in place of gradflow.
  private func program(_ script: String) throws -> String {
    try directory.write("#!/bin/sh\n" + script + "\n", "program")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path("program"))
    return directory.path("program")
  }

  @Test("another program's messages are told, however many there are")
  func manyMessages() throws {
    let a = try run()
    let noisy = try program(
      "i=0; while [ $i -lt 6000 ]; do echo 'a line of fifty characters, or a few more than that' >&2; i=$((i + 1)); done; echo last words >&2; exit 3"
    )
    let outcome = try Program.run(["bisect", a, try changed(a, step: 5), "--rerun", "--program-a", noisy])
    #expect(outcome.hasExited && outcome.code == 2 && outcome.errors.hasSuffix("last words\n"), "\(outcome.errors.suffix(200))")
    #expect(outcome.errors.utf8.count < 8000)
  }

  @Test("a signal that ends it ends the program that it started too, and removes what it wrote", arguments: [SIGINT, SIGTERM])
  func interrupted(number: Int32) throws {
    let a = try run()
    let other = try program(
      "echo $$ >'\(directory.path("number.part"))'; mv '\(directory.path("number.part"))' '\(directory.path("number"))'; exec sleep 600"
    )
    try createDirectory(directory.path("scratch"))
    let outcome = try Program.run(
      ["bisect", a, try changed(a, step: 5), "--rerun", "--program-a", other],
      environment: ["TMPDIR": directory.path("scratch")]
    ) { process in
      while !fileExists(directory.path("number")), process.isRunning { usleep(1000) }
      #expect(directory.names("scratch").count == 1)
      kill(process.processIdentifier, number)
    }
    #expect(!outcome.hasExited && outcome.code == number)
    #expect(directory.names("scratch").isEmpty)
    let text = String(decoding: try readFile(directory.path("number")), as: UTF8.self).filter { $0 != "\n" }
    let child = try #require(Int32(text))
    // Whoever takes over its children may need a moment for it.
    for _ in 0..<2000 where kill(child, 0) == 0 { usleep(1000) }
    #expect(kill(child, 0) != 0)
  }

  @Test("replay says where the state is not the one in the trace, after the step that was asked for as well")
  func departs() throws {
    let a = try run()
    let b = try changed(a, step: 5)
    for (step, isSaid) in [(4, false), (5, true), (6, true)] {
      let outcome = try Program.run(["replay", b, "--step", "0:\(step)"])
      #expect(
        outcome.code == 0 && outcome.errors.contains("after step epoch 0, step 5 the state is not") == isSaid, "\(outcome.errors)"
      )
    }
  }

  @Test("what replay writes under a name that ends in .zst is compressed, and read as such")
  func compressed() throws {
    let a = try run()
    let plain = directory.path("s.safetensors"), small = directory.path("s.zst"), values = directory.path("v.zst")
    for file in [plain, small] { #expect(try Program.run(["replay", a, "--step", "0:3", "--save", file]).code == 0) }
    #expect(try Zstd.readFile(small, limit: 1 << 26) == readFile(plain))
    let lists = try [plain, small].map { file in
      try Program.run(["replay", a, "--step", "0:4", "--from", file, "--part", "1", "--values", values])
    }
    #expect(lists.allSatisfy { $0.code == 0 } && lists[0].output == lists[1].output, "\(lists[1].errors)")
    #expect(try Zstd.readFile(values, limit: 1 << 26) != readFile(values))
    let foreign = try Program.run(["replay", try run(["--seed", "1"], out: "b"), "--step", "0:4", "--from", small])
    #expect(foreign.code == 2 && foreign.errors.contains("checkpoint of another run"), "\(foreign.errors)")
    #expect(!foreign.errors.contains("--overwrite"))
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
