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

  @OptionGroup var matrix: MatrixOption

  @Option(help: "Runs at the same time; they share the threads.")
  var jobs = 1

  @Option(help: "Only the I-th of N parts of the runs: I/N, I from 1.", transform: Shard.init(parsing:))
  var shard: Shard?

  @Flag(help: "Compare the runs with the goldens, and end with the verdict.")
  var check = false

  @Flag(
    name: .customLong("allow-other-bits"),
    help: "With --check: accept other bits inside the bands, although settings, seed and contract version are equal.")
  var allowsOtherBits = false

  @Flag(help: "Write a page about the runs, report.html beside them, and print its path.")
  var report = false

  @Option(help: "The directory of the goldens that --check and --report read.")
  var against = AgainstOption.standard

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs takes a number from 1 to 64; not \(jobs)") }
    if allowsOtherBits, !check { throw ValidationError("--allow-other-bits says what --check lets pass, which is not given") }
  }

  func run() throws {
    let rows = try RowChoice(rows: rows, matrix: matrix).rows
    // What would keep every run from being judged is said before the first one begins.
    if check { _ = try GoldenStore(directory: against).recordedRows(of: options.profile) }
    if report { _ = try reportFile }
    if report, against != AgainstOption.standard, !isDirectory(against) { throw AgainstOption.missing(against) }
    let session = RunSession(rows: rows, options: options, jobs: jobs, shard: shard)
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
    goldens.matrix = matrix.file
    goldens.allowsPrefix = options.epochs != nil
    goldens.judge(made.directories.map(\.path))
    for result in made.results { goldens.add(unfinished: result, out: made.out) }
    try goldens.end(as: .text, requiring: Requirement(allowingOtherBits: allowsOtherBits))
  }

  /// Reports on the runs that were just made, and on no others in the directory.
  private func writeReport(of directories: [String]) throws {
    let runs = try RunSet(readingFrom: directories)
    let store = GoldenStore(directory: against)
    let engine = isDirectory(against) ? try EngineFindings(judging: runs, by: store) : .notChecked
    try Page(runs, engine: engine).write(to: try reportFile, figures: nil)
  }

  private var reportFile: OutputFile {
    get throws {
      try OutputFile(options.outDirectory + "/report.html", option: "--report", inputs: [matrix.file].compactMap { $0 })
    }
  }
}

/// The rows that `--rows` and `--matrix` choose.
struct RowChoice {
  let rows: [ExperimentRow]
  /// Those that were named, by `--rows` or by being in the file; `nil` where Table 1 is meant.
  let named: [String]?

  init(rows names: String?, matrix: MatrixOption) throws {
    let described = try matrix.rows()
    let all = described ?? ExperimentRow.builtIn
    var chosen = described ?? ExperimentRow.table1
    if let names {
      let wanted = try RowNames(names)
      try wanted.check(among: all.map(\.id))
      chosen = wanted.names.compactMap { name in all.first { $0.id == name } }
    }
    rows = chosen
    named = names == nil && described == nil ? nil : chosen.map(\.id)
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

  /// A name that no row has is wrong usage, told apart from a row of which nothing is there yet.
  ///
  /// - Parameter known: rows that there are, some perhaps several times.
  func check(among known: [String]) throws {
    guard let foreign = names.first(where: { !known.contains($0) }) else { return }
    var rows: [String] = []
    for row in known where !rows.contains(row) { rows.append(row) }
    throw ValidationError("there is no row named \"\(foreign)\"; the rows are \(rows.joined(separator: ", "))")
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
