import Files
import Foundation
import Processes
import TestSupport
import Testing

/// Datasets in CIFAR-10's layout, a few records each.
@Suite("gradflow data, and data that are not right")
struct DataCommandTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try createDirectory(directory.path("data"))
    for file in Self.files { try directory.write(Self.records(20, seed: file), "data/" + file) }
  }

  private static let files = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]

  /// Labels 0 to 9 in turn, and pixels that differ.
  private static func records(_ count: Int, seed: String) -> [UInt8] {
    var state = seed.utf8.reduce(UInt64(1)) { $0 &* 31 &+ UInt64($1) }
    return (0..<count).flatMap { index in
      [UInt8(index % 10)]
        + (0..<3072).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return UInt8(truncatingIfNeeded: state >> 40)
        }
    }
  }

  private func change(_ file: String, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = try readFile(directory.path("data/" + file))
    body(&bytes)
    try directory.write(bytes, "data/" + file)
  }

  private func run(_ more: [String] = [], out: String = "out") throws -> Program.Outcome {
    try Program.run(
      ["run", "vgg08", "--profile", "smoke", "--epochs", "1", "--data", directory.path("data"), "--out", directory.path(out)]
        + more)
  }

  @Test("info tells what a dataset is, whatever the order of its records")
  func info() throws {
    let first = try Program.run(["data", "info", directory.path("data")])
    #expect(first.code == 0, "\(first.errors)")
    for word in ["cifar-10", "classes        10", "100", "20", "sha256:"] { #expect(first.output.contains(word), "\(word)") }
    try change("data_batch_1.bin") { $0 = Array($0[3073...] + $0[..<3073]) }
    #expect(try Program.run(["data", "info", directory.path("data")]).output == first.output)
    try change("data_batch_1.bin") { $0[5] ^= 1 }
    #expect(try Program.run(["data", "info", directory.path("data")]).output != first.output)
  }

  @Test(
    "a run on data that are not the official ones says that nothing will judge it as the report's experiment; others say nothing")
  func departure() throws {
    // They are too few for a validation set as well, which is told after that.
    let outcome = try run()
    #expect(
      outcome.errors.contains(
        "warning: these are not the official CIFAR-100 data (100 training images; the official set has 50000)"))
    let builtIn = try Program.run(SmallRuns.arguments + ["--out", directory.path("built-in")])
    #expect(!builtIn.errors.contains("official"))
  }

  @Test("verify says what is missing of the official set, exit code 1")
  func verify() throws {
    let outcome = try Program.run(["data", "verify", directory.path("data")])
    #expect(outcome.code == 1 && outcome.output.contains("not whole: 100 training images; the official set has 50000"))
    #expect(!outcome.output.contains("\nwhole"))
  }

  @Test("the contact sheet is a PNG, and one that cannot be written is exit code 2")
  func contactSheet() throws {
    let arguments = ["data", "info", directory.path("data"), "--contact-sheet"]
    #expect(try Program.run(arguments + [directory.path("sheet.png")]).code == 0)
    #expect(try readFile(directory.path("sheet.png")).prefix(8) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    let outcome = try Program.run(arguments + [directory.path("nowhere/sheet.png")])
    #expect(outcome.code == 2 && outcome.errors.contains("nowhere"))
  }

  struct Damage: CustomTestStringConvertible {
    let name: String
    let words: [String]
    let apply: @Sendable (DataCommandTests) throws -> Void

    var testDescription: String { name }
  }

  static let damages: [Damage] = [
    Damage(name: "a file cut off", words: ["data_batch_2.bin", "61359 bytes", "19 records of 3073", "make data"]) {
      try $0.change("data_batch_2.bin") { $0.removeLast(101) }
    },
    Damage(name: "a label out of range", words: ["data_batch_3.bin", "record 4", "label 10", "byte 12292", "0 to 9"]) {
      try $0.change("data_batch_3.bin") { $0[4 * 3073] = 10 }
    },
    Damage(name: "an empty file", words: ["test_batch.bin", "empty"]) { try $0.change("test_batch.bin") { $0 = [] } },
    Damage(name: "a missing file", words: ["data_batch_4.bin", "missing"]) {
      try removeFile($0.directory.path("data/data_batch_4.bin"))
    },
    Damage(name: "a damaged zstd file", words: ["data_batch_5.bin.zst"]) {
      var bytes = Zstd.compress(try readFile($0.directory.path("data/data_batch_5.bin")))
      bytes[bytes.count / 2] ^= 1
      try $0.directory.write(bytes, "data/data_batch_5.bin.zst")
      try removeFile($0.directory.path("data/data_batch_5.bin"))
    },
    Damage(name: "a zstd file cut off", words: ["data_batch_5.bin.zst"]) {
      let bytes = Zstd.compress(try readFile($0.directory.path("data/data_batch_5.bin")))
      try $0.directory.write(Array(bytes.dropLast(9)), "data/data_batch_5.bin.zst")
      try removeFile($0.directory.path("data/data_batch_5.bin"))
    },
    Damage(name: "a file plain and compressed", words: ["data_batch_5.bin.zst", "keep one"]) {
      try $0.directory.write(Zstd.compress(try readFile($0.directory.path("data/data_batch_5.bin"))), "data/data_batch_5.bin.zst")
    },
    Damage(name: "no data", words: ["neither CIFAR-100", "make data"]) { test in
      for file in files { try removeFile(test.directory.path("data/" + file)) }
    },
    Damage(name: "no directory", words: ["no such directory", "make data"]) {
      try FileManager.default.removeItem(atPath: $0.directory.path("data"))
    },
  ]

  @Test("is refused by info, verify and run alike, exit code 2, with the facts, and nothing is made", arguments: damages)
  func damaged(_ damage: Damage) throws {
    try damage.apply(self)
    let data = directory.path("data")
    for outcome in [try Program.run(["data", "info", data]), try Program.run(["data", "verify", data]), try run()] {
      #expect(outcome.hasExited && outcome.code == 2 && outcome.output == "")
      for word in damage.words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    }
    #expect(!fileExists(directory.path("out")))
  }

  @Test("trains on data of one's own, the order of whose records changes nothing")
  func ownData() throws {
    try createDirectory(directory.path("data"))
    for file in Self.files { try directory.write(Self.records(40, seed: file), "data/" + file) }
    #expect(try run().code == 0)
    try change("data_batch_1.bin") { $0 = Array($0[3073...] + $0[..<3073]) }
    #expect(try run(out: "other").code == 0)
    #expect(try directory.trace("vgg08-s0") == directory.trace("vgg08-s0", in: "other"))
  }

  @Test("too few images of a class for the split: exit code 2, with the class and the counts")
  func tooFew() throws {
    for file in Self.files.prefix(5) {
      try change(file) { for record in 0..<20 where $0[record * 3073] == 7 { $0[record * 3073] = 8 } }
    }
    let outcome = try run()
    #expect(
      outcome.code == 2 && outcome.errors.contains("class 0 has 10 training images; the validation split takes 10"),
      "\(outcome.errors)")
    #expect(!fileExists(directory.path("out")))
  }

  @Test("a profile that needs CIFAR-100 says where to get it, exit code 2", arguments: ["short", "paper"])
  func needed(profile: String) throws {
    let arguments = ["run", "vgg08", "--profile", profile, "--out", directory.path("out")]
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 2 && outcome.errors.contains("make data") && outcome.errors.contains("GRADFLOW_DATA"))
    let misled = try Program.run(arguments, environment: ["GRADFLOW_DATA": directory.path("nowhere")])
    #expect(misled.code == 2 && misled.errors.contains("nowhere"))
  }

  @Test("smoke and quick do not read GRADFLOW_DATA")
  func unread() throws {
    let outcome = try Program.run(
      SmallRuns.arguments + ["--epochs", "1", "--out", directory.path("out")],
      environment: ["GRADFLOW_DATA": directory.path("nowhere")])
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  // MARK: Where runs go

  @Test("a file where the output directory should be: exit code 2, with its name", arguments: ["taken", "taken/deeper"])
  func outIsFile(out: String) throws {
    try directory.write("mine", "taken")
    let outcome = try Program.run(SmallRuns.arguments + ["--out", directory.path(out)])
    #expect(outcome.code == 2 && outcome.errors.contains("taken"), "\(outcome.errors)")
    #expect(try readFile(directory.path("taken")) == Array("mine".utf8))
  }

  @Test("a disk that is full in the middle of a run: exit code 2, and with more room the run goes on", .enabled(if: canMount))
  func fullDisk() throws {
    let arguments = SmallRuns.arguments + ["--out"]
    #expect(try Program.run(arguments + [directory.path("out")]).code == 0)
    let disk = directory.path("disk")
    try createDirectory(disk)
    try Self.shell("mount -t tmpfs -o size=2m none '\(disk)'")
    defer { try? Self.shell("umount '\(disk)'") }
    let outcome = try Program.run(arguments + [disk])
    #expect(outcome.hasExited && outcome.code == 2 && outcome.errors.contains("vgg08-s0/"), "\(outcome.errors)")
    #expect(outcome.errors.contains("full") || outcome.errors.contains("space"), "\(outcome.errors)")
    #expect(!directory.names("disk/vgg08-s0").contains { $0.hasSuffix(".tmp") })
    try Self.shell("mount -o remount,size=32m '\(disk)'")
    let resumed = try Program.run(arguments + [disk, "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try directory.trace("vgg08-s0", in: "disk") == directory.trace("vgg08-s0"))
  }

  /// Whether this process may put a small disk somewhere.
  static let canMount: Bool = {
    guard getuid() == 0, let probe = try? TemporaryDirectory() else { return false }
    guard (try? shell("mount -t tmpfs -o size=64k none '\(probe.path)'")) != nil else { return false }
    try? shell("umount '\(probe.path)'")
    return true
  }()

  struct ShellError: Error {}

  static func shell(_ command: String) throws {
    if try Shell.run(["/bin/sh", "-c", command]).code != 0 { throw ShellError() }
  }
}
