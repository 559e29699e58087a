import ArgumentParser
import Experiments
import Networks

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "One experiment: one row, one seed (or several, one after the other).")

  @Argument(help: "The row: one of those that `gradflow list` lists.")
  var row: RowArgument

  @OptionGroup var options: TrainingOptions

  func run() throws {
    let row = ExperimentRow(self.row.row)
    try RunSession(rows: [row], options: options, jobs: 1, shard: nil).run()
  }
}
