import Files
import Foundation
import Processes
import TestSupport
import Testing
import Traces

@Suite("gradflow run")
struct RunCommandTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func run(_ more: [String] = [], out: String = "out") throws -> Program.Outcome {
    try Program.run(SmallRuns.arguments + ["--out", directory.path(out)] + more)
  }

  @Test("leaves its trace, checkpoints, results and manifest, and prints its table on standard output")
  func contents() throws {
    let (directory, outcome) = try SmallRuns.finished.get()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(directory.names("out") == ["vgg08-s0"])
    #expect(
      directory.names("out/vgg08-s0") == [
        "best.safetensors", "checkpoint.previous.safetensors", "checkpoint.safetensors", "lock", "manifest.json",
        "result_outputs", "trace.jsonl.zst",
      ])
    #expect(directory.names("out/vgg08-s0/result_outputs") == ["summary.csv", "test_summary.csv"])
    #expect(outcome.output.contains("vgg08-s0") && outcome.output.split(separator: "\n").count == 2)
    #expect(outcome.errors.contains("epoch 2/2") && !outcome.errors.contains("\u{1b}"))
  }

  @Test("its summaries have the course code's columns, a row per epoch, and the trace's numbers")
  func summaries() throws {
    let directory = try SmallRuns.finished.get().directory
    let trace = try Trace(path: directory.path("out/vgg08-s0/trace.jsonl.zst"))
    func csv(_ name: String) throws -> [[Substring]] {
      let text = String(decoding: try readFile(directory.path("out/vgg08-s0/result_outputs/\(name)")), as: UTF8.self)
      return text.split(separator: "\n").map { $0.split(separator: ",") }
    }
    let summary = try csv("summary.csv")
    #expect(summary[0] == ["train_acc", "train_loss", "val_acc", "val_loss"])
    #expect(summary.count == 3 && trace.epochs.count == 2)
    for (row, line) in zip(summary.dropFirst(), trace.epochs) {
      #expect(
        row.map { Double($0) } == [line.trainAccuracy, line.trainLoss, line.validationAccuracy, line.validationLoss])
    }
    let test = try csv("test_summary.csv")
    #expect(test.count == 2 && test[0] == ["test_acc", "test_loss"])
    #expect(test[1].map { Double($0) } == [trace.test?.accuracy, trace.test?.loss])
  }

  @Test("its trace's first line says what the run is, and every line is JSON")
  func trace() throws {
    _ = try run(["--seed", "3"])
    let lines = try directory.trace("vgg08-s3").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    let header = lines[0]
    #expect(header["format"]?.string == "gradflow-trace" && header["version"]?.int == 1 && header["numerics"]?.int != nil)
    #expect(header["row"]?.string == "vgg08" && header["profile"]?.string == "smoke" && header["seed"]?.int == 3)
    #expect(header["data"]?["fingerprint"]?.string?.hasPrefix("sha256:") == true)
    #expect(header["parameters"]?.int != nil && header["training"]?["batch_size"]?.int == 20)
    let epochs = lines.filter { $0["epoch"] != nil }
    #expect(epochs.compactMap { $0["epoch"]?.int } == [0, 1])
    for epoch in epochs {
      #expect(epoch["gradient_flow"]?["input_conv_conv_0"]?.double != nil && epoch["digest"]?.string?.count == 64)
    }
    #expect(lines.filter { $0["steps"] != nil }.count == 2 && lines.filter { $0["layers"] != nil }.count == 4)
    #expect(lines.last?["test"]?["accuracy"]?.double != nil)
  }

  @Test("zstdcat reads its trace", .enabled(if: fileExists("/usr/bin/zstdcat")))
  func zstdcat() throws {
    let directory = try SmallRuns.finished.get().directory
    let outcome = try Shell.run(["/usr/bin/zstdcat", directory.path("out/vgg08-s0/trace.jsonl.zst")])
    #expect(outcome.code == 0)
    #expect(try outcome.output == directory.trace("vgg08-s0"))
  }

  @Test("its manifest is JSON and says where the run was made, which the trace does not")
  func manifest() throws {
    _ = try Program.run([
      "run", "vgg08", "--profile", "smoke", "--epochs", "1", "--out", directory.path("out"), "--threads", "2", "--isa",
      SmallRuns.otherInstructionSet,
    ])
    let text = String(decoding: try readFile(directory.path("out/vgg08-s0/manifest.json")), as: UTF8.self)
    let manifest = try JSONValue(parsing: text)
    #expect(manifest["threads"]?.int == 2 && manifest["instruction_set"]?.string == SmallRuns.otherInstructionSet)
    for key in ["host", "started", "seconds", "system", "program"] { #expect(manifest[key] != nil, "\(key)") }
    let host = try #require(manifest["host"]?.string)
    #expect(try !directory.trace("vgg08-s0").contains("\"\(host)\"") || host.isEmpty)
  }

  @Test("threads and instruction set change no byte of the trace")
  func backends() throws {
    _ = try run(["--threads", "1", "--isa", SmallRuns.otherInstructionSet])
    _ = try run(["--threads", "3"], out: "other")
    #expect(try directory.trace("vgg08-s0") == directory.trace("vgg08-s0", in: "other"))
  }

  @Test("several seeds are several runs")
  func seeds() throws {
    let outcome = try run(["--seeds", "4..5", "--epochs", "1"])
    #expect(outcome.code == 0 && directory.names("out") == ["vgg08-s4", "vgg08-s5"])
    #expect(outcome.output.contains("vgg08-s4") && outcome.output.contains("vgg08-s5"))
  }

  @Test("--bn-eval population is in the trace, and changes the validation")
  func population() throws {
    _ = try run()
    _ = try run(["--bn-eval", "population"], out: "other")
    let (a, b) = (try directory.trace("vgg08-s0"), try directory.trace("vgg08-s0", in: "other"))
    #expect(a.contains("\"batch_norm_evaluation\":\"running\"") && b.contains("\"batch_norm_evaluation\":\"population\""))
    let runs = try ["out", "other"].map { try Trace(path: directory.path("\($0)/vgg08-s0/trace.jsonl.zst")) }
    #expect(runs[0].epochs[1].digest == runs[1].epochs[1].digest)
    #expect(runs[0].epochs[1].validationLoss != runs[1].epochs[1].validationLoss)
  }

  // MARK: Killed and continued

  @Test(
    "killed by SIGKILL and resumed elsewhere, it leaves the same trace, results and files",
    arguments: [
      "step:1", "step:25", "evaluation:2", "trace:2", "trace.halfWritten:1", "trace.written:2", "checkpoint.created:1",
      "checkpoint.created:2", "checkpoint.halfWritten:2",
      "checkpoint.previousKept:1", "checkpoint.renamed:2",
    ])
  func killed(at moment: String) throws {
    let whole = try SmallRuns.finished.get().directory
    let outcome = try run(["--kill-at", moment, "--threads", "2"])
    #expect(!outcome.hasExited && outcome.code == SIGKILL, "it was not killed: \(outcome.errors)")
    let isCheap = SmallRuns.isOtherSlow && moment != "trace:2"
    let resumed = try run(["--resume", "--threads", "1"] + (isCheap ? [] : ["--isa", SmallRuns.otherInstructionSet]))
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try directory.trace("vgg08-s0") == whole.trace("vgg08-s0"))
    for file in ["result_outputs/summary.csv", "result_outputs/test_summary.csv", "best.safetensors"] {
      let same = try readFile(directory.path("out/vgg08-s0/" + file)) == readFile(whole.path("out/vgg08-s0/" + file))
      #expect(same, "\(file)")
    }
    #expect(directory.names("out/vgg08-s0") == whole.names("out/vgg08-s0"))
  }

  @Test("stopped by the time limit it ends with code 75, says how to continue, and continues")
  func timeLimit() throws {
    let arguments = [
      // So deep that no machine is done with a hundred epochs within two limits.
      "run", "vgg38", "--profile", "smoke", "--epochs", "100", "--out", directory.path("out"), "--time-limit", "3s",
    ]
    let first = try Program.run(arguments)
    #expect(first.hasExited && first.code == 75, "\(first.errors)")
    #expect(first.errors.contains("time limit") && first.errors.contains("--resume"))
    let before = try directory.trace("vgg38-s0")
    let second = try Program.run(arguments + ["--resume"])
    #expect(second.code == 75, "\(second.errors)")
    let after = try directory.trace("vgg38-s0")
    #expect(after.hasPrefix(before) && after.count > before.count)
  }

  @Test("interrupted it stops at the next step with a checkpoint; twice, at once")
  func interrupt() throws {
    let arguments = ["run", "vgg38", "--profile", "quick", "--epochs", "100", "--out", directory.path("out")]
    func waitForRun() {
      for _ in 0..<600 where !fileExists(directory.path("out/vgg38-s0/checkpoint.safetensors")) { usleep(20_000) }
    }
    let once = try Program.run(arguments) { process in
      waitForRun()
      process.interrupt()
    }
    #expect(once.hasExited && once.code == 75, "\(once.errors)")
    #expect(once.errors.contains("stopping at the next step") && once.errors.contains("--resume"))
    let twice = try Program.run(arguments + ["--resume"]) { process in
      usleep(500_000)
      process.interrupt()
      process.interrupt()
    }
    #expect(twice.hasExited && [75, 130].contains(twice.code), "\(twice.code)")
  }

  @Test("its manifest tells of every session, oldest first")
  func sessions() throws {
    #expect(try run(["--kill-at", "checkpoint.renamed:3", "--threads", "2"]).hasExited == false)
    #expect(try run(["--resume", "--threads", "1", "--isa", SmallRuns.otherInstructionSet]).code == 0)
    let text = String(decoding: try readFile(directory.path("out/vgg08-s0/manifest.json")), as: UTF8.self)
    let manifest = try JSONValue(parsing: text)
    #expect(manifest["threads"]?.int == 1 && manifest["instruction_set"]?.string == SmallRuns.otherInstructionSet)
    let earlier = try #require(manifest["earlier_sessions"]?.array)
    #expect(earlier.map { $0["threads"]?.int } == [2] && earlier[0]["started"]?.string != nil)
    #expect(earlier[0]["earlier_sessions"] == nil)
    #expect(try run(["--overwrite"]).code == 0)
    let anew = String(decoding: try readFile(directory.path("out/vgg08-s0/manifest.json")), as: UTF8.self)
    #expect(try JSONValue(parsing: anew)["earlier_sessions"] == nil)
  }

  @Test("its manifest tells of the session that began it, also if that was cut at once, and of none of the run it replaced")
  func firstSession() throws {
    #expect(try run(["--threads", "2"]).code == 0)
    #expect(try run(["--overwrite", "--kill-at", "step:3", "--threads", "1"]).hasExited == false)
    #expect(try run(["--resume", "--threads", "2"]).code == 0)
    let text = String(decoding: try readFile(directory.path("out/vgg08-s0/manifest.json")), as: UTF8.self)
    let earlier = try #require(try JSONValue(parsing: text)["earlier_sessions"]?.array)
    #expect(earlier.map { $0["threads"]?.int } == [1], "\(text)")
  }

  @Test("continuing a run that is over changes nothing")
  func finishedBefore() throws {
    #expect(try run().code == 0)
    let trace = try directory.trace("vgg08-s0"), checkpoint = try readFile(directory.path("out/vgg08-s0/checkpoint.safetensors"))
    // Were the test made again, this would kill it in the middle.
    let again = try run(["--resume", "--kill-at", "evaluation:1"])
    #expect(again.hasExited && again.code == 0 && again.errors.contains("vgg08-s0: finished before"), "\(again.errors)")
    #expect(try directory.trace("vgg08-s0") == trace)
    #expect(try readFile(directory.path("out/vgg08-s0/checkpoint.safetensors")) == checkpoint)
    // Where something is missing, it is made again.
    try removeFile(directory.path("out/vgg08-s0/best.safetensors"))
    #expect(try run(["--resume"]).errors.contains("continuing at"))
    #expect(fileExists(directory.path("out/vgg08-s0/best.safetensors")))
    #expect(try directory.trace("vgg08-s0") == trace)
  }

  /// A limit on the size of files is what a test can have of a full disk: writing fails with another number, and the same
  /// words.
  @Test("out of disk it ends with code 2 and says how to go on; with room again it goes on to the same trace")
  func outOfDisk() throws {
    #expect(try run(out: "whole").code == 0)
    let checkpoint = try readFile(directory.path("whole/vgg08-s0/checkpoint.safetensors")).count
    // The first checkpoint has no best weights in it yet and fits; the second does not. In units of 512 bytes.
    let command = "ulimit -f \(checkpoint * 9 / 10 / 512); exec \"$@\""
    let outcome = try Shell.run(
      ["/bin/sh", "-c", command, "sh", Program.url.path] + SmallRuns.arguments + ["--out", directory.path("out")])
    #expect(outcome.code == 2, "\(outcome.output)")
    #expect(outcome.output.contains("no space left") && outcome.output.contains("--resume continues"), "\(outcome.output)")
    #expect(try run(["--resume"]).code == 0)
    #expect(try directory.trace("vgg08-s0") == directory.trace("vgg08-s0", in: "whole"))
    #expect(directory.names("out/vgg08-s0") == directory.names("whole/vgg08-s0"))
  }

  // MARK: Refused

  /// Permissions do not hold back the superuser, who tests in many containers: there a directory's name is taken by a file.
  @Test("where nothing can be written it ends with code 2 and names the place")
  func notWritable() throws {
    try createDirectory(directory.path("closed"))
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: directory.path("closed"))
    let isSuperuser = FileManager.default.isWritableFile(atPath: directory.path("closed"))
    if isSuperuser { try directory.write("", "closed/vgg08-s0") }
    let outcome = try run(out: "closed")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path("closed"))
    #expect(outcome.code == 2 && outcome.errors.contains("closed/vgg08-s0"), "\(outcome.errors)")
  }

  @Test("a directory that holds a run is not begun anew, exit code 2, and left as it is")
  func exists() throws {
    _ = try run()
    let before = try directory.trace("vgg08-s0")
    let outcome = try run(["--epochs", "1"])
    #expect(outcome.code == 2 && outcome.errors.contains("holds a run already"))
    #expect(outcome.errors.contains("--resume") && outcome.errors.contains("--overwrite"))
    #expect(try directory.trace("vgg08-s0") == before)
    #expect(try run(["--overwrite"]).code == 0)
  }

  @Test("a foreign run is not continued, exit code 2, and what differs is named")
  func foreign() throws {
    _ = try run()
    let outcome = try run(["--resume", "--bn-eval", "population"])
    #expect(outcome.code == 2 && outcome.errors.contains("batch_norm_evaluation"), "\(outcome.errors)")
  }

  @Test("a directory in use by another process is refused, exit code 2")
  func locked() throws {
    try createDirectory(directory.path("out/vgg08-s0"))
    let lock = try FileLock(path: directory.path("out/vgg08-s0/lock"))
    let outcome = try run()
    #expect(outcome.code == 2 && outcome.errors.contains("vgg08-s0/lock"), "\(outcome.errors)")
    #expect(directory.names("out/vgg08-s0") == ["lock"])
    withExtendedLifetime(lock) {}
  }

  static let wrong: [(arguments: [String], says: String)] = [
    (["run"], "<row>"),
    (["run", "vgg16"], "vgg38-bn-rc-1e-2"),
    (["run", "vgg08", "--profile", "tiny"], "smoke"),
    (["run", "vgg08", "--epochs", "0"], "1 to 100"),
    (["run", "vgg08", "--epochs", "101"], "1 to 100"),
    (["run", "vgg08", "--seed", "x"], "seed"),
    (["run", "vgg08", "--seed=-1"], "seed"),
    (["run", "vgg08", "--seed", "18446744073709551616"], "seed"),
    (["run", "vgg08", "--seeds", "3..1"], "A not above B: 1..3"),
    (["run", "vgg08", "--seeds", "3"], "A..B, as in 0..3"),
    (["run", "vgg08", "--seed", "1", "--seeds", "1..2"], "exclude"),
    (["run", "vgg08", "--resume", "--overwrite"], "exclude"),
    (["run", "vgg08", "--bn-eval", "batch"], "population"),
    (["run", "vgg08", "--time-limit", "5"], "5h30m"),
    (["run", "vgg08", "--time-limit", "0s"], "time-limit"),
    (["run", "vgg08", "--time-limit", "1h1h"], "time-limit"),
    (["run", "vgg08", "--threads", "0"], "0 threads"),
    (["matrix", "--jobs", "0"], "1 to 64"),
    (["matrix", "--shard", "0/2"], "I from 1 to N"),
    (["matrix", "--shard", "3/2"], "shard"),
    (["matrix", "--shard", "1"], "shard"),
    (["matrix", "--rows", "vgg08,vgg9"], "vgg9"),
    (["matrix", "--rows", ""], "no row"),
  ]

  @Test("wrong usage is exit code 64, says what would be right, and makes nothing", arguments: wrong)
  func usage(arguments: [String], says: String) throws {
    let outcome = try Program.run(arguments + ["--out", directory.path("out")])
    #expect(outcome.hasExited && outcome.code == 64, "\(outcome.code) \(outcome.errors)")
    #expect(outcome.output == "" && outcome.errors.contains(says), "\(outcome.errors)")
    #expect(!fileExists(directory.path("out")))
  }
}
