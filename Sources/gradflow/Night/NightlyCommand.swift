import ArgumentParser
import Cluster
import Experiments
import Files
import Foundation
import Goldens
import PlainText
import Reports
import Traces
import Training

struct NightlyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nightly",
    abstract: "The whole matrix in one night: lock, log, resume, verdict, summary, page.",
    discussion: """
      A night may be cut anywhere: by its limit, by Ctrl-C or by a power failure. The same command goes on with it until its \
      verdict is there, and the next one begins anew. A night belongs to the revision that it began with.

      The verdict is of all that there is: a row that diverged, or one without a golden, keeps no other from being judged. In \
      --out: summary.txt for people, status.json for programs, report.html, log.txt, and what each part said.

      Exit codes: 0 all passed; 1 a check failed, or a run diverged; 2 a check could not be made, and none failed; 75 cut, to \
      be continued.
      """)

  @OptionGroup var asked: MatrixRunsOptions

  @OptionGroup var part: PartOptions

  @Option(help: "The night's directory.")
  var out = "runs/nightly"

  @Option(help: "Stop training cleanly after this time, as in 5h30m.", transform: TimeLimit.init(parsing:))
  var limit: TimeLimit?

  @Flag(name: .customLong("train-only"), help: "Train, and leave the verdict to --judge.")
  var trainsOnly = false

  @Option(
    name: .customLong("judge"), parsing: .upToNextOption,
    help: "Judge the runs in these directories, as several machines left them, and train nothing.")
  var judged: [String] = []

  @Option(
    name: .customLong("on-finding"),
    help: "A shell command that is run if the night fails or cannot be judged completely; it gets the summary on standard input.")
  var command: String?

  @Option(help: "required, or optional where the file system keeps no locks, as for `run`.")
  var locks = LockChoice.required

  @Option(name: .customLong("kill-at"), help: .hidden)
  var killAt: String?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if trainsOnly, !judged.isEmpty { throw ValidationError("--train-only and --judge exclude each other") }
    if out.isEmpty { throw ValidationError("--out is empty: name a directory") }
    if judged.contains("") { throw ValidationError("an empty name of a directory") }
  }

  private var files: NightFiles { NightFiles(directory: out) }

  func run() throws {
    let choice = try asked.rows.choice()
    try createDirectory(out)
    let lock = try FileLock(path: files.lock, need: locks.need)
    defer { withExtendedLifetime(lock) {} }
    try Console.copyLog(to: files.log)
    try files.forgetVerdict()
    var goldens = GoldenCheck(profile: asked.profile.rawValue, store: GoldenStore(directory: asked.against))
    goldens.allowsPrefix = asked.epochs != nil
    goldens.matrix = asked.rows.matrix.file
    if !judged.isEmpty {
      return try judge(choice, &goldens)
    }
    let made = try train(choice.rows)
    if trainsOnly { return try end(made) }
    // A run that diverged is there to be judged, as it says itself; of another that failed, only the failure is known.
    for result in made.results where !made.canBeJudged(result) { goldens.add(unfinished: result, out: made.out) }
    let paths = made.results.filter(made.canBeJudged).map { $0.run.directory(out: made.out).path }
    try conclude(paths, &goldens, wanted: choice.named, isOver: !made.canBeContinued)
  }

  // MARK: Training

  /// Trains what the night asks for, or goes on with it; ends with 75 where it was cut.
  private func train(_ rows: [ExperimentRow]) throws -> RunSession.Made {
    if fileExists(ClusterFiles(directory: out).submission) {
      throw Stop(
        .impossible,
        "\(out) is where runs were submitted from to a cluster, and a night that begins would remove them: name another --out, "
          + "or judge them with --judge \(files.runs)")
    }
    let revision = Revision.identity
    let begun = try files.begunRevision()
    var options = try asked.trainingOptions()
    options.out = files.runs
    options.timeLimit = limit
    options.compute = compute
    options.killAt = killAt
    options.locks = locks
    options.resume = begun == revision
    options.overwrite = begun != revision
    if let begun, begun != revision {
      Console.log("gradflow: the night begun at \(begun) is given up for \(revision)")
    }
    if begun != revision {
      try removeAll(files.runs)
      try files.begin(revision: revision, at: Self.now)
    }
    let made: RunSession.Made
    do {
      made = try RunSession(rows: rows, options: options, jobs: part.jobs.count, shard: part.shard).make()
    } catch {
      let reason = (error as? Stop)?.message ?? "\(error)"
      try tell("The night could not be trained: \(reason)\n", .impossible, parts: [], runs: [])
      throw Stop(.impossible, reason)
    }
    let table = try ResultTable(made.directories).lines
    try AtomicFile.write(table.map { $0 + "\n" }.joined(), to: files.table)
    for line in table { try Console.print(line) }
    if made.isStopped {
      try tell(
        "The night is cut, by its limit or by request; the same command goes on with it.\n", .stopped, parts: [],
        runs: made.directories.map(\.path))
      throw Stop(.stopped, "the night is cut: everything done so far is kept; the same command goes on with it")
    }
    return made
  }

  /// How a night that only trains ends: a run that failed is for whoever judges, and makes no success of this part.
  private func end(_ made: RunSession.Made) throws {
    let failed = made.failures.map { "\($0.name): \($0.reason)" }
    let status: ExitStatus = made.failures.isEmpty ? .done : made.canBeContinued ? .impossible : .failed
    let text = failed.isEmpty ? "The night is trained; --judge makes its verdict.\n" : failed.joined(separator: "\n") + "\n"
    try tell(text, status, parts: [], runs: made.directories.map(\.path))
    if status != .done { throw Stop(status, failed.joined(separator: "; ")) }
  }

  // MARK: The verdict

  /// Judges what others trained. Where --seeds asks for some of which a row has no run, that is told too.
  private func judge(_ choice: RowChoice, _ goldens: inout GoldenCheck) throws {
    let found: [RunDirectories.Found]
    do {
      found = try RunDirectories.find(in: judged, rows: choice.named)
    } catch {
      let reason = (error as? Stop)?.message ?? "\(error)"
      try tell("The night could not be judged: \(reason)\n", .impossible, parts: [], runs: [])
      throw Stop(.impossible, reason)
    }
    for seed in asked.seeds?.range ?? 0...0 where asked.seeds != nil {
      for row in choice.rows where found.contains(where: { $0.row == row.id }) {
        if !found.contains(where: { $0.row == row.id && $0.seed == seed }) {
          goldens.add(noRunOf: row.id, seed: seed, in: judged)
        }
      }
    }
    try conclude(found.map(\.path), &goldens, wanted: choice.named, isOver: false)
  }

  /// - Parameters:
  ///   - wanted: the rows that were asked for; all that have a golden and are made without being named, if none were.
  ///   - isOver: whether the next night begins anew.
  private func conclude(_ paths: [String], _ goldens: inout GoldenCheck, wanted: [String]?, isOver: Bool) throws {
    goldens.judge(paths)
    let judged = Set(goldens.judgements.map(\.row))
    let expected = (try? goldens.store.expectedRows(of: asked.profile)) ?? []
    for row in wanted ?? expected where !judged.contains(row) { goldens.add(noRunOf: row, in: [out]) }
    var verdict = NightVerdict(files: files)
    let night = Night(
      began: try files.begunTime() ?? Self.now, profile: asked.profile.rawValue,
      revision: try files.begunRevision() ?? Revision.identity, status: 0, rows: [])
    verdict.judge(paths, goldens: goldens, against: asked.against, night: night)
    if isOver { try removeFile(files.revision) }
    try tell(verdict.summary, verdict.status, parts: verdict.parts, runs: paths)
    try Console.print(verdict.summary)
    if verdict.status != .done { throw Stop(verdict.status) }
  }

  /// To the millisecond: two short nights may begin within a second.
  private static var now: String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return formatter.string(from: Date())
  }

  /// Leaves the summary and the status, and calls whoever wants to know of findings.
  private func tell(_ summary: String, _ status: ExitStatus, parts: [NightVerdict.Part], runs: [String]) throws {
    try AtomicFile.write(summary, to: files.summary)
    let revision = try files.begunRevision() ?? Revision.identity
    try NightStatus(status: status, profile: asked.profile.rawValue, revision: revision, parts: parts, runs: runs).write(
      to: files)
    if let command, status == .failed || status == .impossible { notify(command, of: summary, status) }
  }

  /// What the command does is its own affair: the night's status does not depend on it.
  private func notify(_ command: String, of summary: String, _ status: ExitStatus) {
    let process = Process()
    let input = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["GRADFLOW_STATUS": "\(status.rawValue)", "GRADFLOW_NIGHT": out]) { $1 }
    process.standardInput = input
    do {
      try process.run()
      // A command that does not read to the end is in its right.
      try? input.fileHandleForWriting.write(contentsOf: Data(summary.utf8))
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
      if process.terminationStatus != 0 {
        Console.log("gradflow: warning: --on-finding: the command ended with \(process.terminationStatus): \(command)")
      }
    } catch {
      Console.log("gradflow: warning: --on-finding: the command could not be run: \(error)")
    }
  }

  private func removeAll(_ directory: String) throws {
    if isDirectory(directory) { try FileManager.default.removeItem(atPath: directory) }
  }
}
