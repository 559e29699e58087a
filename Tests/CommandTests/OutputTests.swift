import Files
import Foundation
import Processes
import TestSupport
import Testing

@Suite("What a command reads it never overwrites, and what it writes keeps to its place")
struct OutputTests {
  private let directory: TemporaryDirectory
  private var run: String { directory.path("out/vgg08-s0") }

  init() throws {
    directory = try TemporaryDirectory()
    try SmallRuns.copyFinished(to: directory.path("out"))
    try AtomicFile.write("x", to: directory.path("plain"))
  }

  private func refused(_ arguments: [String], sparing file: String) throws {
    let before = try readFile(file)
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 64 && outcome.errors.contains("names a file that is read"), "\(arguments): \(outcome.errors)")
    #expect(try readFile(file) == before, "\(arguments)")
  }

  /// Other names of a file.
  private func spellings(_ file: String) throws -> [String] {
    let name = directory.path("link-\(UUID().uuidString)"), second = directory.path("name-\(UUID().uuidString)")
    try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: file)
    try FileManager.default.linkItem(atPath: file, toPath: second)
    let url = URL(fileURLWithPath: file)
    let folder = url.deletingLastPathComponent().path
    return [
      file, name, second, "\(folder)/./\(url.lastPathComponent)", "\(folder)//../\(fileName(folder))/\(url.lastPathComponent)",
    ]
  }

  private func fileName(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

  @Test("probe: neither its weights nor its batch, however they are spelt")
  func probe() throws {
    let files = try ProbeFiles(row: "vgg08")
    try files.weights.fileBytes.withUnsafeBytes { try AtomicFile.write($0, to: directory.path("w")) }
    try files.batch.fileBytes.withUnsafeBytes { try AtomicFile.write($0, to: directory.path("b")) }
    let probe = ["probe", "--row", "vgg08", "--weights", directory.path("w"), "--batch", directory.path("b"), "--out"]
    for file in ["w", "b"] {
      for name in try spellings(directory.path(file)) { try refused(probe + [name], sparing: directory.path(file)) }
    }
    // Another name is told with the file's own, the same name once.
    let same = try Program.run(probe + [directory.path("w")]).errors,
      other = try Program.run(probe + [directory.path("./w")]).errors
    #expect(same.contains("\(directory.path("w")); give") && !same.contains("which is"), "\(same)")
    #expect(other.contains("\(directory.path("./w")), which is \(directory.path("w")); give"), "\(other)")
    #expect(try Program.run(probe + [directory.path("o")]).code == 0)
  }

  @Test("report, export and golden record: no file of the runs, no golden")
  func runs() throws {
    // As of a run that broke off; of one that came to its end it says nothing.
    try AtomicFile.write("{}\n", to: "\(run)/diverged.json")
    for file in ["trace.jsonl.zst", "checkpoint.safetensors", "best.safetensors", "manifest.json", "diverged.json"] {
      for name in try spellings("\(run)/\(file)") {
        try refused(["report", directory.path("out"), "--out", name], sparing: "\(run)/\(file)")
        try refused(["export", run, "--format", "csv", "--out", name], sparing: "\(run)/\(file)")
      }
    }
    let golden = Shell.package.appendingPathComponent("golden/smoke/vgg08.jsonl.zst").path
    try createDirectory(directory.path("golden/smoke"))
    try AtomicFile.write(try readFile(golden), to: directory.path("golden/smoke/vgg08.jsonl.zst"))
    let against = ["--against", directory.path("golden")]
    try refused(
      ["report", directory.path("out"), "--out", directory.path("golden/./smoke/vgg08.jsonl.zst")] + against,
      sparing: directory.path("golden/smoke/vgg08.jsonl.zst"))
    // A figure whose file is a link to the trace.
    try createDirectory(directory.path("figures"))
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("figures/figure-1.svg"), withDestinationPath: "\(run)/trace.jsonl.zst")
    try refused(
      ["report", directory.path("out"), "--out", directory.path("page"), "--figures", directory.path("figures")],
      sparing: "\(run)/trace.jsonl.zst")
  }

  @Test("golden rounding: no golden; opening: no file of the data")
  func openings() throws {
    try createDirectory(directory.path("golden/smoke"))
    let golden = directory.path("golden/smoke/vgg08.jsonl.zst")
    try AtomicFile.write(try readFile(Shell.package.appendingPathComponent("golden/smoke/vgg08.jsonl.zst").path), to: golden)
    for name in try spellings(golden) {
      try refused(
        ["golden", "rounding", "--against", directory.path("golden"), "--members", "100..100", "--dump", name], sparing: golden)
    }
    try createDirectory(directory.path("data"))
    try AtomicFile.write("x", to: directory.path("data/train.bin"))
    for name in try spellings(directory.path("data/train.bin")) {
      try refused(
        ["opening", "vgg08", "--profile", "short", "--data", directory.path("data"), "--out", name],
        sparing: directory.path("data/train.bin"))
    }
  }

  @Test("replay: neither the run nor the data; data info: no file of the dataset")
  func data() throws {
    let replay = ["replay", run, "--step", "0:1"]
    try refused(replay + ["--save", "\(run)/checkpoint.safetensors"], sparing: "\(run)/checkpoint.safetensors")
    for name in try spellings("\(run)/trace.jsonl.zst") {
      try refused(replay + ["--part", "0", "--values", name], sparing: "\(run)/trace.jsonl.zst")
    }
    try createDirectory(directory.path("data"))
    try AtomicFile.write([UInt8](repeating: 0, count: 3073), to: directory.path("data/test_batch.bin"))
    for name in try spellings(directory.path("data/test_batch.bin")) {
      try refused(
        ["data", "info", directory.path("data"), "--contact-sheet", name], sparing: directory.path("data/test_batch.bin"))
    }
  }

  // MARK: Places

  private static var hasMounts: Bool { (try? Shell.run(["unshare", "--mount", "true"]).code) == 0 }

  @Test(
    "a file that is mounted where it lies, as into a container, gets the content",
    .enabled("needs mount namespaces", { Self.hasMounts }))
  func bindMount() throws {
    try AtomicFile.write("outside", to: directory.path("outside"))
    try AtomicFile.write("inside", to: directory.path("inside"))
    let export = [Program.url.path, "export", run, "--format", "csv", "--out", directory.path("inside")]
    for options in ["", "mount --bind -o ro \(directory.path) \(directory.path) && "] {
      // In the second case what is around the file cannot be written; the place that the shell stands in still can.
      let line = "cd \(directory.path) && \(options)mount -c --bind outside \(directory.path("inside")) && exec \"$@\""
      let outcome = try Shell.run(["unshare", "--mount", "/bin/sh", "-c", line, "sh"] + export)
      #expect(outcome.code == 0, "\(outcome.output)")
      #expect(try String(decoding: readFile(directory.path("outside")), as: UTF8.self).contains("val_loss"))
      #expect(try readFile(directory.path("inside")) == Array("inside".utf8))
      #expect(directory.names("").allSatisfy { !$0.hasSuffix(".tmp") })
    }
  }

  @Test("a run's lock that is a link is refused, and what it leads to stays as it is")
  func lock() throws {
    try createDirectory(directory.path("other/vgg08-s0"))
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("other/vgg08-s0/lock"), withDestinationPath: directory.path("plain"))
    let outcome = try Program.run(SmallRuns.arguments + ["--out", directory.path("other")])
    #expect(
      outcome.code == 2 && outcome.errors.contains("vgg08-s0/lock") && outcome.errors.contains("is a link"), "\(outcome.errors)")
    #expect(try readFile(directory.path("plain")) == Array("x".utf8))
  }

  @Test("exporting again appends: the file that a TensorBoard has open is the same, and begins as it began")
  func events() throws {
    let path = "\(run)/tensorboard/events.out.tfevents.0.gradflow"
    func number() throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }
    let export = ["export", run, "--format", "tensorboard"]
    #expect(
      try Program.run(["run", "vgg08", "--profile", "smoke", "--epochs", "1", "--overwrite", "--out", directory.path("out")]).code
        == 0)
    #expect(try Program.run(export).code == 0)
    let (first, before) = (try number(), try readFile(path))
    #expect(try Program.run(export).output == path + "\n")
    #expect(try readFile(path) == before && number() == first)
  }
}
