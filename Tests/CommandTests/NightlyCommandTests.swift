import Files
import Foundation
import Processes
import Reports
import TestSupport
import Testing

@testable import gradflow

@Suite("gradflow nightly")
struct NightlyCommandTests {
  private let directory: TemporaryDirectory
  private var night: String { directory.path("night") }

  init() throws { directory = try TemporaryDirectory() }

  private func nightly(_ arguments: [String]) throws -> Program.Outcome {
    try Program.run(
      ["nightly", "--profile", "smoke", "--out", night, "--against", Shell.package.path + "/golden"] + arguments,
      environment: ["CI": ""])
  }

  private func text(_ name: String) -> String {
    (try? readFile("\(night)/\(name)")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private func status() throws -> JSONValue { try JSONValue(parsing: text("status.json")) }

  /// Goldens say identical; claims need what smoke is not, so that the night cannot be judged whole.
  private func expectJudged(_ outcome: Program.Outcome) throws {
    let summary = text("summary.txt")
    #expect(outcome.code == 2, "\(outcome.errors)")
    #expect(summary.hasPrefix("The night could not be judged whole.\n") && outcome.output.contains(summary), "\(summary)")
    for words in ["goldens      passed: ", "table1       passed: ", "claims       could not be made: ", "report       passed: "] {
      #expect(summary.contains(words), "\(words): \(summary)")
    }
    #expect(summary.contains(/vgg08 +0  identical/), "\(summary)")
    #expect(text("report.html").hasPrefix("<!DOCTYPE html>"))
    #expect(try status()["status"]?.int == 2)
    #expect(try status()["runs"]?.array?.first?["finished"]?.bool == true)
  }

  @Test("a night that is killed goes on by the same command, to the verdict, and the next one begins anew")
  func killed() throws {
    #expect(try !nightly(["--rows", "vgg08", "--kill-at", "step:20"]).hasExited)
    // The program is known by its commit, or by its own bytes.
    #expect(text("revision").firstMatch(of: /^(program )?[0-9a-f]{40}\n/) != nil && text("status.json").isEmpty)
    let second = try nightly(["--rows", "vgg08"])
    #expect(second.errors.contains("vgg08-s0: continuing at"), "\(second.errors)")
    try expectJudged(second)
    #expect(text("revision").isEmpty)
    #expect(text("log.txt").contains("vgg08-s0: continuing at") && text("log.txt").contains("vgg08-s0: test"))
    let third = try nightly(["--rows", "vgg08"])
    #expect(!third.errors.contains("continuing"), "\(third.errors)")
    try expectJudged(third)
    // A line a night that came to its verdict, and both on the page.
    #expect(text("history.jsonl").split(separator: "\n").count == 2)
    #expect(text("report.html").contains("id=\"nights\"") && text("report.html").contains("2 nights of this profile"))
  }

  @Test("a night cut by its limit ends with 75, judges nothing, and goes on")
  func cut() throws {
    // Twenty runs of 38 layers take more than a second anywhere.
    let first = try nightly(["--rows", "vgg38", "--seeds", "0..19", "--limit", "1s"])
    #expect(first.code == 75 && first.errors.contains("the same command goes on with it"), "\(first.errors)")
    #expect(try status()["status"]?.int == 75 && status()["word"]?.string == "cut")
    #expect(text("summary.txt").hasPrefix("The night is cut") && text("goldens.txt").isEmpty && !text("revision").isEmpty)
    let second = try nightly(["--rows", "vgg38"])
    #expect(second.code == 2 && text("summary.txt").contains(/vgg38 +0  identical/), "\(second.errors)")
  }

  @Test("a night begun at another revision is given up, and its runs are removed")
  func otherRevision() throws {
    try createDirectory(night + "/runs/vgg38-s0")
    try AtomicFile.write("of another program", to: night + "/runs/vgg38-s0/trace.jsonl.zst")
    try AtomicFile.write("0123456789\n", to: night + "/revision")
    // Somebody wrote into its history, too.
    try AtomicFile.write("no night\n{}\n", to: night + "/history.jsonl")
    let outcome = try nightly(["--rows", "vgg08"])
    #expect(outcome.errors.contains("history.jsonl: 2 lines are no nights, and are left as they are"), "\(outcome.errors)")
    #expect(text("history.jsonl").hasPrefix("no night\n{}\n") && text("history.jsonl").split(separator: "\n").count == 3)
    #expect(outcome.errors.contains("the night begun at 0123456789 is given up for "), "\(outcome.errors)")
    #expect(directory.names("night/runs") == ["vgg08-s0"])
    try expectJudged(outcome)
  }

  @Test("a night removes and replaces nothing that no night made")
  func foreign() throws {
    let mine = ["night/runs/paper/mine/trace.txt", "night/runs/vgg38-s0/trace.jsonl.zst", "night/runs/vgg08-s0/trace.jsonl.zst"]
    for path in mine { try createDirectory(directory.path(String(path[..<path.lastIndex(of: "/")!]))) }
    for path in mine { try directory.write("mine", path) }
    let refused = try nightly(["--rows", "vgg08"])
    #expect(refused.code == 2 && refused.errors.contains("vgg08-s0 holds a run that no night made"), "\(refused.errors)")
    #expect(text("summary.txt").isEmpty)
    try removeFile(directory.path(mine[2]))
    try expectJudged(try nightly(["--rows", "vgg08"]))
    try expectJudged(try nightly(["--rows", "vgg08"]))
    for path in mine.dropLast() { #expect(text(String(path.dropFirst(6))) == "mine", "\(path)") }
    // Nor does it write over a file that is not its own.
    try createDirectory(directory.path("other"))
    try directory.write("mine", "other/summary.txt")
    let other = try nightly(["--rows", "vgg08", "--out", directory.path("other")])
    #expect(other.code == 2 && other.errors.contains("no night left it"), "\(other.errors)")
    #expect(String(decoding: try readFile(directory.path("other/summary.txt")), as: UTF8.self) == "mine")
    #expect(!directory.names("other").contains("log.txt"))
  }

  @Test(
    "what keeps a night from training is found before the night before goes",
    arguments: [["--profile", "paper"], ["--shard", "2/3"]])
  func refusedFirst(arguments: [String]) throws {
    try expectJudged(try nightly(["--rows", "vgg08"]))
    let trace = try readFile(night + "/runs/vgg08-s0/trace.jsonl.zst")
    let outcome = try nightly(["--rows", "vgg08"] + arguments)
    #expect(outcome.code == 2 && text("summary.txt").hasPrefix("The night could not be trained: "), "\(outcome.errors)")
    #expect(try readFile(night + "/runs/vgg08-s0/trace.jsonl.zst") == trace)
    #expect(text("revision").isEmpty)
  }

  @Test("a night under way goes on with its own profile, data, matrix file and epochs, and is left alone by others")
  func otherSettings() throws {
    #expect(try !nightly(["--rows", "vgg08", "--kill-at", "step:20"]).hasExited)
    let begun = text("revision")
    for arguments in [["--epochs", "1"], ["--profile", "quick"]] {
      let outcome = try nightly(["--rows", "vgg08"] + arguments)
      #expect(
        outcome.code == 2 && outcome.errors.contains("the night under way in \(night) is of profile smoke"), "\(outcome.errors)")
      #expect(text("revision") == begun && text("summary.txt").isEmpty)
    }
    let own = try nightly(["--rows", "vgg08"])
    #expect(own.errors.contains("vgg08-s0: continuing at"), "\(own.errors)")
  }

  @Test("claims that come out as in the goldens are no finding where that is asked for, and the summary says so; others are")
  func recordedClaims() throws {
    let open = try nightly(["--rows", "vgg08", "--claims-as-recorded"])
    #expect(open.code == 2 && text("summary.txt").contains(/claims +could not be made:/), "\(open.errors)")
    // Beside goldens of the same row alone, which leave the same claims open.
    try createDirectory(directory.path("golden/smoke"))
    let golden = Shell.package.path + "/golden/smoke/vgg08.jsonl.zst"
    try AtomicFile.write(try readFile(golden), to: directory.path("golden/smoke/vgg08.jsonl.zst"))
    let judge = ["--judge", night + "/runs", "--against", directory.path("golden")]
    let same = try nightly(["--rows", "vgg08", "--claims-as-recorded"] + judge)
    #expect(same.code == 0 && text("summary.txt").hasPrefix("The night passed."), "\(same.errors)")
    #expect(text("summary.txt").contains(/claims +as recorded:/) && text("claims.txt").contains("not decidable"))
    #expect(try nightly(["--rows", "vgg08"] + judge).code == 2)
    let trained = try nightly(["--rows", "vgg08", "--train-only", "--claims-as-recorded"])
    #expect(trained.code == 64 && trained.errors.contains("judges nothing"), "\(trained.errors)")
  }

  @Test(
    "the claims of a profile's own runs are as recorded, also those that do not hold; where nothing is recorded, they are news")
  func explained() throws {
    let goldens = Shell.package.path + "/golden"
    let claims = Claims(try RunSet(readingFrom: [goldens + "/paper"]))
    #expect(claims.all.contains { $0.verdict == .notHeld } && claims.all.contains { $0.verdict == .undecidable })
    #expect(RecordedClaims(goldens + "/paper").explain(claims))
    #expect(!RecordedClaims(goldens + "/smoke").explain(claims) && !RecordedClaims(directory.path("nothing")).explain(claims))
  }

  @Test("a night that is trained, then judged, is over: the next one begins anew")
  func trainedAndJudged() throws {
    for _ in 0..<2 {
      let trained = try nightly(["--rows", "vgg08", "--train-only"])
      #expect(trained.code == 0 && !trained.errors.contains("continuing") && !trained.errors.contains("finished before"))
      // Until it is judged it is the same night.
      #expect(try nightly(["--rows", "vgg08", "--train-only"]).errors.contains("vgg08-s0: finished before"))
      try expectJudged(try nightly(["--rows", "vgg08", "--judge", night + "/runs"]))
      #expect(text("revision").isEmpty)
    }
    #expect(text("report.html").contains("2 nights of this profile"))
  }

  @Test("whoever is to know of findings hears of a night that cannot leave its files or print them")
  func cannotTell() throws {
    let told = directory.path("told.txt")
    let command = "{ echo \"$GRADFLOW_STATUS\"; cat; } >>'\(told)'"
    let line =
      "'\(Program.url.path)' nightly --profile smoke --rows vgg08 --out '\(night)' --against '\(Shell.package.path)/golden'"
    var environment = ProcessInfo.processInfo.environment.filter { $0.key != "GRADFLOW_DATA" }
    environment["COMMAND"] = command
    #if os(Linux)
      let full = try Shell.run(
        ["/bin/sh", "-c", line + " --on-finding \"$COMMAND\" >/dev/full"], in: URL(fileURLWithPath: directory.path),
        environment: environment)
      #expect(full.code == 2 && full.output.contains("No space left"), "\(full.output)")
      // The verdict is there, and was told.
      #expect(text("summary.txt").contains(/vgg08 +0  identical/))
      #expect(String(decoding: try readFile(told), as: UTF8.self) == "2\n" + text("summary.txt"))
      try removeFile(told)
      try removeFile(night + "/summary.txt")
    #endif
    try createDirectory(night + "/summary.txt/in the way")
    let blocked = try nightly(["--rows", "vgg08", "--on-finding", command])
    #expect(blocked.code == 2 && blocked.errors.contains("summary.txt"), "\(blocked.errors)")
    #expect(String(decoding: try readFile(told), as: UTF8.self).hasPrefix("2\nThe night could not be made: "))
  }

  @Test("a second night at the same time is refused, and touches nothing")
  func lock() throws {
    try createDirectory(night)
    try AtomicFile.write("as it was\n", to: night + "/summary.txt")
    let lock = try FileLock(path: night + "/lock")
    let outcome = try nightly(["--rows", "vgg08"])
    withExtendedLifetime(lock) {}
    #expect(outcome.code == 2 && outcome.errors.contains("in use by process"), "\(outcome.errors)")
    #expect(text("summary.txt") == "as it was\n" && directory.names("night/runs").isEmpty)
  }

  /// A row that diverges at once, and one that does not.
  private static let matrix = """
    format: gradflow-matrix
    version: 1
    rows:
      - {id: wild, depth: 38, filters: 4, batch_norm: {processing: false, reduction: false}, residual: true,
         activation: {kind: leaky_relu, slope: 0.01}, learning_rate: {schedule: constant, base: 10, minimum: 0}, epochs: 2}
      - {id: tame, depth: 8, filters: 4, batch_norm: {processing: false, reduction: false}, residual: false,
         activation: {kind: leaky_relu, slope: 0.01}, learning_rate: {schedule: constant, base: 0.001, minimum: 0}, epochs: 1}

    """

  @Test("a row that diverges is a finding, the others have their verdict and the page, and whoever asked is told")
  func diverged() throws {
    try directory.write(Self.matrix, "m.yaml")
    let told = directory.path("told.txt")
    let outcome = try nightly([
      "--matrix", directory.path("m.yaml"), "--on-finding", "{ echo \"$GRADFLOW_STATUS\"; cat; } >'\(told)'; exit 3",
    ])
    let summary = text("summary.txt")
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect(try status()["status"]?.int == 1 && status()["word"]?.string == "failed")
    #expect(summary.hasPrefix("The night FAILED.\n") && summary.contains("goldens      FAILED: "), "\(summary)")
    #expect(summary.contains(/wild +0  regression/) && summary.contains(/tame +0  not comparable/), "\(summary)")
    #expect(text("report.html").contains("tame"))
    // A divergence comes again: there is nothing to go on with.
    #expect(text("revision").isEmpty)
    #expect(String(decoding: try readFile(told), as: UTF8.self) == "1\n" + summary)
    #expect(outcome.errors.contains("--on-finding: the command ended with 3"))
  }

  @Test("what several machines trained is judged together; a machine that trains judges nothing")
  func judge() throws {
    for row in ["vgg08", "vgg38"] {
      let trained = try Program.run(
        ["nightly", "--profile", "smoke", "--rows", row, "--train-only", "--out", directory.path(row)])
      #expect(trained.code == 0, "\(trained.errors)")
      #expect(directory.names(row).contains("runs") && !directory.names(row).contains("goldens.txt"))
    }
    let both = try nightly(["--rows", "vgg08,vgg38", "--judge", directory.path("vgg08/runs"), directory.path("vgg38/runs")])
    try expectJudged(both)
    #expect(text("summary.txt").contains(/vgg38 +0  identical/))
    // A row that nobody trained is named.
    let lacking = try nightly(["--judge", directory.path("vgg08/runs"), directory.path("vgg38/runs")])
    #expect(lacking.code == 2 && text("summary.txt").contains("there is no run of this row"), "\(text("summary.txt"))")
    // So is a seed that a row has no run of.
    let seed = try nightly(["--rows", "vgg08", "--seeds", "0..1", "--judge", directory.path("vgg08/runs")])
    #expect(seed.code == 2 && text("summary.txt").contains(/vgg08 +1  not comparable/), "\(text("summary.txt"))")
    let nothing = try nightly(["--judge", directory.path])
    #expect(text("summary.txt").hasPrefix("The night could not be judged: "))
    #expect(nothing.code == 2 && nothing.errors.contains("holds no runs"), "\(nothing.errors)")
  }

  @Test(
    "wrong usage ends with 64 before anything is made",
    arguments: [
      ["--train-only", "--judge", "a"], ["--jobs", "0"], ["--rows", "vgg39"], ["--limit", "0s"], ["--epochs", "101"],
      ["--judge", "a", "--shard", "1/2"], ["--judge", "a", "--jobs", "2"], ["--judge", "a", "--limit", "1h"],
      ["--judge", "a", "--data", "b"], ["--out", "-"],
    ])
  func usage(arguments: [String]) throws {
    #expect(try nightly(arguments).code == 64)
    #expect(directory.names("night").isEmpty)
  }

  @Test("make nightly is that command")
  func make() throws {
    let line = "make --no-print-directory -n -C '\(Shell.package.path)' nightly SWIFT=true RELEASE=program ARGUMENTS='--limit 6h'"
    let result = try Shell.run(line: line, in: directory.path)
    #expect(result.output.split(separator: "\n").last == "program nightly --limit 6h", "\(result.output)")
  }
}
