import ArgumentParser

struct GoldenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden",
    abstract: "Goldens, which say what each row should give: check runs, record, show, compare.",
    discussion: """
      A golden is the trace of a row's reference seed, bit by bit, with bands for every other seed and for other bits. \
      golden/README.md tells how the bands are made and what the verdicts mean.
      """,
    subcommands: [
      GoldenCheckCommand.self, GoldenRecordCommand.self, GoldenDiffCommand.self, GoldenShowCommand.self,
      GoldenIndexCommand.self, GoldenRoundingCommand.self,
    ])
}
