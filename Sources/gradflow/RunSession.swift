import Benchmarks
import Datasets
import Experiments
import Files
import Kernels
import Networks
import Synchronization
import Traces
import Training

/// Makes the runs that `run`, `matrix` or `golden check` was asked for, and ends with their table.
struct RunSession {
  let rows: [ExperimentRow]
  let options: TrainingOptions
  /// `nil` for as many as end soonest.
  let jobs: Int?
  let shard: Shard?

  /// What became of the runs.
  struct Made {
    let results: [MatrixRunner.Result]
    let planned: [RunSpecification]
    let out: String

    /// Those that were begun and did not fail, in their order.
    var directories: [RunDirectory] {
      results.filter { if case .success = $0.outcome { true } else { false } }.map { $0.run.directory(out: out) }
    }

    /// The runs that failed, by name, with the reason. `hasDiverged`: it is a finding of the experiment, not of the machine.
    var failures: [(name: String, reason: String, hasDiverged: Bool)] {
      results.compactMap { result in
        guard case .failure(let error) = result.outcome else { return nil }
        return (result.run.name, "\(error)", hasDiverged(result))
      }
    }

    private func hasDiverged(_ result: MatrixRunner.Result) -> Bool {
      guard case .failure = result.outcome else { return false }
      return DivergedRun(in: result.run.directory(out: out).path) != nil
    }

    /// Whether its directory tells what became of it: it ended, was stopped, or diverged and says so.
    func canBeJudged(_ result: MatrixRunner.Result) -> Bool {
      if case .success = result.outcome { return true }
      return hasDiverged(result) && fileExists(result.run.directory(out: out).trace)
    }

    /// Whether making the same runs again with --resume could bring one further that is not finished.
    var canBeContinued: Bool { isStopped || failures.contains { !$0.hasDiverged } }

    /// Whether a signal or the time limit left some to be continued.
    var isStopped: Bool {
      results.count < planned.count
        || results.contains { if case .success(.stopped) = $0.outcome { true } else { false } }
    }
  }

  func run() throws {
    let made = try make()
    try printTable(made)
    try complain(made)
  }

  /// Makes none of the runs, and prints what they would take.
  func printEstimate() throws {
    let isa = options.compute.isa.instructionSet ?? .best
    let dataset = try options.dataset()
    let runs = self.runs(dataset)
    if runs.isEmpty { throw Stop(.impossible, "this part of the matrix holds no runs: there are fewer runs than parts") }
    let jobs = jobs(for: runs, dataset)
    for run in runs { try checkSettings(run, jobs: jobs) }
    let estimate = try MatrixEstimate(
      runs, dataset: dataset, instructionSet: isa, threads: threads, jobs: jobs, progress: Console.progress)
    Console.clearProgress()
    for line in estimate.lines { try Console.print(line) }
  }

  /// Runs that nothing known speaks against, of which none is begun.
  struct Prepared {
    let dataset: Dataset
    let runs: [RunSpecification]
    fileprivate let isa: InstructionSet
    fileprivate let jobs: Int
    fileprivate let stop: StopRequest
  }

  /// Makes the runs, and prints nothing but progress.
  func make() throws -> Made { try make(prepare()) }

  /// Finds what would make a run impossible, and changes nothing.
  func prepare() throws -> Prepared {
    let stop = options.stopRequest()
    let isa = options.compute.isa.instructionSet ?? .best
    // Refuses an instruction set that is missing before anything is read or written.
    _ = try Backend(instructionSet: isa, threads: 1)
    let dataset = try options.dataset()
    options.warn(of: dataset)
    let runs = self.runs(dataset)
    if runs.isEmpty { throw Stop(.impossible, "this part of the matrix holds no runs: there are fewer runs than parts") }
    let jobs = jobs(for: runs, dataset)
    try check(runs, dataset, jobs: jobs)
    return Prepared(dataset: dataset, runs: runs, isa: isa, jobs: jobs, stop: stop)
  }

  func make(_ prepared: Prepared) throws -> Made {
    let (dataset, runs, jobs, stop) = (prepared.dataset, prepared.runs, prepared.jobs, prepared.stop)
    let out = options.outDirectory
    if options.overwrite { try markAnew(runs) }
    let manifest = Manifest(instructionSet: prepared.isa)
    let killAt = options.killAt
    let runner = MatrixRunner(
      runs: runs, dataset: dataset, out: out, instructionSet: prepared.isa, threads: threads, jobs: jobs, stop: stop
    ) { run, threads in
      var trainer = Trainer.Options(epochs: run.epochs)
      trainer.isResuming = options.resume
      trainer.isOverwriting = options.overwrite
      trainer.stop = stop
      trainer.lock = options.locks.need
      let progress = Mutex(RunProgress(run, work: RunWork(run, dataset: dataset), isAlone: jobs == 1))
      let directory = run.directory(out: out)
      let record = manifest.recorder(
        directory, run: run, threads: threads, isResuming: options.resume && !fileExists(directory.anew))
      trainer.events = { event in
        progress.withLock { $0.tell(event) }
        record(event)
      }
      if let killAt { trainer.failpoint = KillSwitch(killAt).reach }
      return trainer
    }
    let results = runner.run()
    Console.clearProgress()
    // What follows is no training: it does not stop at a step.
    Interrupts.lower()
    return Made(results: results, planned: runs, out: out)
  }

  /// Says of all runs that are there that they are to be begun anew, before the first one is: whatever ends the session,
  /// --resume goes on with it, and takes no old run for one of the new. A run that another process is at is left to its lock.
  private func markAnew(_ runs: [RunSpecification]) throws {
    for run in runs {
      let directory = run.directory(out: options.outDirectory)
      guard directory.holdsRun, let lock = try? FileLock(path: directory.lock, need: options.locks.need) else { continue }
      try withExtendedLifetime(lock) { try AtomicFile.write("", to: directory.anew) }
    }
  }

  private func runs(_ dataset: Dataset) -> [RunSpecification] {
    let all = rows.flatMap { row in
      (options.chosenSeeds ?? row.seeds ?? [0]).map { seed in
        RunSpecification(
          row: row, profile: options.profile, seed: seed, dataset: dataset, epochs: options.epochs,
          batchNormStatistics: options.batchNormStatistics)
      }
    }
    return shard?.part(of: all) ?? all
  }

  private var threads: Int { options.compute.threads ?? WorkerPool.processorCount }

  /// As many as were asked for and there are runs; or as end soonest and as memory is there for.
  private func jobs(for runs: [RunSpecification], _ dataset: Dataset) -> Int {
    if let jobs { return MatrixRunner.jobs(jobs, for: runs.count) }
    // What no network is made of is told of by the check.
    guard runs.allSatisfy({ $0.settings.problem == nil }) else { return 1 }
    var works: [String: Double] = [:]
    for run in runs where works[run.row.id] == nil { works[run.row.id] = run.work(images: dataset.training.count) }
    let fastest = MatrixRunner.fastestJobs(runs.compactMap { works[$0.row.id] }, threads: threads)
    return (1...fastest).last { jobs in runs.allSatisfy { (try? checkSettings($0, jobs: jobs)) != nil } } ?? 1
  }

  private func checkSettings(_ run: RunSpecification, jobs: Int) throws {
    if let problem = run.problem { throw Stop(.impossible, "\(run.row.id): \(problem)") }
    try MemoryNeed(run.settings.network, images: run.settings.batchSize, in: Float.self)
      .check(against: options.compute.memory.shared(among: jobs))
  }

  private func check(_ runs: [RunSpecification], _ dataset: Dataset, jobs: Int) throws {
    for run in runs {
      try checkSettings(run, jobs: jobs)
      let directory = run.directory(out: options.outDirectory)
      if directory.holdsRun, !options.resume, !options.overwrite {
        throw TrainingError.runExists(path: directory.path)
      }
    }
    for (kind, members) in Dictionary(grouping: runs.map(\.settings), by: \.validationSplit) {
      let perClass = members.map(\.validationPerClass).max() ?? 0
      let split = try Split(of: dataset, perClass: perClass, kind: kind, seed: 0)
      if let settings = members.first(where: { $0.batchSize > split.training.count }) {
        throw DatasetError.batchTooLarge(batch: settings.batchSize, images: split.training.count)
      }
      for run in runs {
        let problem = TraceSize.problem(run.settings, epochs: run.epochs, images: split.training.count)
        if let problem { throw Stop(.impossible, "\(run.row.id): \(problem)") }
      }
    }
  }

  // MARK: Results

  func printTable(_ made: Made) throws {
    let directories = made.directories
    if !directories.isEmpty { for line in try ResultTable(directories).lines { try Console.print(line) } }
  }

  /// Throws what says that not all was done, if so.
  func complain(_ made: Made) throws {
    let (results, planned) = (made.results, made.planned)
    var failures: [String] = []
    var stopped: StopRequest.Reason?
    for result in results {
      switch result.outcome {
      case .success(.finished): break
      case .success(.stopped(let reason, _, _)): stopped = reason
      case .failure(let error):
        // With --overwrite, what the directory holds may still be the old run.
        let isContinued =
          !options.overwrite && (error as? FileError)?.isNoSpace == true && result.run.directory(out: made.out).holdsRun
        failures.append(
          "\(result.run.name): \(error)"
            + (isContinued ? "; the same command with --resume continues" : ""))
      }
    }
    if results.count < planned.count, stopped == nil, failures.isEmpty {
      stopped = options.timeLimit == nil ? .interrupt : .timeLimit
    }
    for failure in failures.dropLast() { Console.log("gradflow: error: \(failure)") }
    if let failure = failures.last { throw Stop(.impossible, failure) }
    if let stopped {
      let left = planned.count - results.count
      let advice =
        (left == 0 ? "" : "\(left) of \(planned.count) runs were not begun; ")
        + "everything done so far is kept; the same command with --resume "
        + (options.overwrite ? "in place of --overwrite continues" : "continues")
      switch stopped {
      case .timeLimit: throw Stop(.stopped, "stopped by the time limit: \(advice)")
      case .interrupt: throw Stop(.stopped, "stopped by request: \(advice)")
      }
    }
  }
}
