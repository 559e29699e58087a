import ArgumentParser
import Experiments
import Files
import Goldens
import PlainText
import Traces
import Training

struct GoldenRecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record finished runs as goldens, with a reason.",
    discussion: """
      Takes, for each row, every seed that the runs' directories hold: one is the reference, whose trace is kept bit by \
      bit, and all together are the ensemble that the bands come from. With --keep-bands only the reference is taken and \
      the bands stay those of the present golden, which must hold for it: that is for a new version of the numerics \
      contract, which changes bits and nothing else: its first steps must lie as close as other rounding leaves them.

      Each golden gets an envelope of other roundings: the reference run's first steps and its steps from anchors are made \
      32 times more, with noise in the place of rounding (docs/verdicts.md).

      Refuses in continuous integration, in a checkout with changes outside the goldens' directory, and runs that are not \
      whole, not finite or of different settings. Prints what would change, and asks.
      """)

  @Option(help: "The profile of the runs.")
  var profile = Profile.quick

  @Option(
    help: """
      Only these rows, separated by commas; may be given several times. All rows of Table 1, or of --matrix, if not given.
      """)
  var rows: [String] = []

  @OptionGroup var matrix: MatrixOption

  @Option(name: .customLong("runs"), help: "A directory of finished runs; may be given several times.")
  var runs: [String] = []

  @Option(help: "The reason, which is kept in the golden.")
  var reason: String

  @Option(help: "The reference seed.")
  var seed: UInt64 = 0

  @Option(
    help: "The seeds of the ensemble, A..B, both included; other runs in the directories stay out of it.",
    transform: SeedRange.init(parsing:))
  var seeds: SeedRange?

  @Option(help: "The directory of the goldens.")
  var into = "golden"

  @Flag(name: .customLong("keep-bands"), help: "Keep the bands of the present goldens; they must hold.")
  var keepsBands = false

  @OptionGroup var data: DataOption

  @OptionGroup var compute: ComputeOptions

  @Flag(help: "Do not ask.")
  var yes = false

  func validate() throws {
    if keepsBands, seeds != nil { throw ValidationError("--keep-bands takes the reference seed alone: --seeds is not for it") }
    if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty: say why the goldens change") }
    if reason.contains(where: \.isNewline) { throw ValidationError("--reason is one line") }
    try OutputDirectory.check(into, option: "--into")
    if runs.isEmpty { throw ValidationError("--runs DIR is needed: goldens are made from finished runs") }
  }

  func run() throws {
    if Environment.isContinuousIntegration {
      throw Stop(.impossible, "goldens are not recorded in continuous integration (CI is set): a person looks at what changes")
    }
    let store = GoldenStore(directory: into)
    try Checkout.refuseChanges(outside: into)
    let names = try RowNames.text(rows).map(RowNames.init)
    let described = try matrix.rows()
    let found = try RunDirectories.find(in: runs)
    // Rows of matrix files are known by their runs too.
    try names?.check(among: ExperimentRow.builtIn.map(\.id) + found.map(\.row) + (described ?? []).map(\.id))
    let wanted = names?.names ?? (described ?? ExperimentRow.table1).map(\.id)
    var changes: [Change] = []
    for row in wanted {
      let old = try readable(store, row)
      let new = try golden(row, of: found.filter { $0.row == row }, described: described?.first { $0.id == row }, old: old)
      changes.append(Change(row: row, old: old, new: new))
    }
    for line in table(changes) { try Console.print(line) }
    for change in changes {
      for band in change.new.bands?.bands ?? [] where band.letsEverythingIn {
        Console.log(
          "gradflow: warning: \(change.row): \(band.metric.rawValue) differs so much between these seeds that its band lets every "
            + "number in and judges nothing")
      }
    }
    let inputs = try RunDirectories.find(in: runs).flatMap(\.directory.files)
    for place in changes.map({ store.path(profile: profile.rawValue, row: $0.row) }) + [store.index] {
      _ = try OutputFile(place, option: "--into", inputs: inputs)
    }
    let changed = changes.filter(\.isChange)
    if changed.isEmpty { return try Console.print("nothing changes: no golden was written") }
    if !yes, !Question.isAnsweredYes("record \(changed.count) of \(changes.count) goldens in \(into)?") {
      throw Stop(.impossible, "nothing was recorded; --yes records without asking")
    }
    for change in changed { try store.write(change.new) }
    try store.writeIndex()
    try Console.print("recorded \(changed.count) goldens of \(profile.rawValue) in \(into); commit them with \(store.index)")
  }

  // MARK: Making

  /// The present golden. One that cannot be read is replaced, unless something of it is wanted.
  private func readable(_ store: GoldenStore, _ row: String) throws -> Golden? {
    do {
      return try store.golden(profile: profile.rawValue, row: row)
    } catch {
      if keepsBands { throw error }
      Console.log("gradflow: warning: \(error)")
      return nil
    }
  }

  /// - Parameters:
  ///   - found: the row's runs.
  ///   - described: by the matrix file.
  private func golden(
    _ row: String, of found: [RunDirectories.Found], described: ExperimentRow?, old: Golden?
  ) throws -> Golden {
    let directories = found.filter { run in
      guard let chosen = run.seed else { return true }
      return keepsBands ? chosen == seed : chosen == seed || seeds.map { $0.range.contains(chosen) } ?? true
    }
    if directories.isEmpty {
      throw Stop(.impossible, "\(row): no run in \(runs.joined(separator: ", ")); name the rows that are there with --rows")
    }
    var all: [GoldenRecording.Run] = []
    for directory in directories {
      all.append(.init(path: directory.path, trace: try Trace(path: directory.directory.trace)))
    }
    if let range = seeds?.range, !all.contains(where: { range.contains($0.trace.header.seed) }) {
      let there = Set(all.map(\.trace.header.seed)).sorted().map { "\($0)" }.joined(separator: ", ")
      throw Stop(
        .impossible,
        "\(row): no run of the seeds \(range.lowerBound)..\(range.upperBound) in \(runs.joined(separator: ", ")); there is seed \(there)"
      )
    }
    if keepsBands, old == nil {
      throw Stop(.impossible, "\(row): there is no golden whose bands could be kept; record it with an ensemble of seeds")
    }
    // A row that decides its epochs itself has them from its file. Where that is not given, and the program does not know the
    // row, as many as the reference run made are all: a run that was not finished has no test line, and is refused for that.
    let known = described ?? ExperimentRow.builtIn.first { $0.id == row }
    let epochs = known.map { $0.epochs ?? profile.epochs }
    let reference = all.first { $0.trace.header.seed == seed }
    let engine = try reference.flatMap { try self.engine($0, row: row) }
    var new = try GoldenRecording.golden(
      row: row, profile: profile.rawValue, runs: all, referenceSeed: seed, epochs: epochs, reason: reason,
      keepingBandsOf: keepsBands ? old : nil, anchors: keepsBands ? engine?.anchors() : nil)
    if let engine, let reference {
      let rounding = try engine.envelope(of: reference.trace, path: reference.path)
      new = try Golden(trace: new.trace, reason: new.reason, bands: new.bands, rounding: rounding, path: reference.path)
      for group in rounding.groups where group.isBlunt {
        Console.log(
          "gradflow: note: \(row): \(group.name): other rounding moves it so much by single units near their kink that only gross "
            + "defects are seen there")
      }
    }
    if new.bands == nil, let seeds = old?.bands?.ensemble.seeds.count {
      throw Stop(
        .impossible,
        "\(row): these runs are too few for bands, and the present golden's, of \(seeds) seeds, would be lost: keep them with "
          + "--keep-bands, or give the runs of an ensemble")
    }
    return new
  }

  /// What makes the reference run's opening again; `nil`, with a warning, for a run whose program did not tell its opening.
  private func engine(_ reference: GoldenRecording.Run, row: String) throws -> OpeningEngine? {
    if reference.trace.opening.isEmpty {
      Console.log(
        "gradflow: warning: \(row): \(reference.path) does not tell its first steps (it is of an older program), so the golden gets no "
          + "envelope of other roundings; make the run again for one")
      return nil
    }
    return try OpeningEngine(reference.trace, path: reference.path, data: data.directory, backend: try compute.backend())
  }

  // MARK: What changes

  private struct Change {
    let row: String
    let old: Golden?
    let new: Golden

    /// The reason alone is no reason to record.
    var isChange: Bool { old.map { $0.trace != new.trace || $0.bands != new.bands || $0.rounding != new.rounding } ?? true }
  }

  private func table(_ changes: [Change]) -> [String] {
    var table = TextTable([
      ("row", .left), ("what", .left), ("train loss", .left), ("val loss", .left), ("val acc", .left), ("test acc", .left),
      ("digest", .left), ("contract", .left), ("ensemble", .left), ("widest move", .left),
    ])
    for change in changes {
      let (old, new) = (change.old, change.new)
      func cell(_ text: (Golden) -> String) -> String {
        let now = text(new)
        guard let before = old.map(text), before != now else { return now }
        return "\(before) -> \(now)"
      }
      table.add([
        change.row, old == nil ? "new" : change.isChange ? "changed" : "same",
        cell { Text.fixed($0.trace.epochs.last?.trainLoss ?? .nan, 4) },
        cell { Text.fixed($0.trace.epochs.last?.validationLoss ?? .nan, 4) },
        cell { Text.percent($0.trace.epochs.last?.validationAccuracy ?? .nan) },
        cell { Text.percent($0.trace.test?.accuracy ?? .nan) },
        cell { String(($0.trace.epochs.last?.digest.description ?? "-").prefix(8)) },
        cell { "\($0.trace.header.numerics)" }, cell(ensemble), move(old, new),
      ])
    }
    return table.lines
  }

  private func ensemble(_ golden: Golden) -> String {
    guard let ensemble = golden.bands?.ensemble else { return "none" }
    return "\(ensemble.seeds.count) seeds of contract \(ensemble.numerics)" + (ensemble.isProvisional ? ", provisional" : "")
  }

  /// What the present golden says of the new reference run.
  private func move(_ old: Golden?, _ new: Golden) -> String {
    guard let old else { return "-" }
    let judgement = Judgement(new.trace, against: old, run: "")
    return judgement.findings.first.map(\.description) ?? judgement.verdict.name
  }
}

/// A question to the person at the terminal.
enum Question {
  /// No answer, as from a script, is no.
  static func isAnsweredYes(_ question: String) -> Bool {
    Console.log("\(question) [y/N]")
    let answer = readLine()?.lowercased() ?? ""
    return answer == "y" || answer == "yes"
  }
}
