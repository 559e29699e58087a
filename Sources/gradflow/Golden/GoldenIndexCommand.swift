import ArgumentParser
import Files
import Goldens

struct GoldenIndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "What golden/index.csv should hold: one line a golden, read from the files.",
    discussion: "`golden record` writes the index; this is for after a merge: gradflow golden index > golden/index.csv")

  @Option(help: "The directory of the goldens.")
  var against = "golden"

  func run() throws {
    guard isDirectory(against) else { throw AgainstOption.missing(against) }
    try Console.print(String(try GoldenStore(directory: against).indexText().dropLast()))
  }
}
