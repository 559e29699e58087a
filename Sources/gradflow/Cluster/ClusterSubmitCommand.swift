import ArgumentParser
import Cluster
import Datasets
import Experiments
import Files
import Kernels
import Networks
import Traces
import Training

struct ClusterSubmitCommand: ParsableCommand {
  static let standardOut = "runs/cluster"

  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Submit what is missing of the matrix as a job array, and its verdict behind it.",
    discussion: """
      Each task trains one run until shortly before the job's limit; where that cut it, the task asks for another turn, which \
      goes on from the checkpoint. When all have ended, however they ended, one more job judges them, as `gradflow nightly \
      --judge` does. The same command again submits only what is missing: what was cut, cancelled or lost.

      --out must be a directory that all nodes see under the same path, and so must the program (--program) and --data. \
      The runs' bits do not depend on which node made them.

      Exit codes: 0 submitted, or nothing is missing; 2 it could not be submitted, and nothing is queued.
      """)

  @OptionGroup var asked: MatrixRunsOptions

  @Option(help: "The directory of the runs, the verdict and the logs.")
  var out = standardOut

  @Option(help: "The partition; the cluster's default, if not given.")
  var partition: String?

  @Option(help: "The account that is charged.")
  var account: String?

  @Option(
    help: "How long a job may take, as in 8h or 90m; 4h, if not given. A run that needs longer takes several turns.",
    transform: JobTime.init(parsing:))
  var limit = JobTime(seconds: 4 * 3600)

  @Option(
    help: "How long before that a run stops by itself; 2m, or half of a shorter --limit, if not given.",
    transform: JobTime.init(parsing:))
  var margin: JobTime?

  @Option(help: "Processors of a run, and its threads.")
  var threads = 4

  @Option(
    help: "Memory of a run, as in 900M or 2G; what the largest run needs, if not given.", transform: JobMemory.init(parsing:))
  var memory: JobMemory?

  @Option(name: .customLong("max-running"), help: "Runs at the same time; as many as the scheduler lets, if not given.")
  var maxRunning: Int?

  @Option(
    name: .customLong("sbatch"),
    help: "A further #SBATCH line, as in --sbatch=--qos=long; may be given several times.")
  var lines: [String] = []

  @Option(help: "The program's path on the nodes; this program's own, if not given.")
  var program: String?

  @Option(
    name: .customLong("on-finding"),
    help: "A shell command for a verdict that fails or cannot be made whole, as for `nightly`; the judging job calls it.")
  var command: String?

  @Flag(name: .customLong("dry-run"), help: "Print the scripts and submit nothing; needs no Slurm.")
  var isDry = false

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty: name a directory") }
    try OutputDirectory.check(out, option: "--out")
    guard WorkerPool.threadRange.contains(threads) else {
      throw ValidationError(BackendError.threadCount(threads).description)
    }
    if let maxRunning, maxRunning < 1 { throw ValidationError("--max-running takes a number from 1; not \(maxRunning)") }
    // Slurm counts in minutes.
    if limit.seconds < 60 { throw ValidationError("--limit takes a minute or more: Slurm counts in minutes") }
    if program == "" { throw ValidationError("--program is empty: name the program's path on the nodes") }
  }

  func run() throws {
    let choice = try asked.rows.choice()
    // What is read of files here, the nodes read again.
    let options = try asked.trainingOptions()
    let dataset = try options.dataset()
    options.warn(of: dataset)
    let specifications = choice.rows.flatMap { row in
      (asked.seeds.map { Array($0.range) } ?? row.seeds ?? [0]).map { seed in
        RunSpecification(row: row, profile: asked.profile, seed: seed, dataset: dataset, epochs: asked.epochs)
      }
    }
    for run in specifications {
      if let problem = run.problem { throw Stop(.impossible, "\(run.row.id): \(problem)") }
    }
    if !isDirectory(asked.against) {
      if asked.against != AgainstOption.standard { throw AgainstOption.missing(asked.against) }
      Console.log(
        "gradflow: warning: there are no goldens in \(asked.against) here: the verdict will lack them (--against names others)")
    }
    let files = ClusterFiles(named: out)
    try check(specifications, dataset, in: files)
    let settings = jobSettings(specifications, dataset)
    let paths = ClusterPaths(data: dataPath, matrix: asked.rows.matrix.file, against: asked.against)
    try settings.check(files, paths: paths.all)
    let submitting = Submitting(
      files: files, settings: settings, scripts: scripts(files, settings, paths),
      runs: specifications.map { run in
        ClusterRun(row: run.row.id, seed: run.seed, epochs: run.epochs)
      }, leastSeconds: try leastSeconds(specifications, dataset),
      verdict: NightFiles(directory: files.directory).verdict, slurm: Slurm(path: Environment.path))
    if isDry { return try Console.print(submitting.dryRun) }
    let outcome = try submitting.submit(
      Submission(settings: try record(paths), revision: Revision.identity),
      warn: { Console.log("gradflow: warning: \($0)") })
    try tell(outcome, files)
  }

  // MARK: What is submitted

  /// Runs that are there must be those that are asked for: a row of a matrix file may have been another one before.
  private func check(_ runs: [RunSpecification], _ dataset: Dataset, in files: ClusterFiles) throws {
    for run in runs {
      let directory = run.directory(out: files.runs)
      guard let header = try? TraceHeader(path: directory.trace) else { continue }
      let differences = header.differences(from: run.identity(dataset: dataset).header)
      if !differences.isEmpty { throw TrainingError.otherRun(path: directory.path, differences: differences) }
    }
  }

  /// Where the data are, for profiles that need some.
  private var dataPath: String? {
    asked.data.directory ?? (asked.profile.synthetic == nil ? Environment.dataDirectory : nil)
  }

  private func jobSettings(_ runs: [RunSpecification], _ dataset: Dataset) -> JobSettings {
    let images = Double(dataset.training.pixels.count + dataset.test.pixels.count)
    let need =
      runs.map { run in
        MemoryNeed(run.settings.network, images: run.settings.batchSize, workers: threads, in: Float.self)
          .process(datasetBytes: images)
      }.max() ?? 0
    // A tenth for what the libraries and the system's own pages take, then whole steps of 64 MiB.
    let megabytes = Int((need * 1.1 / 0x1p26).rounded(.up)) * 64
    return JobSettings(
      program: ClusterPath.absolute(program ?? Environment.program), partition: partition, account: account,
      limit: limit.seconds, margin: margin?.seconds ?? min(120, limit.seconds / 2), threads: threads,
      megabytes: memory?.megabytes ?? megabytes, maxRunning: maxRunning, lines: lines)
  }

  /// What an epoch takes on processors faster than any that was measured: a limit below that cannot do.
  private func leastSeconds(_ runs: [RunSpecification], _ dataset: Dataset) throws -> [String: Double] {
    var seconds: [String: Double] = [:]
    for run in runs where seconds[run.row.id] == nil {
      let split = try Split(
        of: dataset, perClass: run.settings.validationPerClass, kind: run.settings.validationSplit, seed: run.seed)
      let work = NetworkWork(run.settings.network)
      let additions = (work.forwardMultiplyAdds + work.gradientMultiplyAdds) * Double(split.training.count)
      seconds[run.row.id] = 2 * additions / (Double(threads) * Self.mostOperations)
    }
    return seconds
  }

  /// Operations of the direct algorithms in a second of one thread, which minimal filtering does several of at once: more than
  /// twice what was ever measured.
  private static let mostOperations = 1e12

  private func scripts(_ files: ClusterFiles, _ settings: JobSettings, _ paths: ClusterPaths) -> Scripts {
    var options = ["--profile", asked.profile.rawValue]
    if let data = paths.data { options += ["--data", data] }
    if let epochs = asked.epochs { options += ["--epochs", "\(epochs)"] }
    var verdict = ["--profile", asked.profile.rawValue, "--against", paths.against]
    if let matrix = paths.matrix { verdict += ["--matrix", matrix] }
    if let names = asked.rows.names { verdict += ["--rows", names] }
    if let seeds = asked.seeds { verdict += ["--seeds", "\(seeds.range.lowerBound)..\(seeds.range.upperBound)"] }
    if let epochs = asked.epochs { verdict += ["--epochs", "\(epochs)"] }
    if let command { verdict += ["--on-finding", command] }
    return Scripts(files: files, settings: settings, options: options, matrix: paths.matrix, verdict: verdict)
  }

  private func record(_ paths: ClusterPaths) throws -> [Submission.Setting] {
    [
      .init("profile", asked.profile.rawValue), .init("data", paths.data ?? "built in"),
      .init("matrix", paths.matrix ?? "built in"),
      .init("epochs", asked.epochs.map { "\($0)" } ?? "the profile's"),
    ] + (try asked.rows.matrix.digest().map { [.init("matrix file's digest", $0)] } ?? [])
  }

  private func tell(_ outcome: Submitting.Outcome, _ files: ClusterFiles) throws {
    switch outcome {
    case .nothingMissing:
      try Console.print("nothing is missing: all runs are in \(files.runs), their verdict in \(files.directory)/summary.txt")
    case .submitted(let runs, let job, let judge, let log):
      if let job {
        try Console.print("submitted \(runs) run\(runs == 1 ? "" : "s") as job array \(job); \(files.runScript)")
      } else {
        try Console.print("no run is missing; only the verdict is submitted")
      }
      try Console.print("submitted their verdict as job \(judge), for when all have ended; its log will be \(log)")
      try Console.print("how they stand:   gradflow cluster status \(files.directory)")
      try Console.print("to cancel all:    scancel \(([job].compactMap { $0 } + [judge]).joined(separator: " "))")
    }
  }
}

/// The paths that nodes need, from the root.
private struct ClusterPaths {
  let data: String?
  let matrix: String?
  let against: String

  init(data: String?, matrix: String?, against: String) {
    self.data = data.map(ClusterPath.absolute)
    self.matrix = matrix.map(ClusterPath.absolute)
    self.against = ClusterPath.absolute(against)
  }

  var all: [String] { [data, matrix, against].compactMap { $0 } }
}

/// Seconds of a job: `8h`, `90m`.
struct JobTime {
  let seconds: Int

  init(seconds: Int) { self.seconds = seconds }

  init(parsing argument: String) throws {
    guard let seconds = TimeLimit.seconds(argument) else {
      throw ValidationError(
        "a job's time is hours, minutes and seconds, each with its letter, as in 8h or 1h30m; not \"\(argument)\"")
    }
    self.seconds = seconds
  }
}

/// Memory of a job: `900M`, `2G`.
struct JobMemory {
  let megabytes: Int

  init(parsing argument: String) throws {
    let units: [Character: Int] = ["M": 1, "G": 1024]
    guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()), (1...1_000_000).contains(count)
    else { throw ValidationError("--memory takes a whole number of M or G, as in 900M or 2G; not \"\(argument)\"") }
    megabytes = count * unit
  }
}
