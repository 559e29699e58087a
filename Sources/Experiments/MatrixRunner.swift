import Datasets
import Kernels
import Synchronization
import Training

/// Trains several runs, some of them at the same time.
///
/// The jobs divide the threads among them. No result depends on how.
///
/// Sendable: all state that changes is behind a mutex or atomic. Several jobs may call `options` at the same time, so the caller
/// must make it safe.
public final class MatrixRunner: @unchecked Sendable {
  public struct Result: Sendable {
    public let run: RunSpecification
    public let outcome: Swift.Result<TrainingOutcome, any Error>
  }

  public let runs: [RunSpecification]
  public let dataset: Dataset
  public let out: String
  private let instructionSet: InstructionSet
  private let threads: Int
  private let jobs: Int
  private let options: (RunSpecification, _ threads: Int) -> Trainer.Options
  private let results = Mutex<[Int: Result]>([:])
  private let next = Atomic<Int>(0)
  private let stop: StopRequest

  /// - Parameters:
  ///   - threads: in all.
  ///   - jobs: runs at the same time.
  ///   - options: of each run, given the threads that it has; called on the thread that makes it.
  public init(
    runs: [RunSpecification], dataset: Dataset, out: String, instructionSet: InstructionSet, threads: Int, jobs: Int,
    stop: StopRequest, options: @escaping (RunSpecification, _ threads: Int) -> Trainer.Options
  ) {
    self.runs = runs
    self.dataset = dataset
    self.out = out
    self.instructionSet = instructionSet
    self.threads = threads
    self.jobs = Self.jobs(jobs, for: runs.count)
    self.stop = stop
    self.options = options
  }

  /// Runs all; one that fails does not keep the others from running. A stop leaves the rest undone.
  ///
  /// - Returns: what became of each run that was begun, in the order of `runs`.
  public func run() -> [Result] {
    // A job a task; where the system refuses the threads, the matrix is only slower.
    if let pool = try? WorkerPool(threads: jobs) {
      pool.run(tasks: jobs) { job, _ in self.work(job: job) }
    } else {
      work(job: 0)
    }
    return results.withLock { results in runs.indices.compactMap { results[$0] } }
  }

  /// As many jobs as are asked for, and not more than there are runs.
  public static func jobs(_ wanted: Int, for runs: Int) -> Int { max(1, min(wanted, runs)) }

  /// How many jobs end soonest: runs of a thread each lose nothing to barriers, so as many as there are threads and runs. But a
  /// run so long that the others are done before it would end on a share of the threads: no run has more than 1.2 times a job's
  /// equal part of the work.
  ///
  /// - Parameter works: of each run, in any unit.
  public static func fastestJobs(_ works: [Double], threads: Int) -> Int {
    let all = works.reduce(0, +), longest = works.max() ?? 0
    return (1...max(1, min(threads, works.count, mostJobs))).last { Double($0) * longest <= 1.2 * all } ?? 1
  }

  public static let mostJobs = 64

  /// Threads of a job: an equal share, the first jobs taking what is left over, at least one.
  public static func threads(of job: Int, threads: Int, jobs: Int) -> Int {
    max(1, threads / jobs + (job < threads % jobs ? 1 : 0))
  }

  private func work(job: Int) {
    let backend = Swift.Result {
      try Backend(instructionSet: instructionSet, threads: Self.threads(of: job, threads: threads, jobs: jobs))
    }
    while stop.reason == nil {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < runs.count else { return }
      let run = runs[index]
      let outcome = Swift.Result { try self.train(run, on: backend.get()) }
      results.withLock { $0[index] = Result(run: run, outcome: outcome) }
    }
  }

  private func train(_ run: RunSpecification, on backend: Backend) throws -> TrainingOutcome {
    let data = try ExperimentData(dataset, run.settings, seed: run.seed)
    let trainer = try Trainer(
      run.identity(dataset: dataset), source: data, backend: backend, directory: run.directory(out: out),
      options: options(run, backend.threads))
    return try trainer.run()
  }
}
