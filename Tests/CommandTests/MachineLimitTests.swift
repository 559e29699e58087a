import Files
import Foundation
import Processes
import TestSupport
import Testing

@Suite("The program takes of the machine what it may, and says before the work what it lacks")
struct MachineLimitTests {
  @Test("without --threads it works with one thread for each processor of its affinity", .enabled(if: Self.hasTaskset))
  func affinity() throws {
    let bench = [Program.url.path, "bench", "--row", "vgg08", "--batch", "2", "--steps", "1", "--warmup", "0", "--json"]
    let outcome = try Shell.run(["taskset", "--cpu-list", "0"] + bench)
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(try JSONValue(parsing: outcome.output)["threads"]?.int == 1)
  }

  static let hungry: [[String]] = [
    ["gradcheck", "--layer", "BatchNorm", "--threads", "2"],
    ["run", "vgg38", "--profile", "quick", "--threads", "2", "--out", "OUT"],
    ["bench", "--row", "vgg38", "--steps", "1", "--threads", "2"],
    ["bench", "--rows", "vgg38", "--steps", "1", "--threads", "2"],
    ["matrix", "--profile", "quick", "--threads", "2", "--out", "OUT"], ["data", "info", "DATA"], ["data", "verify", "DATA"],
    ["replay", "RUN", "--step", "0:1", "--threads", "2"],
  ]

  #if os(Linux)
    @Test(
      "without the memory for it a command says in one line what it needs and what there is, before the work", arguments: hungry)
    func memory(arguments: [String]) throws {
      let directory = try TemporaryDirectory()
      try createDirectory(directory.path("data"))
      // A set of images with room for what it would be: nothing of it is read.
      try AtomicFile.write("", to: directory.path("data/train.bin"))
      let data = FileHandle(forWritingAtPath: directory.path("data/train.bin"))
      try data?.truncate(atOffset: 153_700_000)
      try data?.close()
      if arguments.contains("RUN") {
        #expect(try Program.run(SmallRuns.arguments + ["--out", directory.path("runs")]).code == 0)
      }
      let words = arguments.map { word in
        switch word {
        case "OUT": directory.path("out")
        case "DATA": directory.path("data")
        case "RUN": directory.path("runs/vgg08-s0")
        default: word
        }
      }
      let size = try Self.addressSpace()
      // Room for the program and its threads, and little besides.
      let line = "ulimit -v \(size + 85_000); exec \"$@\""
      let outcome = try Shell.run(["/bin/sh", "-c", line, "sh", Program.url.path] + words)
      #expect(outcome.code == 2, "\(outcome.output)")
      let lines = outcome.output.split(separator: "\n")
      #expect(
        lines.count == 1 && outcome.output.contains("need at least") && outcome.output.contains("(ulimit -v)"),
        "\(outcome.output)")
      #expect(!fileExists(directory.path("out")))
    }

    @Test("with the memory that they say they need, gradient checks of the layer that takes most are made", arguments: [1, 2])
    func enough(threads: Int) throws {
      let arguments = ["gradcheck", "--layer", "ResidualAdd", "--threads", "\(threads)"]
      let size = try Self.addressSpace()
      func run(_ more: Int) throws -> Shell.Result {
        let line = "ulimit -v \(size + more); exec \"$@\""
        return try Shell.run(["/bin/sh", "-c", line, "sh", Program.url.path] + arguments)
      }
      let words = try run(85_000).output.split(separator: " ")
      let need = try #require(words.firstIndex(of: "MiB").flatMap { Double(words[$0 - 1]) })
      // Beside it, each thread but the first has its stack and its part of the allocator's addresses.
      let outcome = try run((threads - 1) * 72 * 1024 + Int(need) * 1024 + 4096)
      #expect(outcome.code == 0, "\(need) MiB: \(outcome.output.suffix(500))")
    }

    /// Kibibytes of address space that the program has before it does anything.
    private static func addressSpace() throws -> Int {
      let none = try Shell.run([
        "/bin/sh", "-c", "ulimit -v 900000; exec \"$@\"", "sh", Program.url.path, "bench", "--row", "vgg38", "--batch", "100000",
        "--threads", "1",
      ])
      // What the limit leaves is told in mebibytes.
      let words = none.output.split(separator: " ")
      let index = try #require(words.firstIndex(of: "leaves"), "\(none.output)")
      let left = try #require(Double(words[index + 3]))
      return 900_000 - Int(left * 1024)
    }
  #endif

  /// Whether this system can bind a process to a processor, and has that processor for us.
  private static var hasTaskset: Bool { (try? Shell.run(["taskset", "--cpu-list", "0", "true"]).code) == 0 }
}
