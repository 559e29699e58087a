import Files
import Foundation
import Processes
import TestSupport
import Testing

@Suite("The commands on finished runs")
struct ReportCommandTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try SmallRuns.copyFinished(to: directory.path("out"))
  }

  private func run(_ command: String, _ more: [String] = []) throws -> Program.Outcome {
    try Program.run([command, directory.path("out")] + more)
  }

  private func content(_ name: String) throws -> String { String(decoding: try readFile(directory.path(name)), as: UTF8.self) }

  @Test("table1 prints the rows on standard output, in each of its forms", arguments: ["text", "markdown", "csv", "json"])
  func table1(form: String) throws {
    let outcome = try run("table1", ["--format", form])
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.contains("vgg08") && outcome.output.contains("vgg38-bn-rc-1e-2"))
  }

  @Test("claims end in 2 when nothing failed and something could not be decided")
  func claims() throws {
    let outcome = try run("claims")
    #expect(
      outcome.code == 2 && outcome.output.contains("0 not held") && outcome.errors.isEmpty, "\(outcome.output)\(outcome.errors)")
    #expect(try run("claims", ["--format", "json"]).output.contains("\"verdict\": \"not decidable\""))
  }

  @Test("claims end in 1 when one does not hold, whatever is open beside it")
  func notHeld() throws {
    #expect(try Program.run(["run", "vgg38", "--profile", "smoke", "--epochs", "1", "--out", directory.path("deep")]).code == 0)
    // A deep network that learned.
    let learned = try directory.trace("vgg38-s0", in: "deep").replacing(/"train_loss":[^,]*/, with: "\"train_loss\":0.5")
    try directory.write(Zstd.compress(Array(learned.utf8)), "deep/vgg38-s0/trace.jsonl.zst")
    let outcome = try Program.run(["claims", directory.path("deep")])
    #expect(outcome.code == 1 && outcome.output.contains("1 not held"), "\(outcome.output)\(outcome.errors)")
  }

  @Test("report writes one page, and the figures as files where asked; the same bytes again")
  func report() throws {
    let pages = try ["a", "b"].map { name in
      let outcome = try run("report", ["--out", directory.path("\(name).html"), "--figures", directory.path(name)])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("report   \(directory.path(name)).html"))
      return try content("\(name).html")
    }
    #expect(pages[0] == pages[1] && pages[0].hasPrefix("<!DOCTYPE html>"))
    #expect(!pages[0].contains(directory.path))
    let figures = directory.names("a")
    #expect(figures.filter { $0.hasPrefix("figure-") }.count == 7)
    #expect(figures.contains("vanishing-gradient.svg") && figures.contains("heat-map-vgg08.svg"))
  }

  @Test("a row whose name is markup, a formula or a path stays text: on the page, in its figures, in Markdown and in CSV")
  func injection() throws {
    let name = "=x\"><img src=x onerror=alert(1)>|../y"
    let text = try directory.trace("vgg08-s0").replacing(
      "\"row\":\"vgg08\"", with: "\"row\":\(JSONValue.string(name).description)")
    try createDirectory(directory.path("bad/any"))
    try directory.write(Zstd.compress(Array(text.utf8)), "bad/any/trace.jsonl.zst")
    let outcome = try Program.run([
      "report", directory.path("bad"), "--out", directory.path("bad.html"), "--figures", directory.path("pictures"),
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let page = try content("bad.html")
    #expect(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img"))
    #expect(page.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'"))
    for word in ["script-src", "unsafe-eval", "javascript:"] { #expect(!page.contains(word)) }
    for picture in directory.names("pictures") {
      #expect(picture.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.%".contains($0)) }, "\(picture)")
      #expect(!(try content("pictures/\(picture)")).contains("<img"))
    }
    #expect(directory.names("pictures").contains { $0.hasPrefix("heat-map-%3Dx%22") })
    let markdown = try Program.run(["table1", directory.path("bad"), "--format", "markdown"])
    #expect(markdown.output.contains("&lt;img") && !markdown.output.contains("<img") && markdown.output.contains("\\|../y"))
    let csv = try Program.run(["table1", directory.path("bad"), "--format", "csv"])
    #expect(csv.output.contains("\n\"'=x\"\"><img"), "\(csv.output)")
  }

  @Test("a golden's file is a run to table1, claims and report, as it is beside others in its directory; another file is none")
  func goldenFile() throws {
    let golden = Shell.package.path + "/golden/smoke/vgg08.jsonl.zst"
    try AtomicFile.write("no run", to: directory.path("other"))
    for command in [["table1"], ["claims"], ["report"]] {
      let more = command == ["report"] ? ["--out", directory.path("golden.html")] : []
      let outcome = try Program.run(command + [golden] + more)
      #expect(outcome.code == (command == ["claims"] ? 2 : 0) && !outcome.errors.contains("error"), "\(outcome.errors)")
      let other = try Program.run(command + [directory.path("other")] + more)
      #expect(other.code == 2 && other.errors.contains("there are no runs in"), "\(other.errors)")
    }
  }

  @Test("export prints the metrics, a line an epoch, or writes an event file beside the run")
  func export() throws {
    let run = directory.path("out/vgg08-s0")
    let csv = try Program.run(["export", run, "--format", "csv"])
    #expect(
      csv.code == 0 && csv.output.split(separator: "\n").count == 3 && csv.output.hasPrefix("epoch,learning_rate,train_loss"))
    let events = try Program.run(["export", run, "--format", "tensorboard"])
    #expect(events.code == 0 && events.output.contains("tfevents"))
    #expect(directory.names("out/vgg08-s0/tensorboard") == [".gradflow-run", "events.out.tfevents.0.gradflow"])
    #expect(try Program.run(["export", run, "--format", "csv", "--out", directory.path("metrics.csv")]).output.isEmpty)
    #expect(try content("metrics.csv") == csv.output)
  }

  @Test("matrix --report ends with the page beside the runs")
  func matrix() throws {
    try directory.write(SmallRuns.matrix, "matrix.yaml")
    let outcome = try Program.run(
      ["matrix", "--profile", "smoke", "--matrix", directory.path("matrix.yaml"), "--out", directory.path("many"), "--report"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").last == "report   \(directory.path("many"))/report.html")
    // Rows of a file are named as the file names them, outside Table 1.
    #expect(try content("many/report.html").contains("<code>three</code>"))
  }

  @Test("rows without a golden are called so, and nothing fails")
  func withoutGolden() throws {
    try createDirectory(directory.path("golden/smoke"))
    try FileManager.default.copyItem(
      atPath: Shell.package.path + "/golden/smoke/vgg38-rc.jsonl.zst", toPath: directory.path("golden/smoke/vgg38-rc.jsonl.zst"))
    let outcome = try run("report", ["--out", directory.path("page.html"), "--against", directory.path("golden")])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try content("page.html").contains("no golden"))
  }

  @Test("what is missing or damaged is refused by its name, exit code 2", arguments: ["table1", "claims", "report"])
  func refusals(command: String) throws {
    let nowhere = try Program.run([command, directory.path("nowhere")])
    #expect(nowhere.code == 2 && nowhere.errors.contains("nowhere"))
    try createDirectory(directory.path("empty"))
    let empty = try Program.run([command, directory.path("empty")])
    #expect(empty.code == 2 && empty.errors.contains("there are no runs in"))
    try directory.write(Array("no trace".utf8), "out/vgg08-s0/trace.jsonl.zst")
    let damaged = try run(command)
    #expect(damaged.code == 2 && damaged.errors.contains("trace.jsonl.zst"))
  }

  @Test("goldens that were asked for must be there")
  func goldens() throws {
    let outcome = try run("table1", ["--against", directory.path("nowhere")])
    #expect(outcome.code == 2 && outcome.errors.contains("no such directory of goldens"))
    for (path, words) in [
      (directory.path("out"), "holds no goldens of any profile"),
      (Shell.package.path + "/golden/smoke", "name the directory above it"),
    ] {
      for arguments in [["table1", directory.path("out"), "--against", path], ["golden", "index", "--against", path]] {
        let outcome = try Program.run(arguments)
        #expect(outcome.code == 2 && outcome.output.isEmpty && outcome.errors.contains(words), "\(outcome.errors)")
      }
    }
  }

  @Test("a golden that was edited, or has lost its seal, is refused by every command that reads it")
  func editedGolden() throws {
    let text = String(
      decoding: try Zstd.readFile(Shell.package.path + "/golden/smoke/vgg08.jsonl.zst", limit: 1 << 26), as: UTF8.self)
    let edited = text.replacing(/"val_accuracy":0.[0-9]*/, with: "\"val_accuracy\":0.5")
    let unsealed = text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
    for (name, content) in [("edited", edited), ("unsealed", unsealed)] {
      #expect(content != text)
      try createDirectory(directory.path(name))
      let path = directory.path("\(name)/vgg08.jsonl.zst")
      try AtomicFile.write(Zstd.compress(Array(content.utf8)), to: path)
      for arguments in [
        ["table1", directory.path(name)], ["claims", directory.path(name)],
        ["report", directory.path(name), "--out", directory.path("page.html")],
        ["export", path, "--format", "csv"], ["golden", "show", path],
      ] {
        let outcome = try Program.run(arguments)
        #expect(
          outcome.code == 2 && outcome.output.isEmpty && outcome.errors.contains("vgg08.jsonl.zst"), "\(arguments): \(outcome)")
      }
    }
  }

  @Test(
    "wrong usage ends in 64",
    arguments: [
      ["table1"], ["claims"], ["report"], ["table1", "out", "--format", "pdf"], ["export", "out"],
      ["export", "out", "--format", "xml"],
      ["report", "out", "--out", ""], ["table1", ""],
    ])
  func usage(arguments: [String]) throws { #expect(try Program.run(arguments).code == 64) }
}
