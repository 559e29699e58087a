import Experiments
import Files
import Goldens
import Kernels
import Traces
import Training

/// A check under way: the judgements so far, and how it ends.
struct GoldenCheck {
  let profile: String
  let store: GoldenStore
  /// Judges runs of fewer epochs by those that they have.
  var allowsPrefix = false
  /// The file that describes rows which the program does not know, for the commands that the report prints.
  var matrix: String?
  private(set) var judgements: [Judgement] = []
  /// Whether the means of runs under several seeds are judged too.
  var judgesMeans = false
  /// Runs of their golden's seed whose steps from anchors nobody made.
  private(set) var withoutAnchors: [String] = []

  init(profile: String, store: GoldenStore) {
    self.profile = profile
    self.store = store
  }

  /// Judges finished runs, each by the golden of its row.
  ///
  /// What cannot be read keeps nothing else from being judged.
  ///
  /// - Parameter anchors: makes the steps from a golden's anchors, where this program made the runs.
  mutating func judge(_ paths: [String], anchors: ((Golden) throws -> [OpeningLine])? = nil) {
    var goldens: [String: Result<Golden?, any Error>] = [:]
    var comparable: [String: [Trace]] = [:]
    for path in paths {
      var row = RunDirectories.name(path).row
      var seed: UInt64?
      do {
        let trace = try TracePath.whole(path)
        row = trace.header.row
        seed = trace.header.seed
        if trace.test == nil, let diverged = DivergedRun(in: path) {
          judgements.append(
            Judgement(row: row, profile: trace.header.profile, seed: trace.header.seed, run: path, brokenOff: Finding(diverged)))
          continue
        }
        let golden = goldens[row] ?? Result { try store.golden(profile: profile, row: row) }
        goldens[row] = golden
        if let golden = try golden.get() {
          let isReference = golden.rounding != nil && seed == golden.trace.header.seed
          judgements.append(
            Judgement(
              trace, against: golden, run: path, allowsPrefix: allowsPrefix,
              anchors: isReference ? try anchors?(golden) : nil))
          if isReference, anchors == nil, !trace.opening.isEmpty { withoutAnchors.append(path) }
          if case .notComparable? = judgements.last?.verdict { continue }
          comparable[row, default: []].append(trace)
        } else {
          add(.noGolden(path: store.path(profile: profile, row: row)), row: row, seed: seed, run: path)
        }
      } catch {
        add(.unreadable(reason: "\(error)"), row: row, seed: seed, run: path)
      }
    }
    for (row, traces) in judgesMeans ? comparable.sorted(by: { $0.key < $1.key }) : [] {
      if let golden = try? goldens[row]?.get(), let mean = Judgement(meanOf: traces, against: golden) { judgements.append(mean) }
    }
  }

  /// Judges another program's opening by the golden of the row that it names.
  ///
  /// - Throws: `Stop` for a file that names no row; what cannot be read or compared otherwise.
  mutating func judge(opening path: String, data: String?, backend: Backend) throws {
    let answer = try SafeTensors(path: path)
    guard let row = answer.metadata["row"] else {
      throw Stop(.impossible, "\(path): its metadata name no row: an opening says of which run it is (row, profile, seed)")
    }
    guard let golden = try store.golden(profile: profile, row: row) else {
      add(.noGolden(path: store.path(profile: profile, row: row)), row: row, seed: nil, run: path)
      return
    }
    let engine = try OpeningEngine(
      golden.trace, path: store.path(profile: profile, row: row), data: data, backend: backend)
    judgements.append(try engine.judgement(of: answer, against: golden, file: path))
  }

  /// What became of runs that were to be made and are not finished. One that diverged is a regression.
  mutating func add(unfinished result: MatrixRunner.Result, out: String) {
    guard case .failure(let error) = result.outcome else { return }
    let path = result.run.directory(out: out).path
    let finding = (error as? TrainingError)?.diverged.map(Finding.init)
    guard let finding else {
      return add(.unreadable(reason: "\(error)"), row: result.run.row.id, seed: result.run.seed, run: path)
    }
    judgements.append(
      Judgement(row: result.run.row.id, profile: profile, seed: result.run.seed, run: path, brokenOff: finding))
  }

  private mutating func add(_ obstacle: Verdict.Obstacle, row: String, seed: UInt64?, run: String) {
    judgements.append(Judgement(row: row, profile: profile, seed: seed, run: run, obstacle: obstacle))
  }

  mutating func add(noGoldenOf row: String) {
    add(.noGolden(path: store.path(profile: profile, row: row)), row: row, seed: nil, run: "")
  }

  mutating func add(undescribed row: String) {
    add(
      .unreadable(
        reason: "this program has no row of that name: --matrix names the file that describes it, so that it can be run; or "
          + "--runs judges runs that are there"), row: row, seed: nil, run: "")
  }

  mutating func add(noRunOf row: String, seed: UInt64? = nil, in directories: [String]) {
    add(.noRun(directories: directories), row: row, seed: seed, run: "")
  }

  func report(requiring requirement: Requirement) -> GoldenReport {
    GoldenReport(
      profile: profile, store: store, judgements: judgements, requirement: requirement,
      knownRows: ExperimentRow.builtIn.map(\.id), matrix: matrix)
  }

  /// Prints the report and ends the command with its verdict.
  func end(as format: GoldenReport.Format, requiring requirement: Requirement) throws {
    let report = report(requiring: requirement)
    try Console.print(try report.text(format))
    if let first = withoutAnchors.first {
      let others = withoutAnchors.count > 1 ? " and \(withoutAnchors.count - 1) more" : ""
      Console.log(
        "note: steps from anchors were not judged of \(first)\(others): they show what late steps do, and only the program that "
          + "made a run can make them; golden check without --runs does")
    }
    if Environment.isGitHubActions { for line in report.annotations { Console.log(line) } }
    switch report.outcome {
    case .passed: break
    case .failed: throw Stop(.failed)
    case .notComparable: throw Stop(.impossible)
    }
  }
}
