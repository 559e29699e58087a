import ArgumentParser
import Experiments
import Files
import Goldens
import Training

struct GoldenCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare runs with the goldens: identical, within-rounding, within-band, regression or not comparable.",
    discussion: """
      Without --runs, every row of the profile that has a golden is run under its reference seed (or --seeds) and judged. \
      With --runs, finished runs are judged, those of several directories together; each row that has a golden must be \
      among them, but for rows outside Table 1, unless --rows says which; --seed or --seeds judges only these of them.

      A run of fewer epochs than its golden lacks some, which is a regression; --prefix (and --epochs) judges it by those \
      that it has. Without --runs, --prefix makes the first epoch alone: minutes say whether this program still computes \
      what a night recorded.

      A golden of a row that a matrix file describes needs that file, --matrix, to be run; without it that row is \
      not comparable, and the others are judged.

      A run of the golden's seed with other bits is within-rounding if its inputs are equal, and its first steps and, where it \
      is made here, its steps from anchors are as close as other rounding leaves them (docs/verdicts.md). What is farther away \
      is a regression, whatever the bands say.

      With --seeds A..B, the mean of the runs under seeds that the ensemble does not have is judged too, from four on: it \
      shows smaller shifts than any run does.

      Bits that differ although settings, seed and contract version are equal fail the check, inside the bands or not: the \
      contract promises them equal. --allow-other-bits is for a program that is known to compute other bits.

      Exit codes: 0 all within their bands (with --require identical: all identical); 1 one is not; 2 one cannot be \
      compared (other data, settings or profile, no golden), and none is a regression; 64 there is no row of that name.
      """)

  enum Required: String, CaseIterable, ExpressibleByArgument {
    case identical
    case withinRounding = "within-rounding"
  }

  @OptionGroup var rows: RowOptions

  @Option(help: "The directory of the goldens.")
  var against = "golden"

  @Option(name: .customLong("runs"), help: "Judge the finished runs in this directory; may be given several times.")
  var runs: [String] = []

  @Option(
    name: .customLong("opening"),
    help: "Judge the first steps that another program made of a kit (`gradflow opening`); may be given several times.")
  var openings: [String] = []

  @Option(help: "identical: other bits fail the check, inside the bands too. within-rounding: so does what only the bands hold.")
  var require: Required?

  @Flag(
    name: .customLong("allow-other-bits"),
    help: "Accept other bits inside the bands, although settings, seed and contract version are equal.")
  var allowsOtherBits = false

  @Option(help: "text, json or junit.")
  var format = GoldenReport.Format.text

  @Flag(help: "Judge runs of fewer epochs than the golden's by those that they have; without --runs, run one epoch.")
  var prefix = false

  @OptionGroup var jobs: JobsOption

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    if allowsOtherBits, require == .identical {
      throw ValidationError("--allow-other-bits and --require identical exclude each other")
    }
    if !openings.isEmpty, !runs.isEmpty || rows.names != nil || prefix {
      throw ValidationError("--opening judges files by themselves: --runs, --rows and --prefix are not for it")
    }
    if !runs.isEmpty, options.epochs != nil || options.resume || options.overwrite {
      throw ValidationError("--runs judges finished runs: --epochs, --resume and --overwrite make new ones")
    }
  }

  func run() throws {
    let profile = options.profile
    let store = GoldenStore(directory: against)
    let names = try rows.names.map(RowNames.init)
    let described = try rows.matrix.rows() ?? []
    var found = try RunDirectories.find(in: runs, rows: names?.names)
    // Rows of matrix files are known by their goldens or their runs.
    try names?.check(
      among: ExperimentRow.builtIn.map(\.id) + store.rows(profile: profile.rawValue) + found.map(\.row)
        + described.map(\.id))
    let recorded = try store.recordedRows(of: profile)
    let wanted = try names?.names ?? order(runs.isEmpty ? recorded : store.expectedRows(of: profile))
    var check = GoldenCheck(profile: profile.rawValue, store: store)
    check.allowsPrefix = prefix || options.epochs != nil
    check.matrix = rows.matrix.file
    check.judgesMeans = options.chosenSeeds != nil
    if !openings.isEmpty {
      let backend = try options.compute.backend()
      for opening in openings { try check.judge(opening: opening, data: options.data.directory, backend: backend) }
    } else if runs.isEmpty {
      try make(wanted.filter(recorded.contains), describedBy: described, store: store, into: &check)
      for row in wanted where !recorded.contains(row) { check.add(noGoldenOf: row) }
    } else {
      if let seeds = options.chosenSeeds.map(Set.init) {
        found = found.filter { $0.seed.map(seeds.contains) ?? true }
      }
      check.judge(found.map(\.path))
      let judged = Set(check.judgements.map(\.row))
      for row in wanted where !judged.contains(row) { check.add(noRunOf: row, in: runs) }
    }
    let level: Requirement.Level =
      switch require {
      case .identical: .identical
      case .withinRounding: .withinRounding
      case nil: .withinBand
      }
    try check.end(as: format, requiring: Requirement(level, allowingOtherBits: allowsOtherBits))
  }

  /// In Table 1's order, then by name.
  private func order(_ rows: [String]) -> [String] {
    let known = ExperimentRow.builtIn.map(\.id)
    return known.filter(rows.contains) + rows.filter { !known.contains($0) }
  }

  // MARK: Running

  private func make(
    _ wanted: [String], describedBy described: [ExperimentRow], store: GoldenStore, into check: inout GoldenCheck
  ) throws {
    var options = options
    if prefix, options.epochs == nil { options.epochs = 1 }
    if options.out == nil {
      // A place of its own, which nobody else's runs are in.
      options.out = "runs/check/\(options.profile.rawValue)"
      options.overwrite = !options.resume
    }
    let seeds = options.chosenSeeds
    var rows: [ExperimentRow] = []
    for name in wanted {
      guard var row = (described + ExperimentRow.builtIn).first(where: { $0.id == name }) else {
        check.add(undescribed: name)
        continue
      }
      // A golden that cannot be read is told of when its run is judged.
      if seeds == nil, let golden = try? store.golden(profile: options.profile.rawValue, row: name) {
        row.seeds = [golden.trace.header.seed]
      }
      rows.append(row)
    }
    if rows.isEmpty { return }
    let session = RunSession(rows: rows, options: options, jobs: jobs.count, shard: nil)
    let made = try session.make()
    if made.isStopped { return try session.complain(made) }
    let backend = try options.compute.backend()
    check.judge(made.directories.map(\.path)) { golden in
      let path = store.path(profile: golden.profile, row: golden.row)
      return try OpeningEngine(golden.trace, path: path, data: options.data.directory, backend: backend).anchors()
    }
    for result in made.results { check.add(unfinished: result, out: made.out) }
  }
}

extension GoldenReport.Format: ExpressibleByArgument {}
