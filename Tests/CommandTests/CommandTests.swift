import Files
import Kernels
import Networks
import Testing

@Suite("The commands")
struct CommandTests {
  @Test("list names every row with its parameters, the profiles, datasets and instruction sets")
  func list() throws {
    let outcome = try Program.run(["list"])
    #expect(outcome.code == 0 && outcome.errors == "")
    for row in StandardRow.all {
      #expect(outcome.output.contains(row.id) && outcome.output.contains("\(row.configuration.parameterCount)"))
      // As the report calls it, with two digits.
      let name = row.configuration.depth == 8 ? "VGG08" : "VGG38"
      #expect(outcome.output.split(separator: "\n").contains { $0.split(separator: " ").prefix(2) == [row.id[...], name[...]] })
    }
    let words = ["smoke", "quick", "short", "paper", "synthetic", "cifar-100"] + InstructionSet.allCases.map(\.rawValue)
    for word in words { #expect(outcome.output.contains(word), "\(word)") }
  }

  @Test("list --json is one object with the same content")
  func listJSON() throws {
    let json = try JSONValue(parsing: try Program.run(["list", "--json"]).output)
    #expect(json["rows"]?.array?.compactMap { $0["row"]?.string } == StandardRow.all.map(\.id))
    #expect(json["instruction_sets"]?.array?.compactMap(\.string) == InstructionSet.available.map(\.rawValue))
  }

  @Test("help and version go to standard output, exit code 0", arguments: [["--help"], ["--version"], ["bench", "--help"]])
  func help(arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 0 && !outcome.output.isEmpty && outcome.errors == "")
  }

  @Test("a reader that goes away early does not end the program by a signal")
  func closedPipe() throws {
    let outcome = try Program.run(["list"], readsOutput: false)
    #expect(outcome.hasExited && outcome.code == 0)
  }

  @Test("bench --json prints the object that scripts rely on")
  func bench() throws {
    let arguments = ["bench", "--row", "vgg08", "--batch", "2", "--steps", "3", "--threads", "2", "--isa", "portable", "--json"]
    let json = try JSONValue(parsing: try Program.run(arguments).output)
    #expect(json["row"]?.string == "vgg08")
    #expect(json["isa"]?.string == "portable")
    #expect(json["batch"]?.int == 2 && json["threads"]?.int == 2 && json["steps"]?.int == 3)
    for key in [
      "step_ms_median", "step_ms_min", "forward_ms_median", "backward_ms_median", "update_ms_median",
      "images_per_second", "peak_rss_mb",
    ] {
      let value = try #require(json[key]?.double, "\(key)")
      #expect(value.isFinite && value >= 0, "\(key)")
    }
  }

  @Test("bench --eval times the forward pass alone")
  func benchEvaluation() throws {
    let outcome = try Program.run(["bench", "--row", "vgg08", "--batch", "2", "--steps", "1", "--eval", "--json"])
    let json = try JSONValue(parsing: outcome.output)
    #expect(json["mode"]?.string == "eval")
    #expect(json["forward_ms_median"]?.double != nil && json["backward_ms_median"] == nil)
  }

  @Test("the memory that bench tells is its own, however much the process has that started it")
  func benchMemory() throws {
    let large = UnsafeMutableRawBufferPointer.allocate(byteCount: 600 << 20, alignment: 4096)
    defer { large.deallocate() }
    for page in stride(from: 0, to: large.count, by: 4096) { large[page] = 1 }
    let outcome = try Program.run(["bench", "--row", "vgg08", "--batch", "2", "--steps", "1", "--json"])
    let megabytes = try #require(try JSONValue(parsing: outcome.output)["peak_rss_mb"]?.double)
    #expect(megabytes > 1 && megabytes < 300)
  }

  @Test("gradcheck of one layer checks only that, and passes, as a table and as JSON")
  func gradcheck() throws {
    let table = try Program.run(["gradcheck", "--layer", "linear"])
    #expect(table.code == 0)
    #expect(table.output.contains("all passed") && !table.output.contains("Convolution"))
    let outcome = try Program.run(["gradcheck", "--layer", "Linear", "--json"])
    let json = try JSONValue(parsing: outcome.output)
    let checks = try #require(json["checks"]?.array)
    #expect(outcome.code == 0 && json["passed"]?.bool == true && !checks.isEmpty)
    for check in checks {
      #expect(check["layer"]?.string == "Linear" && check["passed"]?.bool == true)
      #expect(try #require(check["checked"]?.int) > 0)
      #expect(try #require(check["worst_error_over_bound"]?.double) <= 1)
    }
  }
}
