import Files
import Foundation
import Processes
import Testing

/// `make nightly` and its two parts, with a program in place of the built one that does as it is told, and once with the built one.
@Suite("make nightly", .enabled(if: hasTools, "make, git and flock are needed"))
struct MakeNightlyTests {
  private let directory: TemporaryDirectory

  /// Writes down how it is called, leaves a run, and ends as the file named after its command says.
  private static let program = """
    #!/bin/sh
    place=$(dirname "$0") command=$1
    echo "$*" >>"$place/calls"
    if [ "$command" = matrix ]; then
      while [ $# -gt 0 ]; do if [ "$1" = --out ]; then mkdir -p "$2/vgg08-s0"; fi; shift; done
      if [ -e "$place/wait" ]; then
        touch "$place/begun"
        for turn in $(seq 1000); do [ -e "$place/go" ] && break; sleep 0.02; done
      fi
    fi
    if [ "$command" = report ]; then while [ $# -gt 1 ]; do if [ "$1" = --out ]; then echo page >"$2"; fi; shift; done; fi
    echo "what $command says"
    if [ -e "$place/$command" ]; then exit "$(cat "$place/$command")"; fi
    """

  init() throws {
    directory = try TemporaryDirectory()
    try install(Self.program)
  }

  private func install(_ program: String) throws {
    try directory.write(program + "\n", "program")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path("program"))
  }

  /// What a command of the program ends with from now on.
  private func end(_ command: String, with status: Int) throws { try directory.write("\(status)\n", command) }

  private func text(_ name: String) -> String {
    (try? readFile(directory.path(name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// How the program was called since this was asked last.
  private func calls() throws -> [String] {
    let calls = text("calls").split(separator: "\n").map(String.init)
    try directory.write("", "calls")
    return calls
  }

  private func night(_ target: String = "nightly", _ more: String = "") throws -> Shell.Result {
    try Shell.run(line: command(target, more), in: directory.path)
  }

  private func command(_ target: String, _ more: String, program: String? = nil) -> String {
    "make --no-print-directory -C '\(Shell.package.path)' \(target) SWIFT=true RELEASE='\(program ?? directory.path("program"))' "
      + "NIGHTLY_OUT='\(directory.path("night"))' \(more)"
  }

  @Test("a night cut by its limit says how it goes on, and the next goes on with it, to the verdict")
  func cut() throws {
    try end("matrix", with: 75)
    let first = try night("nightly", "NIGHTLY_PROFILE=short NIGHTLY_LIMIT=3h NIGHTLY_ARGUMENTS='--rows vgg08,vgg38'")
    #expect(first.code != 0 && first.output.contains("nightly] Error 75"), "\(first.output)")
    #expect(text("night/status") == "75\n")
    #expect(text("night/summary.txt").contains("cut by its limit of 3h") && text("night/summary.txt").contains("make nightly goes on"))
    #expect(first.output.contains("what matrix says"))
    let runs = directory.path("night/runs")
    #expect(try calls() == ["matrix --profile short --out \(runs) --jobs 1 --time-limit 3h --overwrite --rows vgg08,vgg38"])
    try directory.write("half of it", "night/runs/vgg08-s0/kept")
    // A scheduler that comes again anyway is told that all is well, and nothing is judged before its time.
    let second = try night("nightly", "NIGHTLY_CUT=0")
    #expect(second.code == 0 && text("night/status") == "75\n", "\(second.output)")
    #expect(try calls() == ["matrix --profile paper --out \(runs) --jobs 1 --time-limit 12h --resume"])
    try end("matrix", with: 0)
    let third = try night()
    #expect(third.code == 0 && text("night/status") == "0\n", "\(third.output)")
    #expect(
      try calls() == [
        "matrix --profile paper --out \(runs) --jobs 1 --time-limit 12h --resume",
        "golden check --profile paper --runs \(runs)", "table1 \(runs)", "claims \(runs)",
        "report \(runs) --out \(directory.path("night/report.html"))",
      ])
    #expect(text("night/runs/vgg08-s0/kept") == "half of it")
    let summary = text("night/summary.txt")
    #expect(summary.hasPrefix("The night passed.\n") && third.output.contains(summary))
    for words in ["goldens      passed: ", "what golden says", "what claims says", "The page: \(directory.path("night/report.html"))"] {
      #expect(summary.contains(words), "\(words)")
    }
    // The verdict ends the night: the next begins anew.
    try end("matrix", with: 75)
    _ = try night()
    #expect(try calls().first?.hasSuffix(" --overwrite") == true && text("night/runs/vgg08-s0/kept").isEmpty)
  }

  @Test("a night begun at another revision is given up, and its runs are removed")
  func otherRevision() throws {
    try createDirectory(directory.path("night/runs/vgg08-s0"))
    try directory.write("of another program", "night/runs/vgg08-s0/trace")
    try directory.write("0123456789\n", "night/revision")
    try end("matrix", with: 75)
    let result = try night()
    #expect(result.output.contains("the night begun at 0123456789 is given up for "), "\(result.output)")
    #expect(try calls().first?.hasSuffix(" --overwrite") == true && directory.names("night/runs/vgg08-s0").isEmpty)
    #expect(text("night/revision") != "0123456789\n" && !text("night/revision").isEmpty)
  }

  @Test("a check that failed is told from one that could not be made, by name, and a failure counts more", arguments: [
    (["golden": 1], 1, ["The night FAILED.", "goldens      FAILED: "]),
    (["golden": 2], 2, ["The night could not be judged whole.", "goldens      could not be made (status 2): "]),
    (["golden": 1, "claims": 2], 1, ["goldens      FAILED: ", "claims       could not be made (status 2): "]),
    (["table1": 2, "claims": 1], 1, ["table1       could not be made (status 2): ", "claims       FAILED: "]),
    (["report": 2], 2, ["goldens      passed: ", "report       could not be made (status 2): "]),
  ])
  func verdict(ends: [String: Int], status: Int, says: [String]) throws {
    for (command, status) in ends { try end(command, with: status) }
    let result = try night()
    #expect(result.code != 0 && result.output.contains("nightly] Error \(status)"), "\(result.output)")
    #expect(text("night/status") == "\(status)\n")
    for words in says { #expect(text("night/summary.txt").contains(words), "\(text("night/summary.txt"))") }
    // Each is made whatever became of the others, and the night is over.
    #expect(try calls().map { $0.prefix { $0 != " " } } == ["matrix", "golden", "table1", "claims", "report"])
    #expect(!fileExists(directory.path("night/revision")))
  }

  @Test("where the training of a row failed the others are judged, the summary names it, and the next night goes on")
  func failedTraining() throws {
    try end("matrix", with: 2)
    let result = try night()
    #expect(result.code != 0 && text("night/status") == "2\n", "\(result.output)")
    let summary = text("night/summary.txt")
    #expect(summary.hasPrefix("The night could not be judged whole.\n"), "\(summary)")
    #expect(summary.contains("training     is not at its end") && summary.contains("night/runs/vgg08-s0/"), "\(summary)")
    #expect(summary.contains("goldens      passed: "), "\(summary)")
    #expect(try calls().map { $0.prefix { $0 != " " } } == ["matrix", "golden", "table1", "claims", "report"])
    _ = try night()
    #expect(try calls().first?.hasSuffix(" --resume") == true)
  }

  @Test("a night whose only failure is a row that diverged is judged and over: the row is the checks' finding, status 1")
  func divergedRow() throws {
    try end("matrix", with: 2)
    try end("golden", with: 1)
    try end("claims", with: 2)
    // The first row is at its end; what the program leaves of the other is what a run that diverged leaves.
    try install(Self.program.replacingOccurrences(
      of: "mkdir -p \"$2/vgg08-s0\"",
      with: "mkdir -p \"$2/vgg08-s0/result_outputs\" \"$2/vgg38-s0\"; touch \"$2/vgg08-s0/result_outputs/test_summary.csv\" "
        + "\"$2/vgg38-s0/diverged.json\""))
    let result = try night()
    #expect(result.code != 0 && text("night/status") == "1\n", "\(result.output)")
    let summary = text("night/summary.txt")
    #expect(summary.hasPrefix("The night FAILED.\n") && summary.contains("training     DIVERGED: "), "\(summary)")
    #expect(summary.contains("night/runs/vgg38-s0/") && !summary.contains("night/runs/vgg08-s0/"), "\(summary)")
    #expect(!fileExists(directory.path("night/revision")))
    _ = try calls()
    _ = try night()
    #expect(try calls().first?.hasSuffix(" --overwrite") == true)
  }

  @Test("training that left no run at all is no night to judge: the summary says so, and the next night goes on")
  func nothingTrained() throws {
    try end("matrix", with: 2)
    try install(Self.program.replacingOccurrences(of: "mkdir -p \"$2/vgg08-s0\"", with: "true"))
    let result = try night()
    #expect(result.code != 0 && text("night/status") == "2\n")
    #expect(text("night/summary.txt").contains("the matrix ended with status 2; see \(directory.path("night/log.txt"))"))
    #expect(try calls().count == 1)
    _ = try night()
    #expect(try calls().first?.hasSuffix(" --resume") == true)
    let verdict = try night("nightly-verdict", "NIGHTLY_OUT='\(directory.path("elsewhere"))'")
    #expect(verdict.code != 0 && verdict.output.contains("there are no runs in \(directory.path("elsewhere"))/runs"))
    #expect(try calls().isEmpty)
  }

  @Test("a second night at the same time is refused, and the first goes on undisturbed")
  func lock() throws {
    try directory.write("", "wait")
    let night = command("nightly", "")
    let result = try Shell.run(
      line: """
      (\(night) >first.txt 2>&1; echo $? >first.status) &
      for turn in $(seq 1000); do [ -e begun ] && break; sleep 0.02; done
      \(night); status=$?
      touch go; wait
      exit $status
      """, in: directory.path)
    #expect(result.code != 0 && result.output.contains("another night is at work in \(directory.path("night"))"), "\(result.output)")
    #expect(text("first.status") == "0\n" && text("night/status") == "0\n", "\(text("first.txt"))")
    #expect(try calls().map { $0.prefix { $0 != " " } } == ["matrix", "golden", "table1", "claims", "report"])
  }

  @Test("the built program understands how it is called: a night of one row of smoke, with what cannot be judged of it")
  func whole() throws {
    let result = try Shell.run(
      line: command("nightly", "NIGHTLY_PROFILE=smoke NIGHTLY_LIMIT=1h NIGHTLY_ARGUMENTS='--rows vgg08'", program: Program.url.path),
      in: directory.path)
    let summary = text("night/summary.txt")
    #expect(result.code != 0 && text("night/status") == "2\n", "\(result.output)")
    #expect(summary.hasPrefix("The night could not be judged whole.\n"), "\(summary)")
    // Six rows have goldens and no run; smoke is no protocol whose accuracies could be claimed.
    for words in [
      "goldens      could not be made (status 2): ", "table1       passed: ", "claims       could not be made (status 2): ",
      "report       passed: ", "The page: ",
    ] {
      #expect(summary.contains(words), "\(words): \(summary)")
    }
    #expect(summary.contains(/vgg08 +0  identical/), "\(summary)")
    #expect(text("night/report.html").hasPrefix("<!DOCTYPE html>"))
  }
}

/// macOS has no flock, and no nights therefore.
private let hasTools = (try? Shell.run(line: "command -v make && command -v git && command -v flock", in: Shell.package.path))?.code == 0
