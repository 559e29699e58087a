import ArgumentParser
import Experiments
import Files

struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix", abstract: "All rows of Table 1, or some, or those of a file.")

  @Option(help: "Only these rows, separated by commas.")
  var rows: String?

  @Option(help: "A YAML file that describes the rows; `gradflow list --yaml` prints the built-in ones in that form.")
  var matrix: String?

  @Option(help: "Runs at the same time; they share the threads.")
  var jobs = 1

  @Option(help: "Only the I-th of N parts of the runs: I/N, I from 1.", transform: Shard.init(parsing:))
  var shard: Shard?

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs takes a number from 1 to 64; not \(jobs)") }
  }

  func run() throws {
    try RunSession(rows: chosenRows(), options: options, jobs: jobs, shard: shard).run()
  }

  private func chosenRows() throws -> [ExperimentRow] {
    var all = ExperimentRow.builtIn
    var chosen = ExperimentRow.table1
    if let matrix {
      let text = String(decoding: try readFile(matrix, limit: 1 << 22), as: UTF8.self)
      all = try MatrixFile(yaml: text, name: matrix).rows
      chosen = all
    }
    guard let rows else { return chosen }
    let names = rows.split(separator: ",", omittingEmptySubsequences: false)
    if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw ValidationError("--rows names \(twice) twice")
    }
    return try names.map { name in
      guard let row = all.first(where: { $0.id == name }) else {
        throw ValidationError(
          "there is no row named \"\(name)\"; the rows are \(all.map(\.id).joined(separator: ", "))")
      }
      return row
    }
  }
}

/// `I/N`, counted from 1.
struct Shard {
  let index: Int
  let count: Int

  init(parsing argument: String) throws {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), (1...10_000).contains(count),
      (1...count).contains(index)
    else { throw ValidationError("--shard takes I/N, as in 1/4, with N from 1 to 10000 and I from 1 to N") }
    self.index = index
    self.count = count
  }

  /// Every `count`-th, beginning with the `index`-th.
  func part<Element>(of all: [Element]) -> [Element] {
    all.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
  }
}
