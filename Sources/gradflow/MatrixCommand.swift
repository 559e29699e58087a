import ArgumentParser
import Experiments
import Files
import Goldens
import Reports

struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix", abstract: "All rows of Table 1, or some, or those of a file.")

  @OptionGroup var rows: RowOptions

  @OptionGroup var part: PartOptions

  @Flag(help: "Compare the runs with the goldens, and end with the verdict.")
  var check = false

  @Flag(
    name: .customLong("allow-other-bits"),
    help: "With --check: accept other bits inside the bands, although settings, seed and contract version are equal.")
  var allowsOtherBits = false

  @Flag(help: "Write a page about the runs, report.html beside them, and print its path.")
  var report = false

  @Flag(
    name: .customLong("estimate"), help: "Run nothing: tell how long it would take here, from a few steps, and how much memory.")
  var isEstimate = false

  @Option(help: "The directory of the goldens that --check and --report read.")
  var against = AgainstOption.standard

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    for (isGiven, name) in [(check, "--check"), (report, "--report")] where isGiven && isEstimate {
      throw ValidationError("--estimate runs nothing: \(name) does not go with it")
    }
    if against != AgainstOption.standard, !check, !report {
      throw ValidationError("--against says where --check and --report find goldens, and neither is given")
    }
    if allowsOtherBits, !check { throw ValidationError("--allow-other-bits says what --check lets pass, which is not given") }
  }

  func run() throws {
    let choice = try rows.choice()
    // What would keep every run from being judged is said before the first one begins.
    if check { _ = try GoldenStore(directory: against).recordedRows(of: options.profile) }
    if report { _ = try reportFile }
    if report, against != AgainstOption.standard { try GoldenStore(directory: against).requireGoldens() }
    let session = RunSession(rows: choice.rows, options: options, jobs: part.jobs.count, shard: part.shard)
    if isEstimate { return try session.printEstimate() }
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
    goldens.matrix = rows.matrix.file
    goldens.allowsPrefix = options.epochs != nil
    goldens.judge(made.directories.map(\.path))
    for result in made.results { goldens.add(unfinished: result, out: made.out) }
    try goldens.end(as: .text, requiring: Requirement(allowingOtherBits: allowsOtherBits))
  }

  /// Reports on the runs that were just made, and on no others in the directory.
  private func writeReport(of directories: [String]) throws {
    let runs = try RunSet(readingFrom: directories)
    let engine = try EngineFindings(judging: runs, byAnyIn: against)
    try Page(runs, engine: engine).write(to: try reportFile, figures: nil)
  }

  private var reportFile: OutputFile {
    get throws {
      try OutputFile(options.outDirectory + "/report.html", option: "--report", inputs: [rows.matrix.file].compactMap { $0 })
    }
  }
}
