import ArgumentParser
import Goldens

struct GoldenIndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "The content of golden/index.csv: one line for each golden.",
    discussion: "`golden record` writes the index; this is for after a merge: gradflow golden index > golden/index.csv")

  @Option(help: "The directory of the goldens.")
  var against = "golden"

  func run() throws {
    let store = GoldenStore(directory: against)
    try store.requireGoldens()
    try Console.print(String(try store.indexText().dropLast()))
  }
}
