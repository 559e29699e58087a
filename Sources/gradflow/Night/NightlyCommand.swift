import ArgumentParser
import Cluster
import Datasets
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
      verdict is there, and the next one begins anew: it removes the runs that nights before it made in --out, and no others. A \
      night belongs to the revision that it began with, and to its profile, data, matrix file and epochs.

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

  @Flag(
    name: .customLong("claims-as-recorded"),
    help: "Claims that come out as they do in the profile's goldens are no finding, whether they hold or not; others are.")
  var expectsRecordedClaims = false

  @Option(help: "required, or optional where the file system keeps no locks, as for `run`.")
  var locks = LockChoice.required

  @Option(name: .customLong("kill-at"), help: .hidden)
  var killAt: String?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if trainsOnly, !judged.isEmpty { throw ValidationError("--train-only and --judge exclude each other") }
    if trainsOnly, expectsRecordedClaims {
      throw ValidationError("--train-only judges nothing: --claims-as-recorded does not go with it")
    }
    if !judged.isEmpty {
      for (isGiven, name) in [
        (part.shard != nil, "--shard"), (part.jobs.count != nil, "--jobs"), (limit != nil, "--limit"),
        (asked.data.directory != nil, "--data"),
      ] where isGiven {
        throw ValidationError("--judge trains nothing: \(name) does not go with it")
      }
    }
    if out.isEmpty { throw ValidationError("--out is empty: name a directory") }
    try OutputDirectory.check(out, option: "--out")
    if judged.contains("") { throw ValidationError("an empty name of a directory") }
  }

  private var files: NightFiles { NightFiles(directory: out) }

  /// An error that whoever is to know has been told of.
  private struct Told: Error { let error: any Error }

  func run() throws {
    do {
      try makeNight()
    } catch let told as Told {
      throw told.error
    } catch {
      // What keeps a night from leaving its files must not keep it from being heard of. Wrong usage has its user before it.
      if let command, !(error is ValidationError) {
        notify(command, of: "The night could not be made: \(Self.reason(error))\n", .impossible)
      }
      throw error
    }
  }

  private static func reason(_ error: any Error) -> String { (error as? Stop)?.message ?? "\(error)" }

  private func makeNight() throws {
    let choice = try asked.rows.choice()
    try createDirectory(out)
    let lock = try FileLock(path: files.lock, need: locks.need)
    defer { withExtendedLifetime(lock) {} }
    if judged.isEmpty, fileExists(ClusterFiles(directory: out).submission) {
      throw Stop(
        .impossible,
        "\(out) is where runs were submitted from to a cluster, and a night that begins would remove them: name another --out, "
          + "or judge them with --judge \(files.runs)")
    }
    try files.claim()
    try Console.copyLog(to: files.log)
    var goldens = GoldenCheck(profile: asked.profile.rawValue, store: GoldenStore(directory: asked.against))
    goldens.allowsPrefix = asked.epochs != nil
    goldens.matrix = asked.rows.matrix.file
    if !judged.isEmpty {
      try files.forgetVerdict()
      return try judge(choice, &goldens)
    }
    let made = try train(choice.rows)
    if trainsOnly { return try end(made) }
    // A run that diverged is there to be judged, as it says itself; of another that failed, only the failure is known.
    for result in made.results where !made.canBeJudged(result) { goldens.add(unfinished: result, out: made.out) }
    let paths = made.results.filter(made.canBeJudged).map { $0.run.directory(out: made.out).path }
    try conclude(paths, &goldens, wanted: choice.named, over: made.canBeContinued ? [] : [files])
  }

  // MARK: Training

  /// Trains what the night asks for, or goes on with it; ends with 75 where it was cut.
  private func train(_ rows: [ExperimentRow]) throws -> RunSession.Made {
    let revision = Revision.identity
    let begun = try files.begunRevision()
    let goesOn = begun == revision
    var options = try asked.trainingOptions()
    options.out = files.runs
    options.timeLimit = limit
    options.compute = compute
    options.killAt = killAt
    options.locks = locks
    options.resume = goesOn
    options.overwrite = !goesOn
    let session = RunSession(rows: rows, options: options, jobs: part.jobs.count, shard: part.shard)
    // What would keep it from training is found before anything of the night before goes.
    let prepared = try orUntrained { try session.prepare() }
    let settings = try settings(prepared.dataset)
    try check(prepared, settings, goesOn: goesOn)
    let made = try orUntrained {
      try begin(prepared, settings, goesOn: goesOn, begun: begun, revision: revision)
      return try session.make(prepared)
    }
    do {
      let table = try ResultTable(made.directories).lines
      try AtomicFile.write(table.map { $0 + "\n" }.joined(), to: files.table)
      for line in table { try Console.print(line) }
    } catch {
      // The verdict does not need it.
      Console.log("gradflow: warning: the table of the runs: \(error)")
    }
    if made.isStopped {
      try tell(
        "The night is cut, by its limit or by request; the same command goes on with it.\n", .stopped, parts: [],
        runs: made.directories.map(\.path))
      throw Told(error: Stop(.stopped, "the night is cut: everything done so far is kept; the same command goes on with it"))
    }
    return made
  }

  /// What throws here leaves a night that could not be trained.
  private func orUntrained<Value>(_ make: () throws -> Value) throws -> Value {
    do {
      return try make()
    } catch {
      try files.forgetVerdict()
      try tell("The night could not be trained: \(Self.reason(error))\n", .impossible, parts: [], runs: [])
      throw Told(error: Stop(.impossible, Self.reason(error)))
    }
  }

  /// Whether the night under way is the one that is asked for, and a new one would replace no run but those of nights.
  private func check(_ prepared: RunSession.Prepared, _ settings: String, goesOn: Bool) throws {
    if goesOn, let old = try files.begunSettings(), old != settings {
      throw Stop(
        .impossible,
        "the night under way in \(out) is of \(old); this one is of \(settings): name another --out, or give that night up by "
          + "removing \(files.revision)")
    }
    let own = try files.madeRuns()
    let foreign = prepared.runs.first { !own.contains($0.name) && $0.directory(out: files.runs).holdsRun }
    if let foreign {
      throw Stop(
        .impossible,
        "\(foreign.directory(out: files.runs).path) holds a run that no night made: name another --out, or move it away")
    }
  }

  /// Makes room for a new night, or goes on with the one under way.
  private func begin(
    _ prepared: RunSession.Prepared, _ settings: String, goesOn: Bool, begun: String?, revision: String
  ) throws {
    try files.forgetVerdict()
    let names = prepared.runs.map(\.name)
    if goesOn {
      let earlier = try files.madeRuns()
      return try files.note(made: earlier + names.filter { !earlier.contains($0) })
    }
    if let begun { Console.log("gradflow: the night begun at \(begun) is given up for \(revision)") }
    try files.removeMadeRuns { try FileManager.default.removeItem(atPath: $0) }
    try files.note(made: names)
    try files.begin(revision: revision, at: Self.now, settings: settings)
  }

  /// What all runs of a night share, in a line of words. Rows and seeds may be added to a night under way.
  private func settings(_ dataset: Dataset) throws -> String {
    let epochs = asked.epochs.map { "\($0) epochs" } ?? "its own epochs"
    let matrix = try asked.rows.matrix.digest().map { ", matrix file \($0)" } ?? ""
    return "profile \(asked.profile.rawValue), \(epochs), data \(dataset.name) \(dataset.fingerprint)\(matrix)"
  }

  /// How a night that only trains ends: a run that failed is for whoever judges, and makes no success of this part.
  private func end(_ made: RunSession.Made) throws {
    let failed = made.failures.map { "\($0.name): \($0.reason)" }
    let status: ExitStatus = made.failures.isEmpty ? .done : made.canBeContinued ? .impossible : .failed
    let text = failed.isEmpty ? "The night is trained; --judge makes its verdict.\n" : failed.joined(separator: "\n") + "\n"
    try tell(text, status, parts: [], runs: made.directories.map(\.path))
    if status != .done { throw Told(error: Stop(status, failed.joined(separator: "; "))) }
  }

  // MARK: The verdict

  /// Judges what others trained. Where --seeds asks for some of which a row has no run, that is told too.
  private func judge(_ choice: RowChoice, _ goldens: inout GoldenCheck) throws {
    let found: [RunDirectories.Found]
    do {
      found = try RunDirectories.find(in: judged, rows: choice.named)
    } catch {
      try tell("The night could not be judged: \(Self.reason(error))\n", .impossible, parts: [], runs: [])
      throw Told(error: Stop(.impossible, Self.reason(error)))
    }
    for seed in asked.seeds?.range ?? 0...0 where asked.seeds != nil {
      for row in choice.rows where found.contains(where: { $0.row == row.id }) {
        if !found.contains(where: { $0.row == row.id && $0.seed == seed }) {
          goldens.add(noRunOf: row.id, seed: seed, in: judged)
        }
      }
    }
    try conclude(found.map(\.path), &goldens, wanted: choice.named, over: trainedNights)
  }

  /// The nights that left what is judged with --train-only, where their directories are here: with the verdict they are over.
  private var trainedNights: [NightFiles] {
    judged.compactMap { directory in
      let night = NightFiles(directory: directory + "/..")
      guard isSameFile(night.runs, directory), fileExists(night.revision), (try? night.isTrained()) == true else { return nil }
      // Another process may be at it.
      guard isSameFile(night.directory, out) || (try? FileLock(path: night.lock, need: locks.need)) != nil else { return nil }
      return night
    }
  }

  /// - Parameters:
  ///   - wanted: the rows that were asked for; all that have a golden and are made without being named, if none were.
  ///   - over: the nights after which the next one begins anew.
  private func conclude(_ paths: [String], _ goldens: inout GoldenCheck, wanted: [String]?, over: [NightFiles]) throws {
    goldens.judge(paths)
    let judged = Set(goldens.judgements.map(\.row))
    let expected = (try? goldens.store.expectedRows(of: asked.profile)) ?? []
    for row in wanted ?? expected where !judged.contains(row) { goldens.add(noRunOf: row, in: [out]) }
    let recorded = expectsRecordedClaims ? RecordedClaims("\(asked.against)/\(asked.profile.rawValue)") : nil
    var verdict = NightVerdict(files: files, recordedClaims: recorded)
    let night = Night(
      began: try files.begunTime() ?? Self.now, profile: asked.profile.rawValue,
      revision: try files.begunRevision() ?? Revision.identity, status: 0, rows: [])
    verdict.judge(paths, goldens: goldens, against: asked.against, night: night)
    for night in over { try removeFile(night.revision) }
    let summary = verdict.summary
    // On standard output too, whether or not the files could be written.
    let told = Result { try tell(summary, verdict.status, parts: verdict.parts, runs: paths) }
    do { try Console.print(summary) } catch { throw Told(error: error) }
    try told.get()
    if verdict.status != .done { throw Told(error: Stop(verdict.status)) }
  }

  /// To the millisecond: two short nights may begin within a second.
  private static var now: String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return formatter.string(from: Date())
  }

  /// Leaves the summary and the status, and calls whoever wants to know of findings, also where these cannot be written.
  ///
  /// - Throws: `Told`.
  private func tell(_ summary: String, _ status: ExitStatus, parts: [NightVerdict.Part], runs: [String]) throws {
    let written = Result {
      try AtomicFile.write(summary, to: files.summary)
      let revision = try files.begunRevision() ?? Revision.identity
      try NightStatus(status: status, profile: asked.profile.rawValue, revision: revision, parts: parts, runs: runs).write(
        to: files)
    }
    if let command, status == .failed || status == .impossible { notify(command, of: summary, status) }
    do { try written.get() } catch { throw Told(error: error) }
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
}
