import Files
import Goldens
import Traces
import Training

/// A check under way: the judgements so far, and how it ends.
struct GoldenCheck {
  let profile: String
  let store: GoldenStore
  /// Judges runs of fewer epochs by those that they have.
  var allowsPrefix = false
  private(set) var judgements: [Judgement] = []

  init(profile: String, store: GoldenStore) {
    self.profile = profile
    self.store = store
  }

  /// Judges finished runs, each by the golden of its row.
  mutating func judge(_ paths: [String]) throws {
    var goldens: [String: Golden?] = [:]
    for path in paths {
      let trace = try Trace(path: TracePath.resolve(path))
      if let torn = trace.torn { Console.log("gradflow: warning: \(path): \(torn)") }
      let row = trace.header.row
      if goldens[row] == nil { goldens[row] = .some(try store.golden(profile: profile, row: row)) }
      guard let golden = goldens[row] ?? nil else {
        judgements.append(
          Judgement(
            row: row, profile: profile, seed: trace.header.seed, run: path,
            obstacle: .noGolden(path: store.path(profile: profile, row: row))))
        continue
      }
      judgements.append(Judgement(trace, against: golden, run: path, allowsPrefix: allowsPrefix))
    }
  }

  mutating func add(noGoldenOf row: String) {
    judgements.append(
      Judgement(row: row, profile: profile, run: "", obstacle: .noGolden(path: store.path(profile: profile, row: row))))
  }

  mutating func add(noRunOf row: String, in directories: [String]) {
    judgements.append(Judgement(row: row, profile: profile, run: "", obstacle: .noRun(directories: directories)))
  }

  /// Prints the report and ends the command with its verdict.
  func end(as format: GoldenReport.Format, requiringIdentical: Bool) throws {
    let report = GoldenReport(profile: profile, store: store, judgements: judgements, requiringIdentical: requiringIdentical)
    try Console.print(try report.text(format))
    if Environment.isGitHubActions { for line in report.annotations { Console.log(line) } }
    if report.status != .done { throw Stop(report.status) }
  }
}
