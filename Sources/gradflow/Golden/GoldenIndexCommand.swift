import ArgumentParser
import Goldens

struct GoldenIndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "What golden/index.csv should hold: one line a golden, read from the files.",
    discussion: "`golden record` writes the index; this is for after a merge: gradflow golden index > golden/index.csv")

  @Option(help: "The directory of the goldens.")
  var against = "golden"

  func run() throws {
    try Console.print(String(try GoldenStore(directory: against).indexText().dropLast()))
  }
}
