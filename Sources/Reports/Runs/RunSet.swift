import Files
import Traces

/// Finished and unfinished runs of one experiment: the same profile and data, any rows, any seeds.
public struct RunSet: Sendable {
  /// Rows in the order of Table 1, others after them by name; seeds ascending.
  public let rows: [RowResult]
  /// What a reader should know of the files: torn traces, directories that are empty.
  public let warnings: [String]
  /// Those that broke off on a number that is not finite: a finding, whatever else can be said of the others.
  public var diverged: [RunRecord] { runs.filter { $0.diverged != nil } }
  /// Profile, data and contract, which all runs share.
  public let experiment: Experiment

  public struct Experiment: Equatable, Sendable {
    public let profile: String
    public let dataName: String
    public let dataFingerprint: String
    /// The version of the numeric contract.
    public let numerics: Int
    /// The first run's, which all runs share, as they share the data.
    public let classes: Int?
  }

  /// - Throws: `RunSetError` without runs, and for runs that do not belong together.
  public init(_ runs: [RunRecord], warnings: [String] = [], places: [String] = []) throws(RunSetError) {
    guard let first = runs.first else { throw .noRuns(places: places) }
    try Self.check(runs, against: first)
    let known = PublishedRow.all.map(\.id)
    let names = Set(runs.map(\.row))
    let order = known.filter(names.contains) + names.subtracting(known).sorted()
    rows = order.map { name in RowResult(row: name, runs.filter { $0.row == name }) }
    self.warnings = warnings
    experiment = Experiment(
      profile: first.header.profile, dataName: first.header.dataName, dataFingerprint: first.header.dataFingerprint,
      numerics: first.header.numerics, classes: first.classes)
  }

  public subscript(row: String) -> RowResult? { rows.first { $0.row == row } }

  /// All runs, in the order of the rows.
  public var runs: [RunRecord] { rows.flatMap { $0.runs + $0.leftOut } }

  /// Figures and tables put numbers side by side: what was computed on other data, or by other rules, must not stand there.
  private static func check(_ runs: [RunRecord], against first: RunRecord) throws(RunSetError) {
    for run in runs {
      let shared: [(String, String, String)] = [
        ("profile", first.header.profile, run.header.profile),
        ("data", first.header.dataName, run.header.dataName),
        ("data fingerprint", first.header.dataFingerprint, run.header.dataFingerprint),
        ("contract version", "\(first.header.numerics)", "\(run.header.numerics)"),
      ]
      for (what, a, b) in shared where a != b { throw .mixed(what: what, first.name, a, run.name, b) }
    }
    for (row, members) in Dictionary(grouping: runs, by: \.row).sorted(by: { $0.key < $1.key }) {
      let ordered = members.sorted { $0.seed < $1.seed }
      for (a, b) in zip(ordered, ordered.dropFirst()) {
        if a.seed == b.seed { throw .twice(run: a.name, places: [a.place, b.place].filter { !$0.isEmpty }) }
        for (x, y) in zip(a.header.training, b.header.training) where x != y {
          throw .mixed(what: "\(row): \(x.key)", a.name, "\(x.value)", b.name, "\(y.value)")
        }
        if a.header.training.count != b.header.training.count {
          throw .mixed(
            what: "\(row): number of settings", a.name, "\(a.header.training.count)", b.name, "\(b.header.training.count)")
        }
      }
    }
  }
}

/// The runs of one row.
public struct RowResult: Sendable {
  public let row: String
  /// Those that came furthest, seeds ascending: every number of the row is of these.
  public let runs: [RunRecord]
  /// Those with fewer epochs, or unfinished ones beside finished ones: named, never averaged.
  public let leftOut: [RunRecord]
  /// How many epochs `runs` made.
  public let epochs: Int

  init(row: String, _ all: [RunRecord]) {
    self.row = row
    // A finished run of fewer epochs says less than an unfinished one of more.
    let furthest = all.map(\.epochs.count).max() ?? 0
    let finished = all.contains { $0.epochs.count == furthest && $0.isFinished }
    func belongs(_ run: RunRecord) -> Bool { run.epochs.count == furthest && (run.isFinished || !finished) }
    epochs = furthest
    runs = all.filter(belongs).sorted { $0.seed < $1.seed }
    leftOut = all.filter { !belongs($0) }.sorted { $0.seed < $1.seed }
  }

  public var seeds: [UInt64] { runs.map(\.seed) }
  /// The run that figures of single runs show: the lowest seed.
  public var representative: RunRecord { runs[0] }
  public var parameters: Int { representative.header.parameters }
  public var isFinished: Bool { runs.allSatisfy(\.isFinished) }

  /// A quantity of the last epoch over the seeds; `nil` before the first epoch is done.
  public func last(_ value: (EpochLine) -> Double) -> Sample? { Sample(runs.compactMap(\.last).map(value)) }
  public var testAccuracy: Sample? { isFinished ? Sample(runs.compactMap { $0.test?.accuracy }) : nil }
  public var testLoss: Sample? { isFinished ? Sample(runs.compactMap { $0.test?.loss }) : nil }
}

public enum RunSetError: Error, Equatable, Sendable, CustomStringConvertible {
  case noRuns(places: [String])
  /// Two runs differ in what all runs of a report must share.
  case mixed(what: String, String, String, String, String)
  /// The same row and seed in two directories, whatever they are called.
  case twice(run: String, places: [String])

  public var description: String {
    switch self {
    case .noRuns(let places):
      "there are no runs in \(places.joined(separator: ", ")): name a directory that holds ROW-sSEED/trace.jsonl.zst; "
        + "`gradflow matrix` makes one"
    case .mixed(let what, let first, let a, let second, let b):
      "these runs do not belong in one table: \(what) is \(a) in \(first) and \(b) in \(second); report on them one after "
        + "the other"
    case .twice(let run, let places):
      "\(run) is in more than one of these directories"
        + (places.isEmpty ? "" : ", by the headers of the traces in \(places.joined(separator: " and "))")
        + ": leave one of them out"
    }
  }
}
