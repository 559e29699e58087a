import Files
import Foundation
import Processes
import TestSupport
import Testing
import Traces

@Suite("Goldens of rows that a matrix file describes")
struct MatrixGoldenTests {
  private let directory: TemporaryDirectory
  private var golden: String { directory.path("golden") }
  private var file: String { directory.path("matrix.yaml") }

  /// Four seeds of a row of a file whose epochs are its own, recorded without the file, beside a golden of the program's own row.
  /// Made once.
  private static let made: Result<TemporaryDirectory, any Error> = Result {
    let directory = try TemporaryDirectory.untilExit()
    try directory.write(SmallRuns.matrix.replacing("epochs: 1", with: "epochs: 2"), "matrix.yaml")
    let made = try Program.run([
      "matrix", "--profile", "smoke", "--matrix", directory.path("matrix.yaml"), "--rows", "one", "--seeds", "0..3", "--out",
      directory.path("runs"),
    ])
    #expect(made.code == 0, "\(made.errors)")
    let recorded = try record(directory)
    #expect(recorded.code == 0, "\(recorded.errors)")
    try FileManager.default.copyItem(
      at: Shell.package.appendingPathComponent("golden/smoke/vgg08.jsonl.zst"),
      to: URL(fileURLWithPath: directory.path("golden/smoke/vgg08.jsonl.zst")))
    return directory
  }

  init() throws {
    directory = try TemporaryDirectory()
    let made = try Self.made.get()
    for name in ["matrix.yaml", "runs", "golden"] {
      try FileManager.default.copyItem(atPath: made.path(name), toPath: directory.path(name))
    }
  }

  private static func record(_ directory: TemporaryDirectory, _ more: [String] = []) throws -> Program.Outcome {
    try Program.run(
      [
        "golden", "record", "--profile", "smoke", "--rows", "one", "--runs", directory.path("runs"), "--into",
        directory.path("golden"), "--reason", "for a test", "--yes",
      ] + more, environment: ["CI": ""])
  }

  private func record(_ more: [String] = []) throws -> Program.Outcome { try Self.record(directory, more) }

  private func check(_ more: [String]) throws -> Program.Outcome {
    try Program.run(
      ["golden", "check", "--profile", "smoke", "--against", golden] + more, environment: ["GITHUB_ACTIONS": ""])
  }

  @Test("the row's own epochs count when it is recorded: with its file, and without it those that its runs made")
  func ownEpochs() throws {
    #expect(try record(["--matrix", file]).output.contains("nothing changes"))
    try directory.write(SmallRuns.matrix.replacing("epochs: 1", with: "epochs: 3"), "other.yaml")
    let longer = try record(["--matrix", directory.path("other.yaml")])
    #expect(longer.code == 2 && longer.errors.contains("2 epochs of 3"), "\(longer.errors)")
  }

  @Test("a check runs the row from its file, and judges the others beside it")
  func withFile() throws {
    let outcome = try check(["--matrix", file, "--out", directory.path("fresh")])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains(/one +0  identical/) && outcome.output.contains(/vgg08 +0  identical/), "\(outcome.output)")
    #expect(outcome.output.contains("compared: 2 of 2 runs"))
  }

  @Test("without the file the row is named as not comparable, exit code 2, and the others are judged; the advice can be followed")
  func withoutFile() throws {
    let outcome = try check(["--out", directory.path("fresh")])
    #expect(outcome.code == 2, "\(outcome.output)\(outcome.errors)")
    #expect(
      outcome.output.contains(/vgg08 +0  identical/) && outcome.output.contains("one: not comparable: "), "\(outcome.output)")
    #expect(outcome.output.contains("gradflow golden check --profile smoke --rows one --matrix FILE"), "\(outcome.output)")
    let alone = try check(["--rows", "one", "--matrix", file, "--out", directory.path("alone")])
    #expect(alone.code == 0 && alone.output.contains("verdict: identical"), "\(alone.output)\(alone.errors)")
  }

  @Test("runs are known by their traces' headers, whatever their directories are called; of a link nothing is judged twice")
  func renamed() throws {
    try FileManager.default.moveItem(atPath: directory.path("runs/one-s2"), toPath: directory.path("runs/second try"))
    try FileManager.default.createSymbolicLink(atPath: directory.path("runs/latest"), withDestinationPath: "one-s3")
    let outcome = try check(["--rows", "one", "--runs", directory.path("runs"), "--format", "json"])
    let report = try JSONValue(parsing: outcome.output)
    let runs = report["runs"]?.array ?? []
    #expect(outcome.code == 0 && runs.count == 4, "\(outcome.output)")
    #expect(runs.first { $0["seed"]?.int == 2 }?["run"]?.string == directory.path("runs/second try"))
    #expect(try record().output.contains("nothing changes"))
    let seed = try check(["--rows", "one", "--runs", directory.path("runs"), "--seed", "2"])
    #expect(seed.code == 0 && seed.output.contains("compared: 1 of 1 runs"), "\(seed.output)")
    // A copy is the same run once more: recording takes it, and a report names both places.
    try FileManager.default.copyItem(atPath: directory.path("runs/one-s0"), toPath: directory.path("runs/one-s0.bak"))
    #expect(try record().output.contains("nothing changes"))
    let table = try Program.run(["table1", directory.path("runs"), "--against", golden])
    #expect(
      table.code == 2 && table.errors.contains("runs/one-s0 and ") && table.errors.contains("runs/one-s0.bak"), "\(table.errors)")
  }

  @Test("a run that diverged is a finding to every check, exit code 1, and the others are judged")
  func diverged() throws {
    let out = directory.path("night")
    try directory.write(
      SmallRuns.matrix.replacing("epochs: 1", with: "epochs: 2").replacing("base: 0.01", with: "base: 10")
        .replacing("depth: 14", with: "depth: 38"), "wild.yaml")
    let wild = try Program.run([
      "matrix", "--profile", "smoke", "--matrix", directory.path("wild.yaml"), "--rows", "four", "--out", out,
    ])
    let whole = try Program.run(["run", "vgg08", "--profile", "smoke", "--out", out])
    #expect(whole.code == 0)
    // Were it to train even so, what follows would decide nothing.
    try #require(wild.code == 2 && wild.errors.contains("finite"), "\(wild.errors)")
    #expect(!wild.errors.contains("-nan"))
    #expect(fileExists(out + "/four-s0/diverged.json"))
    for (arguments, finds) in [
      (
        ["golden", "check", "--profile", "smoke", "--against", golden, "--runs", out, "--rows", "four,vgg08"],
        "four seed 0: regression"
      ),
      (["table1", out, "--against", golden], "it diverged in epoch"), (["claims", out], "four-s0: it diverged in epoch"),
      (["report", out, "--against", golden, "--out", directory.path("r.html")], "four-s0: it diverged in epoch"),
    ] {
      let outcome = try Program.run(arguments, environment: ["GITHUB_ACTIONS": ""])
      #expect(
        outcome.code == 1 && (outcome.output + outcome.errors).contains(finds), "\(arguments): \(outcome.output)\(outcome.errors)"
      )
      if arguments[0] != "claims" { #expect(outcome.output.contains("identical"), "\(outcome.output)") }
    }
  }

  @Test("a trace without its last bytes is used as far as it is whole, by every reader, and each says so")
  func torn() throws {
    let run = directory.path("runs/one-s0"), trace = run + "/trace.jsonl.zst"
    let bytes = try readFile(trace)
    try AtomicFile.write(Array(bytes.dropLast(7)), to: trace)
    for arguments in [
      ["golden", "show", run], ["golden", "show", trace, "--all"], ["golden", "diff", run, directory.path("runs/one-s1")],
      ["bisect", run, directory.path("runs/one-s1")], ["export", run, "--format", "csv"], ["table1", run], ["claims", run],
      ["report", run, "--out", directory.path("torn.html")], ["replay", run, "--step", "0:0"],
      ["golden", "check", "--profile", "smoke", "--against", golden, "--rows", "one", "--runs", run],
    ] {
      let outcome = try Program.run(arguments, environment: ["GITHUB_ACTIONS": ""])
      #expect(outcome.errors.contains("the last frame is torn at byte"), "\(arguments): \(outcome.errors)")
      #expect(!outcome.errors.contains("get or make it again"), "\(arguments): \(outcome.errors)")
      #expect(!outcome.output.isEmpty, "\(arguments)")
    }
    #expect(try Program.run(["golden", "show", run]).code == 0)
    // Cut off within its first frame it holds nothing, and a golden must be whole.
    try AtomicFile.write(Array(bytes.prefix(20)), to: trace)
    #expect(try Program.run(["golden", "show", run]).code == 2)
    let recorded = golden + "/smoke/one.jsonl.zst"
    try AtomicFile.write(Array(try readFile(recorded).dropLast(7)), to: recorded)
    #expect(try Program.run(["golden", "show", recorded]).code == 2)
  }
}
