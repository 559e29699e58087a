import Files
import Foundation
import Processes
import TestSupport
import Testing
import Traces

@testable import gradflow

@Suite("Standard streams get what belongs to them, whatever they are")
struct StreamTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The program, started by a shell that does `redirection` to its streams.
  private func run(_ arguments: [String], _ redirection: String) throws -> Shell.Result {
    try Shell.run(["/bin/sh", "-c", "exec \"$@\" \(redirection)", "sh", Program.url.path] + arguments)
  }

  // MARK: Closed

  @Test(
    "with streams closed nothing but its own content gets into a file, and what cannot be printed is a failure",
    arguments: [("<&- 2>&-", 0), ("<&- >&- 2>&-", 2), (">&-", 2), ("2>&-", 0), ("<&-", 0)] as [(String, Int32)])
  func closed(redirection: String, code: Int32) throws {
    #expect(try Program.run(SmallRuns.arguments + ["--out", directory.path("whole")]).code == 0)
    let outcome = try run(SmallRuns.arguments + ["--out", directory.path("out")], redirection)
    #expect(outcome.code == code, "\(outcome.output)")
    #expect(try directory.trace("vgg08-s0") == directory.trace("vgg08-s0", in: "whole"))
    for file in ["checkpoint.safetensors", "best.safetensors", "result_outputs/summary.csv", "result_outputs/test_summary.csv"] {
      #expect(try readFile(directory.path("out/vgg08-s0/\(file)")) == readFile(directory.path("whole/vgg08-s0/\(file)")))
    }
    #expect(try Trace(path: directory.path("out/vgg08-s0/trace.jsonl.zst")).torn == nil)
    #expect(try String(decoding: readFile(directory.path("out/vgg08-s0/lock")), as: UTF8.self).count < 12)
    _ = try JSONValue(parsing: String(decoding: readFile(directory.path("out/vgg08-s0/manifest.json")), as: UTF8.self))
  }

  // MARK: Slow

  private static let golden = Shell.package.appendingPathComponent("golden/quick/vgg38.jsonl.zst").path

  /// A pipe that does not wait, as a terminal multiplexer's or Node's are, with a reader that comes late.
  private func slowly(_ arguments: [String], error: Bool) throws -> (code: Int32, text: String) {
    let process = Process(), pipe = Pipe()
    process.executableURL = Program.url
    process.arguments = arguments
    let end = pipe.fileHandleForWriting.fileDescriptor
    _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
    process.standardOutput = error ? FileHandle.nullDevice : pipe
    process.standardError = error ? pipe : FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    usleep(300_000)
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test("a reader that is slow gets everything, also through a pipe that does not wait")
  func slowOutput() throws {
    let all = try Program.run(["golden", "show", Self.golden, "--all"]).output
    let outcome = try slowly(["golden", "show", Self.golden, "--all"], error: false)
    #expect(outcome.code == 0 && outcome.text == all && all.utf8.count > 200_000)
  }

  @Test("and so does the reader of standard error")
  func slowErrors() throws {
    let name = String(repeating: "x", count: 100_000)
    let all = try Shell.run([Program.url.path, "gradcheck", "--layer", name]).output
    let outcome = try slowly(["gradcheck", "--layer", name], error: true)
    #expect(outcome.code == 64 && outcome.text == all && all.utf8.count > 100_000)
  }

  // MARK: As a file

  @Test("a page may be written to standard output, by its name, by a link to it and as -; what is said of it goes elsewhere")
  func output() throws {
    #expect(try Program.run(SmallRuns.arguments + ["--out", directory.path("out")]).code == 0)
    let out = directory.path("out")
    #expect(try Program.run(["report", out, "--out", directory.path("page.html")]).code == 0)
    let page = try readFile(directory.path("page.html"))
    let link = directory.path("stdout")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/dev/fd/1")
    for name in ["-", link, "/dev/fd/1"] {
      let outcome = try Shell.run(
        ["/bin/sh", "-c", "exec \"$@\" > \(directory.path("printed"))", "sh", Program.url.path, "report", out, "--out", name])
      #expect(outcome.code == 0 && outcome.output.contains("claims   "), "\(outcome.output)")
      #expect(try readFile(directory.path("printed")) == page, "\(name)")
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/dev/fd/1")
    #expect(!fileExists("-"))
    let csv = try Program.run(["export", out + "/vgg08-s0", "--format", "csv"]).output
    #expect(
      try Program.run(["export", out + "/vgg08-s0", "--format", "csv", "--out", "-"]).output == csv && csv.contains("val_loss"))
  }

  @Test(
    "where a directory is asked for, - is none",
    arguments: [
      ["run", "vgg08", "--out", "-"], ["matrix", "--out", "-"],
      ["golden", "record", "--into", "-", "--reason", "x", "--runs", "x"],
      ["report", "x", "--figures", "-"], ["export", "x", "--format", "tensorboard", "--out", "-"],
    ])
  func noDirectory(arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 64 && outcome.errors.contains("./-"), "\(outcome.errors)")
    #expect(!fileExists("-"))
  }

  // MARK: Terminals

  @Test("the moving line is shorter than the terminal is wide", arguments: [1, 2, 20, 40, 80])
  func narrow(columns: Int) {
    let line = "vgg38-bn-rc-1e-2-s0: epoch 1/100, step 17/475, loss 4.605, 1 h 17 min left"
    let shown = Console.fitting(line, columns: columns)
    #expect(line.hasPrefix(shown) && shown.count == min(columns - 1, line.count))
    #expect(Console.fitting("語語語", columns: 6) == "語語")
  }

  @Test("names cannot command the terminal, nor turn its text around, and JSON stays the same")
  func printable() throws {
    #expect(Console.printable("a\u{1b}[2J\u{7}b\r\u{9b}\u{202e}\u{2066}") == "a\\u001b[2J\\u0007b\\u000d\\u009b\\u202e\\u2066")
    #expect(Console.printable("täxt 語\tx\ny") == "täxt 語\tx\ny")
    let json = JSONValue.string("\u{9b}\u{202e}\u{7f}\u{1b}")
    #expect(try JSONValue(parsing: Console.printable(json.description)) == json)
  }

  @Test("an argument that commands the terminal is quoted without doing so")
  func quoted() throws {
    let outcome = try Program.run(["table1", directory.path("\u{1b}]0;owned\u{7}")])
    #expect(outcome.code == 2 && !outcome.errors.contains("\u{1b}") && outcome.errors.contains("\\u001b]0;owned\\u0007"))
  }

  /// `script` gives a process a terminal.
  private func onTerminal(columns: Int, type: String) throws -> String {
    let program = ([Program.url.path] + SmallRuns.arguments + ["--out", directory.path("out\(columns)\(type)")]).joined(
      separator: " ")
    return try Shell.run([
      "script", "--quiet", "--return", "--command", "stty cols \(columns); TERM=\(type) \(program)", directory.path("typescript"),
    ]).output
  }

  private static var hasTerminal: Bool {
    (try? Shell.run(["script", "--quiet", "--command", "stty size", "/dev/null"]).code) == 0
  }

  @Test("on a narrow terminal no moving line wraps", .enabled("needs script(1)", { Self.hasTerminal }))
  func narrowTerminal() throws {
    let shown = try onTerminal(columns: 24, type: "xterm").components(separatedBy: "\r\u{1b}[K").dropFirst()
    let moving = shown.map { $0.prefix { $0 != "\r" && $0 != "\n" && $0 != "\r\n" } }.filter {
      $0.contains("vgg08-s0: epoch") && !$0.contains("train")
    }
    #expect(moving.count > 3 && moving.allSatisfy { $0.count <= 23 }, "\(moving)")
    // What stays is printed where the moving line was taken away.
    #expect(shown.contains { $0.hasPrefix("vgg08-s0: epoch 2/2  train ") }, "\(shown)")
  }

  @Test("a terminal that takes no commands gets none", .enabled("needs script(1)", { Self.hasTerminal }))
  func dumbTerminal() throws {
    let shown = try onTerminal(columns: 80, type: "dumb")
    #expect(!shown.contains("\u{1b}") && shown.contains("epoch 1/2"), "\(shown)")
  }
}
