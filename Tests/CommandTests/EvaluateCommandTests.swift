import Files
import TestSupport
import Testing

@Suite("gradflow evaluate")
struct EvaluateCommandTests {
  /// A small run in a directory, from its beginning to its end.
  private func finishedRun(in directory: TemporaryDirectory) throws -> String {
    let made = try Program.run(SmallRuns.arguments + ["--out", directory.path("out")])
    try #require(made.code == 0)
    return directory.path("out/vgg08-s0")
  }

  @Test("a finished run's numbers come out again, as a table and as JSON; with population statistics they stand beside them")
  func again() throws {
    let directory = try TemporaryDirectory()
    let run = try finishedRun(in: directory)
    let table = try Program.run(["evaluate", run])
    #expect(table.code == 0 && table.output.split(separator: "\n").count { $0.hasSuffix("equal") } == 2, "\(table.output)")
    let other = try Program.run(["evaluate", run, "--bn-eval", "population", "--json"])
    let json = try JSONValue(parsing: other.output)
    #expect(other.code == 0 && json["bn_eval"]?.string == "population" && json["trace_bn_eval"]?.string == "running")
    for set in ["validation", "test"] {
      let (found, trace) = (json["sets"]?[set]?["found"], json["sets"]?[set]?["trace"])
      #expect(found?["loss"]?.double != trace?["loss"]?.double && trace?["accuracy"]?.double != nil)
    }
  }

  @Test("an example's weight is taken as given, or chosen by the validation loss alone; with that of the run nothing changes")
  func exampleWeight() throws {
    let directory = try TemporaryDirectory()
    let run = try finishedRun(in: directory)
    let none = try Program.run(["evaluate", run, "--example-weight", "0"])
    #expect(none.code == 0 && none.output.split(separator: "\n").count { $0.hasSuffix("equal") } == 2, "\(none.output)")
    let chosen = try Program.run(["evaluate", run, "--example-weight", "choose", "--json"])
    let json = try JSONValue(parsing: chosen.output)
    let losses = try #require(json["candidates"]?.array?.compactMap { $0["validation_loss"]?.double })
    let weights = json["candidates"]?.array?.compactMap { $0["example_weight"]?.double } ?? []
    let least = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(chosen.code == 0 && weights.first == 0 && weights.last == 1 && Set(losses).count == losses.count)
    #expect(json["example_weight"]?.double == weights[least])
    #expect(json["sets"]?["validation"]?["found"]?["loss"]?.double == losses[least])
    #expect(losses[0] == json["sets"]?["validation"]?["trace"]?["loss"]?.double)
    let given = try Program.run(["evaluate", run, "--example-weight", "0.5"])
    #expect(given.code == 0 && given.output.contains("running, 0.5 the image's own"), "\(given.output)")
    let wrong = try Program.run(["evaluate", run, "--example-weight", "1.5"])
    #expect(wrong.code == 64)
  }

  @Test("what is no run's directory, and a run whose weights are gone, end with 2 and say what to do")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    let nothing = try Program.run(["evaluate", directory.path])
    #expect(nothing.code == 2 && nothing.errors.contains("is no run's directory"))
    _ = try Program.run(["run", "vgg08", "--profile", "smoke", "--epochs", "1", "--out", directory.path("out")])
    try removeFile(directory.path("out/vgg08-s0/best.safetensors"))
    let gone = try Program.run(["evaluate", directory.path("out/vgg08-s0")])
    #expect(gone.code == 2 && gone.errors.contains("copy them from where the run was made"), "\(gone.errors)")
  }
}
