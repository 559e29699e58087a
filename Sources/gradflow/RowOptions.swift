import ArgumentParser
import Experiments

/// Which rows: what `matrix`, `nightly`, `golden check` and `cluster submit` share.
struct RowOptions: ParsableArguments {
  @Option(name: .customLong("rows"), help: "Only these rows, separated by commas; may be given several times.")
  var lists: [String] = []

  /// Separated by commas; `nil` where the option is not given.
  var names: String? { RowNames.text(lists) }

  @OptionGroup var matrix: MatrixOption

  /// - Throws: `ValidationError` for a name that no row has; what reading the file throws.
  func choice() throws -> RowChoice { try RowChoice(rows: names, matrix: matrix) }
}

/// How many runs at the same time.
struct JobsOption: ParsableArguments {
  @Option(
    name: .customLong("jobs"),
    help: "Runs at the same time; they share the threads. As many as end soonest, if not given: mostly one for each thread.")
  var count: Int?

  func validate() throws {
    guard let count else { return }
    guard (1...MatrixRunner.mostJobs).contains(count) else {
      throw ValidationError("--jobs takes a number from 1 to \(MatrixRunner.mostJobs); not \(count)")
    }
  }
}

/// How the runs of a matrix are divided, on a machine and among machines.
struct PartOptions: ParsableArguments {
  @OptionGroup var jobs: JobsOption

  @Option(help: "Only the I-th of N parts of the runs: I/N, I from 1.", transform: Shard.init(parsing:))
  var shard: Shard?
}

/// The rows that `--rows` and `--matrix` choose.
struct RowChoice {
  let rows: [ExperimentRow]
  /// Those that were named, by `--rows` or by being in the file; `nil` where Table 1 is meant.
  let named: [String]?

  fileprivate init(rows names: String?, matrix: MatrixOption) throws {
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

  /// What several options together name, separated by commas; `nil` where none is given.
  static func text(_ lists: [String]) -> String? { lists.isEmpty ? nil : lists.joined(separator: ",") }

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
