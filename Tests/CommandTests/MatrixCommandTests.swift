import Files
import Foundation
import TestSupport
import Testing
import Traces

@testable import gradflow

@Suite("gradflow matrix")
struct MatrixCommandTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(SmallRuns.matrix, "matrix.yaml")
  }

  private func matrix(_ more: [String] = [], out: String = "out", file: String = "matrix.yaml") throws -> Program.Outcome {
    try Program.run(
      ["matrix", "--profile", "smoke", "--matrix", directory.path(file), "--out", directory.path(out)] + more)
  }

  @Test("runs the rows of a file, and ends with a table of them in the file's order")
  func table() throws {
    let outcome = try matrix()
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines.dropFirst().map { $0.prefix { $0 != " " } } == SmallRuns.rows.map { "\($0)-s0" })
  }

  @Test("goldens for the page that are not there are told of before the first run")
  func noGoldens() throws {
    let outcome = try matrix(["--report", "--against", directory.path("nowhere")])
    #expect(outcome.code == 2 && outcome.errors.contains("nowhere: there is no such directory of goldens"), "\(outcome.errors)")
    #expect(!fileExists(directory.path("out")))
  }

  @Test("several jobs leave the traces of one")
  func jobs() throws {
    #expect(try matrix().code == 0)
    #expect(try matrix(["--jobs", "2", "--threads", "3"], out: "other").code == 0)
    for row in SmallRuns.rows {
      #expect(try directory.trace("\(row)-s0") == directory.trace("\(row)-s0", in: "other"), "\(row)")
    }
  }

  @Test("--estimate tells of every run and of all, and runs nothing", arguments: [["--jobs", "1"], ["--jobs", "2"]])
  func estimate(jobs: [String]) throws {
    let outcome = try matrix(["--estimate", "--threads", "2"] + jobs)
    #expect(outcome.code == 0, "\(outcome.errors)")
    for row in SmallRuns.rows { #expect(outcome.output.contains("\(row)-s0")) }
    #expect(outcome.output.contains(jobs[1] == "1" ? "one at a time" : "2 at a time"))
    #expect(!FileManager.default.fileExists(atPath: directory.path("out")))
  }

  @Test("runs that --overwrite did not come to are begun anew by --resume, and not taken for finished ones")
  func overwrittenLater() throws {
    let rows = ["--rows", "one,two,three", "--jobs", "1"]
    #expect(try matrix(rows).code == 0)
    let old = try directory.trace("three-s0")
    #expect(try matrix(rows + ["--overwrite", "--kill-at", "step:3"]).hasExited == false)
    #expect(["one", "two", "three"].map { fileExists(directory.path("out/\($0)-s0/anew")) } == [false, true, true])
    #expect(try directory.trace("three-s0") == old)
    let resumed = try matrix(rows + ["--resume"])
    #expect(resumed.code == 0 && resumed.errors.contains("one-s0: continuing at"), "\(resumed.errors)")
    for row in ["two", "three"] {
      #expect(!resumed.errors.contains("\(row)-s0: finished before") && resumed.errors.contains("\(row)-s0: epoch 1/1"))
      #expect(!fileExists(directory.path("out/\(row)-s0/anew")))
    }
    #expect(try directory.trace("three-s0") == old)
  }

  @Test("the threads in a run's manifest are its job's")
  func threadsOfAJob() throws {
    #expect(try matrix(["--rows", "one,two", "--jobs", "2", "--threads", "3"]).code == 0)
    let threads = try ["one", "two"].map { row in
      let text = String(decoding: try readFile(directory.path("out/\(row)-s0/manifest.json")), as: UTF8.self)
      return try #require(try JSONValue(parsing: text)["threads"]?.int)
    }
    #expect(threads.sorted() == [1, 2])
  }

  @Test(
    "a row that asks for more epochs than its learning rate has is refused before the first run, by name",
    arguments: [[], ["--estimate"]])
  func tooManyEpochs(more: [String]) throws {
    // The profile's three epochs.
    let text = SmallRuns.matrix.replacing("base: 0.01}\n    epochs: 1", with: "base: 0.01, period: 2}")
    try directory.write(text, "long.yaml")
    let outcome = try matrix(more, file: "long.yaml")
    #expect(
      outcome.code == 2 && outcome.errors.contains("one: 3 epochs, and its learning rate is for 2"), "\(outcome.errors)\(text)")
    #expect(directory.names("out").isEmpty)
  }

  @Test("--estimate is no command that stops at a step: a signal ends it")
  func estimateEnds() throws {
    #expect(try MatrixCommand.parse(["--estimate"]).isInterruptible == false)
    #expect(try MatrixCommand.parse([]).isInterruptible)
  }

  @Test("--estimate has nothing to judge or to show", arguments: ["--check", "--report"])
  func estimateAlone(option: String) throws {
    let outcome = try matrix(["--estimate", option])
    #expect(outcome.code == 64 && outcome.errors.contains("--estimate runs nothing"))
  }

  @Test("the portable instruction set leaves the traces of the fastest")
  func portable() throws {
    #expect(try matrix(["--rows", "one"]).code == 0)
    #expect(try matrix(["--rows", "one", "--isa", "portable"], out: "other").code == 0)
    #expect(try directory.trace("one-s0") == directory.trace("one-s0", in: "other"))
  }

  @Test("its parts are disjoint and together the whole", arguments: [1, 2, 5])
  func shards(count: Int) throws {
    var all: [String] = []
    for index in 1...count {
      #expect(try matrix(["--shard", "\(index)/\(count)"], out: "part\(index)").code == 0)
      all += directory.names("part\(index)")
    }
    #expect(all.sorted() == SmallRuns.rows.map { "\($0)-s0" }.sorted())
  }

  @Test("a part that holds nothing is told of, exit code 2")
  func emptyShard() throws {
    let outcome = try matrix(["--shard", "6/6"])
    #expect(outcome.code == 2 && outcome.errors.contains("no runs"))
  }

  @Test("--rows takes those that are named, with seeds of the file or of the command line")
  func rows() throws {
    #expect(try matrix(["--rows", "five,two"]).code == 0)
    #expect(directory.names("out") == ["five-s0", "two-s0"])
    #expect(try matrix(["--rows", "one", "--seeds", "1..2"], out: "other").code == 0)
    #expect(directory.names("other") == ["one-s1", "one-s2"])
  }

  @Test("the built-in matrix as a file gives the built-in runs")
  func builtIn() throws {
    let list = try Program.run(["list", "--yaml"])
    #expect(list.code == 0)
    try directory.write(list.output, "built-in.yaml")
    #expect(try matrix(["--rows", "vgg08", "--epochs", "1"], file: "built-in.yaml").code == 0)
    let run = ["run", "vgg08", "--profile", "smoke", "--epochs", "1", "--out", directory.path("other")]
    #expect(try Program.run(run).code == 0)
    #expect(try directory.trace("vgg08-s0") == directory.trace("vgg08-s0", in: "other"))
  }

  @Test("killed in one run, with the others not begun, and resumed, the matrix has the traces of an uninterrupted one")
  func resumed() throws {
    #expect(try matrix(out: "whole").code == 0)
    #expect(try !matrix(["--kill-at", "evaluation:2", "--jobs", "1"]).hasExited)
    #expect(directory.names("out") == ["one-s0"])
    #expect(try matrix(["--resume"]).code == 0)
    for row in SmallRuns.rows {
      #expect(try directory.trace("\(row)-s0") == directory.trace("\(row)-s0", in: "whole"), "\(row)")
    }
  }

  @Test("a file with a mistake is refused with its line, exit code 2, and nothing is made")
  func mistake() throws {
    try directory.write(SmallRuns.matrix.replacingOccurrences(of: "depth: 14", with: "depth: 15"), "bad.yaml")
    let outcome = try matrix(file: "bad.yaml")
    #expect(outcome.code == 2 && outcome.errors.contains("bad.yaml:13: ") && outcome.errors.contains("15"), "\(outcome.errors)")
    #expect(!fileExists(directory.path("out")))
  }

  @Test("a file that is not there is refused by its name, exit code 2")
  func missing() throws {
    let outcome = try matrix(file: "nowhere.yaml")
    #expect(outcome.code == 2 && outcome.errors.contains("nowhere.yaml"))
  }

  @Test("a batch that the data cannot fill is refused before the first run, exit code 2")
  func batch() throws {
    try directory.write(SmallRuns.matrix + "    batch: 400\n", "batch.yaml")
    let outcome = try matrix(file: "batch.yaml")
    #expect(
      outcome.code == 2 && outcome.errors.contains("a batch of 400 is larger than the training set of 340"), "\(outcome.errors)")
    #expect(!fileExists(directory.path("out")))
  }
}
