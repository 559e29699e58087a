import Files
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Kernels
import Processes
import TestSupport
import Testing
import Traces

/// Six runs of a row, made once for all tests, and the golden of five of them.
private enum SharedRuns {
  static let path: Result<String, any Error> = Result {
    let path = try TemporaryDirectory.untilExit().path
    let runs = ["matrix", "--profile", "smoke", "--rows", "vgg08", "--seeds", "0..5", "--out", path + "/runs"]
    let record = [
      "golden", "record", "--profile", "smoke", "--rows", "vgg08", "--runs", path + "/runs", "--seeds", "0..4", "--into",
      path + "/golden", "--reason", "for a test", "--yes",
    ]
    for arguments in [runs, record] {
      let outcome = try Program.run(arguments, environment: ["CI": ""])
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    return path
  }
}

@Suite("gradflow golden")
struct GoldenCommandTests {
  private let directory: TemporaryDirectory
  private var golden: String { directory.path("golden") }

  init() throws {
    directory = try TemporaryDirectory()
    let shared = try SharedRuns.path.get()
    for name in ["runs", "golden"] {
      try FileManager.default.copyItem(atPath: "\(shared)/\(name)", toPath: directory.path(name))
    }
  }

  private func record(
    _ more: [String] = [], runs: String = "runs", yes: Bool = true, environment: [String: String] = [:]
  ) throws -> Program.Outcome {
    try Program.run(
      [
        "golden", "record", "--profile", "smoke", "--rows", "vgg08", "--runs", directory.path(runs), "--into", golden,
        "--reason", "for a test",
      ] + (yes ? ["--yes"] : []) + more,
      environment: ["CI": ""].merging(environment) { $1 })
  }

  private func check(_ more: [String], environment: [String: String] = [:]) throws -> Program.Outcome {
    try Program.run(
      ["golden", "check", "--profile", "smoke", "--against", golden] + more,
      environment: ["GITHUB_ACTIONS": ""].merging(environment) { $1 })
  }

  private func run(_ seed: Int) -> String { directory.path("runs/vgg08-s\(seed)") }

  /// A run's trace with one number replaced, in a directory of its own.
  private func altered(_ from: String, _ to: String, seed: Int = 0, name: String = "altered") throws -> String {
    let text = try directory.trace("vgg08-s\(seed)", in: "runs")
    #expect(text.contains(from))
    let changed = text.replacingOccurrences(of: from, with: to)
    try createDirectory(directory.path("\(name)/vgg08-s\(seed)"))
    try directory.write(Zstd.compress(Array(changed.utf8)), "\(name)/vgg08-s\(seed)/trace.jsonl.zst")
    return directory.path(name)
  }

  private func loss(_ seed: Int = 0) throws -> String {
    "\"train_loss\":\(exactText(try Trace(path: run(seed) + "/trace.jsonl.zst").epochs[2].trainLoss))"
  }

  @Test("runs the reference seed by itself and finds it identical, exit code 0; everything compared is counted")
  func identical() throws {
    let outcome = try check(["--out", directory.path("fresh"), "--require", "identical"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("verdict: identical") && outcome.output.contains("compared: 1 of 1 runs, 1 rows, 3 epochs"))
  }

  @Test("another seed is within the bands: exit code 0, or 1 where identical is required")
  func withinBand() throws {
    let outcome = try check(["--runs", run(5)])
    #expect(
      outcome.code == 0 && outcome.output.contains("vgg08 seed 5: within-band: the seeds differ: 0 and 5"), "\(outcome.output)")
    let strict = try check(["--runs", run(5), "--require", "identical"])
    #expect(strict.code == 1 && strict.output.contains("verdict: within-band, where identical is required"))
  }

  @Test("with finished runs, a note says that steps from anchors were not judged; under another seed there are none")
  func withoutAnchors() throws {
    let reference = try check(["--runs", run(0)])
    #expect(reference.code == 0, "\(reference.errors)")
    #expect(reference.errors.contains("steps from anchors were not judged of \(run(0))"), "\(reference.errors)")
    #expect(!(try check(["--runs", run(5)]).errors.contains("anchors")))
  }

  @Test("bits that differ and should not: exit code 1, with the place and the command to bisect; allowed, 0")
  func bits() throws {
    let loss = try loss()
    let runs = try altered(loss, String(loss.dropLast()) + (loss.last == "1" ? "2" : "1"))
    let outcome = try check(["--runs", runs])
    #expect(
      outcome.output.contains("verdict: within-rounding, and bits differ that the contract promises equal"), "\(outcome.output)")
    let allowed = try check(["--runs", runs, "--allow-other-bits"])
    #expect(allowed.code == 0 && allowed.output.hasSuffix("verdict: within-rounding\n"), "\(allowed.output)")
    #expect(try check(["--runs", runs, "--allow-other-bits", "--require", "identical"]).code == 64)
    let junit = try check(["--runs", runs, "--format", "junit"])
    #expect(junit.code == 1 && junit.output.contains("failures=\"1\""), "\(junit.output)")
    let annotated = try check(["--runs", runs], environment: ["GITHUB_ACTIONS": "true"])
    #expect(annotated.errors.contains("::error title=golden smoke vgg08 seed 0::within-rounding"), "\(annotated.errors)")
    #expect(outcome.code == 1 && outcome.output.contains("epoch 2, train_loss"), "\(outcome.output)")
    let command = "gradflow bisect \(runs)/vgg08-s0 \(golden)/smoke/vgg08.jsonl.zst"
    #expect(outcome.output.contains(command))
    let bisect = try Program.run(command.split(separator: " ").dropFirst().map(String.init))
    #expect(bisect.code == 1 && bisect.output.contains("train_loss"), "\(bisect.output)")
    let same = try Program.run(["bisect", run(0), "\(golden)/smoke/vgg08.jsonl.zst"])
    #expect(same.code == 0, "\(same.output)")
  }

  @Test("a regression: exit code 1, what and where, how to run it again and how to accept it; as JSON and for GitHub too")
  func regression() throws {
    let runs = try altered(try loss(), "\"train_loss\":7.5e9")
    let outcome = try check(["--runs", runs], environment: ["GITHUB_ACTIONS": "true"])
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("epoch 2, train_loss: found 7500000000.0, expected "), "\(outcome.output)")
    for words in ["run again: gradflow golden check", "accept:    gradflow matrix", "band widths outside"] {
      #expect(outcome.output.contains(words), "\(words)")
    }
    #expect(outcome.errors.contains("::error title=golden smoke vgg08 seed 0::regression: epoch 2, train_loss"))
    let json = try check(["--runs", runs, "--format", "json"])
    #expect(json.code == 1)
    let report = try JSONValue(parsing: json.output)
    #expect(report["verdict"]?.string == "regression" && report["passed"]?.bool == false)
    let finding = report["runs"]?.array?.first?["findings"]?.array?.first
    #expect(finding?["metric"]?.string == "train_loss" && finding?["found"]?.double == 7.5e9 && finding?["epoch"]?.int == 2)
    #expect(finding?["band_widths_outside"]?.double.map { $0 > 0 } == true)
  }

  @Test("what is not finite is a regression", arguments: ["\"nan\"", "\"inf\""])
  func notFinite(value: String) throws {
    let outcome = try check(["--runs", try altered(try loss(), "\"train_loss\":\(value)")])
    #expect(outcome.code == 1 && outcome.output.contains("not a finite number"), "\(outcome.output)")
  }

  @Test("other settings or another profile: not comparable, by name, exit code 2")
  func notComparable() throws {
    let outcome = try check(["--runs", try altered("\"adam_beta2\":0.999", "\"adam_beta2\":0.99")])
    #expect(outcome.code == 2 && outcome.output.contains("the settings differ in training.adam_beta2: 0.999 and 0.99"))
    let profile = try check(["--runs", try altered("\"profile\":\"smoke\"", "\"profile\":\"quick\"", name: "quick")])
    #expect(profile.code == 2 && profile.output.contains("the profiles differ"))
  }

  @Test("a row without a golden, a row without a run, a profile without any, a directory without runs: exit code 2")
  func missing() throws {
    let row = try check(["--rows", "vgg08,vgg38", "--runs", run(0)])
    #expect(row.code == 2 && row.output.contains("there is no run of this row"), "\(row.output)")
    let other = try altered("\"row\":\"vgg08\"", "\"row\":\"vgg38\"")
    let foreign = try check(["--runs", other])
    #expect(foreign.code == 2 && foreign.output.contains("there is no golden \(golden)/smoke/vgg38.jsonl.zst"))
    #expect(foreign.output.contains("vgg08: not comparable: there is no run"))
    let profile = try Program.run(["golden", "check", "--profile", "quick", "--against", golden])
    #expect(profile.code == 2 && profile.errors.contains("no goldens of the profile quick"))
    let empty = try check(["--runs", golden])
    #expect(empty.code == 2 && empty.errors.contains("holds no runs"))
    #expect(try check(["--runs", directory.path("nowhere")]).code == 2)
  }

  @Test("a name that no row has is wrong usage, exit code 64; a row of a matrix file is known by its runs or its golden")
  func unknownRows() throws {
    for outcome in [try check(["--rows", "vgg16", "--runs", directory.path("runs")]), try record(["--rows", "vgg16"])] {
      #expect(outcome.code == 64 && outcome.output.isEmpty, "\(outcome.output)")
      #expect(outcome.errors.contains("no row named \"vgg16\"; the rows are vgg08, "), "\(outcome.errors)")
    }
    // The trace's header says which row a run is of, whatever its directory is called.
    try FileManager.default.moveItem(atPath: run(1), toPath: directory.path("runs/mine-s1"))
    #expect(try check(["--rows", "mine", "--runs", directory.path("runs")]).code == 64)
    let text = try directory.trace("mine-s1", in: "runs").replacing("\"row\":\"vgg08\"", with: "\"row\":\"mine\"")
    try directory.write(Zstd.compress(Array(text.utf8)), "runs/mine-s1/trace.jsonl.zst")
    #expect(try check(["--rows", "mine", "--runs", directory.path("runs")]).code == 2)
    try FileManager.default.copyItem(atPath: "\(golden)/smoke/vgg08.jsonl.zst", toPath: "\(golden)/smoke/mine2.jsonl.zst")
    #expect(try check(["--rows", "mine2", "--runs", directory.path("runs")]).code == 2)
  }

  @Test("a run or a golden that is damaged: exit code 2, by name, and the others are judged all the same")
  func damaged() throws {
    try createDirectory(directory.path("damaged/vgg08-s7"))
    try directory.write([1, 2, 3], "damaged/vgg08-s7/trace.jsonl.zst")
    let outcome = try check(["--runs", run(0), "--runs", directory.path("damaged")])
    #expect(
      outcome.code == 2 && outcome.output.contains("damaged/vgg08-s7/trace.jsonl.zst is not a zstd file"), "\(outcome.output)")
    #expect(outcome.output.contains("vgg08     0  identical"))
    let file = "\(golden)/smoke/vgg08.jsonl.zst"
    try AtomicFile.write(Array(try readFile(file).dropLast(10)), to: file)
    let golden = try check(["--runs", run(0)])
    #expect(golden.code == 2 && golden.output.contains("vgg08.jsonl.zst ends within"), "\(golden.output)")
  }

  @Test("a run that diverges is a regression")
  func diverged() throws {
    // Deep, residual, without batch norm, and with a learning rate of 10: the second step overflows.
    let matrix = SmallRuns.matrix.replacingOccurrences(of: "base: 0.01", with: "base: 10")
      .replacingOccurrences(of: "depth: 14", with: "depth: 38").replacingOccurrences(of: "id: four", with: "id: vgg08")
    try directory.write(matrix, "matrix.yaml")
    let outcome = try Program.run([
      "matrix", "--profile", "smoke", "--matrix", directory.path("matrix.yaml"), "--rows", "vgg08", "--check", "--against",
      golden, "--out", directory.path("diverged"),
    ])
    #expect(
      outcome.code == 1 && outcome.output.contains("train_loss: found nan, which is not a finite number"), "\(outcome.output)")
  }

  @Test("several directories are judged together, and a run that is in two of them once")
  func several() throws {
    let outcome = try check(["--runs", run(0), "--runs", run(5), "--runs", directory.path("runs")])
    #expect(outcome.code == 0 && outcome.output.contains("compared: 6 of 6 runs"), "\(outcome.output)")
    let chosen = try check(["--runs", directory.path("runs"), "--seeds", "3..5"])
    #expect(chosen.code == 0 && chosen.output.contains("compared: 3 of 3 runs"), "\(chosen.output)")
  }

  @Test("a shorter run lacks epochs; asked for a prefix, it is identical")
  func prefix() throws {
    let out = directory.path("short")
    #expect(try Program.run(["run", "vgg08", "--profile", "smoke", "--epochs", "2", "--out", out]).code == 0)
    let outcome = try check(["--runs", out])
    #expect(outcome.code == 1 && outcome.output.contains("epoch 2, line is missing"), "\(outcome.output)")
    let asked = try check(["--runs", out, "--prefix", "--require", "identical"])
    #expect(asked.code == 0 && asked.output.contains("verdict: identical"), "\(asked.output)")
  }

  @Test("matrix --check ends with the verdict on what it ran")
  func matrix() throws {
    let arguments = ["matrix", "--profile", "smoke", "--check", "--against", golden, "--out", directory.path("matrix")]
    let outcome = try Program.run(arguments + ["--rows", "vgg08"])
    #expect(outcome.code == 0 && outcome.output.hasSuffix("verdict: identical\n"), "\(outcome.output)")
    let prefix = try Program.run(arguments + ["--rows", "vgg08", "--epochs", "1", "--overwrite"])
    #expect(prefix.code == 0 && prefix.output.hasSuffix("verdict: identical\n"), "\(prefix.output)")
    try directory.write(SmallRuns.matrix, "matrix.yaml")
    let other = try Program.run(arguments + ["--matrix", directory.path("matrix.yaml"), "--rows", "one"])
    #expect(other.code == 2 && other.output.contains("no golden"), "\(other.output)")
  }

  @Test("matrix --check without any golden to check by refuses before it trains: exit code 2, what is there, and what to do")
  func nothingToCheckBy() throws {
    try createDirectory(directory.path("empty"))
    let cases = [
      ("smoke", directory.path("nowhere"), "nowhere: there is no such directory of goldens; name it with --against"),
      ("quick", golden, "no goldens of the profile quick in \(golden), only of smoke; `gradflow golden record --profile quick"),
      ("smoke", directory.path("empty"), "empty, nor of any other"),
    ]
    for (profile, against, words) in cases {
      let arguments = ["--profile", profile, "--rows", "vgg08", "--against", against, "--out", directory.path("unmade")]
      for command in [["matrix", "--check"], ["golden", "check"]] {
        let outcome = try Program.run(command + arguments)
        #expect(outcome.code == 2 && outcome.output.isEmpty && outcome.errors.contains(words), "\(command): \(outcome.errors)")
      }
      #expect(directory.names("unmade").isEmpty)
    }
    let report = try Program.run([
      "matrix", "--profile", "smoke", "--rows", "vgg08", "--report", "--against", directory.path("nowhere"), "--out",
      directory.path("unmade"),
    ])
    #expect(report.code == 2 && report.errors.contains("no such directory of goldens") && directory.names("unmade").isEmpty)
  }

  @Test("recording refuses in continuous integration, without a reason, without an answer, and what is not whole")
  func refusals() throws {
    let before = try readFile("\(golden)/smoke/vgg08.jsonl.zst")
    let inCI = try record(environment: ["CI": "true"])
    #expect(inCI.code == 2 && inCI.errors.contains("continuous integration"))
    let unasked = try record(yes: false)
    #expect(unasked.code == 2 && unasked.errors.contains("--yes records without asking") && unasked.output.contains("changed"))
    #expect(try record(["--reason", " "]).code == 64)
    #expect(try Program.run(["golden", "record", "--runs", run(0)]).code == 64)
    let broken = try record(runs: "altered", environment: [:], altered(try loss(), "\"train_loss\":\"nan\""))
    #expect(broken.code == 2 && broken.errors.contains("not finite"), "\(broken.errors)")
    let row = try record(["--rows", "vgg38"])
    #expect(row.code == 2 && row.errors.contains("vgg38: no run"))
    #expect(try readFile("\(golden)/smoke/vgg08.jsonl.zst") == before)
  }

  private func record(runs: String, environment: [String: String], _ made: String) throws -> Program.Outcome {
    try record(runs: runs, environment: environment)
  }

  @Test("recording refuses a checkout with changes outside the goldens, and takes one with changes within")
  func dirty() throws {
    func git(_ arguments: String...) throws {
      let git = ["git", "-C", directory.path, "-c", "user.name=x", "-c", "user.email=x@example.org"]
      let outcome = try Shell.run(git + arguments)
      #expect(outcome.code == 0, "\(outcome.output)")
    }
    try git("init", "--quiet")
    try directory.write("/runs/\n", ".gitignore")
    try directory.write("a program", "program")
    try git("add", "-A")
    try git("commit", "--quiet", "-m", "all")
    // More seeds than before: something changes.
    #expect(try record().code == 0)
    try directory.write("another program", "program")
    let changed = try record(["--seeds", "0..4"])
    #expect(
      changed.code == 2 && changed.errors.contains("changes outside") && changed.errors.contains("program"), "\(changed.errors)")
    try git("commit", "--quiet", "-am", "more")
    try directory.write("a new file", "untracked")
    #expect(try record(["--seeds", "0..4"]).code == 2)
  }

  @Test("recording says where seeds differ so much that a band lets everything in")
  func idleBand() throws {
    for seed in 0...5 {
      let changed = try directory.trace("vgg08-s\(seed)", in: "runs")
        .replacing(try Regex("\"val_accuracy\":[0-9.]+"), with: "\"val_accuracy\":\(seed % 2)")
      try createDirectory(directory.path("apart/vgg08-s\(seed)"))
      try directory.write(Zstd.compress(Array(changed.utf8)), "apart/vgg08-s\(seed)/trace.jsonl.zst")
    }
    let outcome = try record(runs: "apart")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let warnings = outcome.errors.split(separator: "\n").filter { $0.contains("warning") }
    #expect(warnings.count == 1 && warnings[0].contains("vgg08: val_accuracy differs so much"), "\(outcome.errors)")
    let index = String(decoding: try readFile(golden + "/index.csv"), as: UTF8.self)
    #expect(index.contains(",0.0..1.0,"))
  }

  @Test("an ensemble that is not there takes no golden's bands away, and an index is made of goldens that are there")
  func absentEnsemble() throws {
    let before = try readFile("\(golden)/smoke/vgg08.jsonl.zst")
    let none = try record(["--seeds", "70..90"])
    #expect(none.code == 2 && none.errors.contains("no run of the seeds 70..90"), "\(none.errors)")
    let single = try record(["--seeds", "0..0"])
    #expect(single.code == 2 && single.errors.contains("--keep-bands"), "\(single.errors)")
    #expect(try readFile("\(golden)/smoke/vgg08.jsonl.zst") == before)
    let index = try Program.run(["golden", "index", "--against", directory.path("nowhere")])
    #expect(index.code == 2 && index.output.isEmpty)
  }

  @Test("rows may be named in several options")
  func rowsTwice() throws {
    let rows = try check(["--rows", "vgg38", "--rows", "vgg08", "--runs", directory.path("runs")])
    #expect(rows.code == 2 && rows.output.contains("vgg38"), "\(rows.output)\(rows.errors)")
  }

  @Test("recorded anew without a change nothing is written; bands are kept for a new contract version that they hold for")
  func keptBands() throws {
    let same = try record(["--seeds", "0..4"])
    #expect(same.code == 0 && same.output.contains("nothing changes"), "\(same.output)")
    let version = NumericsContract.version
    _ = try altered("\"numerics\":\(version)", "\"numerics\":\(version + 1)", name: "next")
    let before = try check(["--runs", directory.path("next")])
    #expect(
      before.code == 0 && before.output.contains("the versions of the numeric contract differ: \(version) and \(version + 1)"))
    #expect(before.output.contains("--keep-bands"))
    let kept = try record(["--keep-bands"], runs: "next")
    #expect(kept.code == 0 && kept.output.contains("\(version) -> \(version + 1)"), "\(kept.output) \(kept.errors)")
    let after = try check(["--runs", directory.path("next"), "--require", "identical"])
    #expect(after.code == 0, "\(after.output)")
    let show = try Program.run(["golden", "show", "\(golden)/smoke/vgg08.jsonl.zst"])
    #expect(
      show.output.contains("numerics: \(version + 1)") && show.output.contains("5 seeds under contract version \(version)"),
      "\(show.output)")
  }

  @Test("show prints metrics with their bands, and every number on request; diff tells two traces apart")
  func showAndDiff() throws {
    let file = "\(golden)/smoke/vgg08.jsonl.zst"
    let show = try Program.run(["golden", "show", file])
    #expect(show.code == 0 && show.output.contains("reason: for a test") && show.output.contains("logit_linear_layer"))
    let all = try Program.run(["golden", "show", "--all", file])
    let trace = try Trace(path: run(0) + "/trace.jsonl.zst")
    #expect(all.output.contains("epoch 2 train_loss: \(exactText(trace.epochs[2].trainLoss))\n"))
    #expect(all.output.contains("band epoch 2 val_accuracy: "))
    #expect(try Program.run(["golden", "show", run(0)]).code == 0)
    #expect(try Program.run(["golden", "diff", run(0), file]).code == 0)
    let diff = try Program.run(["golden", "diff", run(1), file])
    #expect(diff.code == 1 && diff.output.contains("the seeds differ: 1 and 0") && diff.output.contains("gradient_flow"))
    // Of two networks the layers that both have are compared: nine, in three epochs.
    let deep = Shell.package.path + "/golden/smoke/vgg38.jsonl.zst"
    for pair in [[deep, file], [file, deep]] {
      let networks = try Program.run(["golden", "diff"] + pair)
      #expect(
        networks.code == 1 && networks.output.contains(#/\ngradient_flow +27 +27 /#), "\(networks.output)\(networks.errors)")
    }
  }

  @Test("JUnit XML is read back by junitparser, where Python has it")
  func junit() throws {
    let runs = try altered(try loss(), "\"train_loss\":7.5e9")
    let outcome = try check(["--rows", "vgg08,vgg38", "--runs", runs, "--runs", run(5), "--format", "junit"])
    #expect(outcome.code == 1)
    try directory.write(outcome.output, "report.xml")
    #expect(XMLParser(data: Data(outcome.output.utf8)).parse())
    let script =
      """
      import sys
      try: import junitparser
      except ImportError: sys.exit(77)
      cases = [c for s in junitparser.JUnitXml.fromfile(sys.argv[1]) for c in s]
      for c in cases: print(c.classname, c.name, [type(r).__name__ + " " + r.type for r in c.result])
      """
    let name = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    let python = try Shell.run([name, "-c", script, directory.path("report.xml")])
    if python.code == 77 || python.code == 127 {
      print("junitparser is not installed: the JUnit report was read by Foundation's XML parser alone")
      return
    }
    #expect(
      python.output == "golden.smoke vgg08 seed 0 ['Failure regression']\ngolden.smoke vgg08 seed 5 []\n"
        + "golden.smoke vgg38 ['Error not comparable']\n")
  }
}

@Suite("The goldens of this checkout")
struct RecordedGoldenTests {
  private static let golden = Shell.package.appendingPathComponent("golden").path

  private static let table1 = "vgg08,vgg38,vgg38-bn-1e-2,vgg38-bn-1e-3,vgg38-rc,vgg38-bn-rc-1e-3,vgg38-bn-rc-1e-2"

  /// Of the rows beyond Table 1 `make golden` asks the same.
  @Test("smoke: all seven rows of Table 1 are identical to what is recorded")
  func smoke() throws {
    let directory = try TemporaryDirectory()
    let outcome = try Program.run(
      [
        "golden", "check", "--profile", "smoke", "--rows", Self.table1, "--against", Self.golden, "--out", directory.path("runs"),
        "--require", "identical",
      ])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("compared: 7 of 7 runs, 7 rows, 21 epochs"), "\(outcome.output)")
  }

  @Test("finished runs need not be of rows outside Table 1 that have goldens, unless these are named")
  func besides() throws {
    let directory = try TemporaryDirectory()
    let run = try Program.run(["run", "vgg08", "--profile", "smoke", "--out", directory.path("runs")])
    try #require(run.code == 0, "\(run.errors)")
    try FileManager.default.createDirectory(atPath: directory.path("golden/smoke"), withIntermediateDirectories: true)
    for row in ["vgg08", "vgg38-he-1e-3"] {
      try FileManager.default.copyItem(
        atPath: Self.golden + "/smoke/\(row).jsonl.zst", toPath: directory.path("golden/smoke/\(row).jsonl.zst"))
    }
    let check = [
      "golden", "check", "--profile", "smoke", "--against", directory.path("golden"), "--runs", directory.path("runs"),
    ]
    let all = try Program.run(check)
    #expect(all.code == 0 && all.output.contains("compared: 1 of 1 runs, 1 rows"), "\(all.output)\(all.errors)")
    let named = try Program.run(check + ["--rows", "vgg08,vgg38-he-1e-3"])
    #expect(named.code == 2 && named.output.contains("vgg38-he-1e-3"), "\(named.output)\(named.errors)")
    // A row of Table 1 is missed.
    try FileManager.default.copyItem(
      atPath: Self.golden + "/smoke/vgg38.jsonl.zst", toPath: directory.path("golden/smoke/vgg38.jsonl.zst"))
    #expect(try Program.run(check).code == 2)
  }

  @Test("the index says what the files say, and all goldens together are below 10 MB")
  func index() throws {
    var total = 0
    var files: [String] = []
    for profile in try directoryEntries(Self.golden) where isDirectory("\(Self.golden)/\(profile)") {
      for name in try directoryEntries("\(Self.golden)/\(profile)") {
        total += try readFile("\(Self.golden)/\(profile)/\(name)").count
        files.append("\(profile)/\(name)")
      }
    }
    #expect(total < 10_000_000 && files.count { $0.hasPrefix("smoke/") } == 17)
    let index = String(decoding: try readFile(Self.golden + "/index.csv"), as: UTF8.self)
    #expect(try Program.run(["golden", "index", "--against", Self.golden]).output == index)
    for file in files { #expect(index.contains("\n\(file),"), "\(file)") }
  }
}
