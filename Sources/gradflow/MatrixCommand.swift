import ArgumentParser
import Experiments
import Files
import Goldens
import Reports

struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix", abstract: "All rows of Table 1, or some, or those of a file.")

  @Option(help: "Only these rows, separated by commas.")
  var rows: String?

  @Option(help: "A YAML file that describes the rows; `gradflow list --yaml` prints the built-in ones in that form.")
  var matrix: String?

  @Option(help: "Runs at the same time; they share the threads.")
  var jobs = 1

  @Option(help: "Only the I-th of N parts of the runs: I/N, I from 1.")
  var shard: Shard?

  @Flag(help: "Hold what was run against the goldens, and end with the verdict.")
  var check = false

  @Flag(help: "Write a page about what was run, report.html beside the runs, and end with where it is.")
  var report = false

  @Option(help: "The directory of the goldens that --check and --report read.")
  var against = "golden"

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs takes a number from 1 to 64; not \(jobs)") }
  }

  func run() throws {
    let session = RunSession(rows: try chosenRows(), options: options, jobs: jobs, shard: shard)
    guard check || report else { return try session.run() }
    let made = try session.make()
    try session.printTable(made)
    if made.isStopped { return try session.complain(made) }
    try Console.print("")
    var failure: (any Error)?
    // The page is written whatever the verdict: it shows what is wrong.
    do {
      if check { try judge(made) } else { try session.complain(made) }
    } catch {
      failure = error
    }
    if report, !made.directories.isEmpty {
      if check { try Console.print("") }
      try writeReport(of: made.directories.map(\.path))
    }
    if let failure { throw failure }
  }

  private func judge(_ made: RunSession.Made) throws {
    // Fewer epochs were asked for: those are what can be checked.
    var goldens = GoldenCheck(profile: options.profile.rawValue, store: GoldenStore(directory: against))
    goldens.allowsPrefix = options.epochs != nil
    goldens.judge(made.directories.map(\.path))
    for result in made.results { goldens.add(unfinished: result, out: made.out) }
    try goldens.end(as: .text, requiringIdentical: false)
  }

  /// Of the runs just made: what else lies in the directory is not asked about.
  private func writeReport(of directories: [String]) throws {
    let runs = try RunSet(readingFrom: directories)
    let store = GoldenStore(directory: against)
    let engine = isDirectory(against) ? try EngineFindings(judging: runs, by: store) : .notChecked
    try Page(runs, engine: engine).write(to: options.outDirectory + "/report.html", figures: nil)
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
    return try RowNames(rows).names.map { name in
      guard let row = all.first(where: { $0.id == name }) else {
        throw ValidationError(
          "there is no row named \"\(name)\"; the rows are \(all.map(\.id).joined(separator: ", "))")
      }
      return row
    }
  }
}

/// The names in `--rows`, each once.
struct RowNames {
  let names: [String]

  init(_ text: String) throws {
    names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw ValidationError("--rows names \(twice) twice")
    }
  }
}

/// `I/N`, counted from 1.
struct Shard: ExpressibleByArgument {
  let index: Int
  let count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), count <= 10_000,
      count >= 1, (1...count).contains(index)
    else { return nil }
    self.index = index
    self.count = count
  }

  /// Every `count`-th, beginning with the `index`-th.
  func part<Element>(of all: [Element]) -> [Element] {
    all.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
  }
}
