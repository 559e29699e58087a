import Datasets
import Experiments
import Files
import Kernels
import Networks
import PlainText
import Synchronization
import Training

/// How long the runs of a matrix are going to take on this machine, and how much memory: from a few steps of each network,
/// measured with as many runs at a time as there are to be.
///
/// Counted are training steps, the evaluation of every epoch and the one of the test set. Loading, digests and files are not:
/// they are about a hundredth of a step (`TrainerBench`).
package struct MatrixEstimate {
  private static let steps = 5
  private static let passes = 3

  let runs: [RunSpecification]
  let works: [RunWork]
  /// Of each run, while the other jobs compute too: medians.
  let paces: [RunWork.Pace]
  /// Of one run.
  let bytes: [Double]
  let jobs: Int
  let threads: Int

  /// Measures.
  ///
  /// - Parameters:
  ///   - threads: in all, which the jobs share as `MatrixRunner` does.
  ///   - progress: is told what is being measured.
  /// - Throws: what a backend, a network or a split refuses.
  package init(
    _ runs: [RunSpecification], dataset: Dataset, instructionSet: InstructionSet, threads: Int, jobs: Int,
    progress: (String) -> Void
  ) throws {
    // A run whose images do not suffice for its validation is refused before anything is measured.
    for run in runs {
      _ = try Split(of: dataset, perClass: run.settings.validationPerClass, kind: run.settings.validationSplit, seed: run.seed)
    }
    let jobs = MatrixRunner.jobs(jobs, for: runs.count)
    var known: [TrainingSettings: RunWork.Pace] = [:]
    var paces: [RunWork.Pace] = []
    for run in runs {
      if known[run.settings] == nil {
        progress("\(run.row.id): a few steps")
        known[run.settings] = try Self.pace(of: run.settings, instructionSet: instructionSet, threads: threads, jobs: jobs)
      }
      paces.append(known[run.settings] ?? RunWork.Pace(step: .nan, evaluation: .nan))
    }
    self.init(runs, works: runs.map { RunWork($0, dataset: dataset) }, paces: paces, jobs: jobs, threads: threads)
  }

  package init(_ runs: [RunSpecification], works: [RunWork], paces: [RunWork.Pace], jobs: Int, threads: Int) {
    self.runs = runs
    self.works = works
    self.paces = paces
    self.jobs = jobs
    self.threads = threads
    bytes = runs.map {
      MemoryNeed($0.settings.network, images: $0.settings.batchSize, workers: max(1, threads / jobs), in: Float.self).bytes
    }
  }

  /// Every job makes the same steps at the same time.
  private static func pace(
    of settings: TrainingSettings, instructionSet: InstructionSet, threads: Int, jobs: Int
  ) throws -> RunWork.Pace {
    let timers = try (0..<jobs).map { job in
      try StepTimer(
        settings.network, learningRate: settings.baseLearningRate, batch: settings.batchSize, optimiser: settings.optimiser,
        backend: Backend(
          instructionSet: instructionSet, threads: MatrixRunner.threads(of: job, threads: threads, jobs: jobs)))
    }
    let results = Mutex<[Result<RunWork.Pace, any Error>]>([])
    // A timer is touched by one task alone.
    nonisolated(unsafe) let shared = timers
    try WorkerPool(threads: jobs).run(tasks: jobs) { job, _ in
      let result = Result { try pace(of: shared[job]) }
      results.withLock { $0.append(result) }
    }
    let all = try results.withLock { try $0.map { try $0.get() } }
    return RunWork.Pace(step: BenchReport.median(all.map(\.step)), evaluation: BenchReport.median(all.map(\.evaluation)))
  }

  private static func pace(of timer: StepTimer) throws -> RunWork.Pace {
    for _ in 0..<2 { _ = try timer.trainingStep() }
    let training = try (0..<steps).map { _ in try timer.trainingStep().step }
    _ = try timer.evaluationPass()
    let evaluation = try (0..<passes).map { _ in try timer.evaluationPass().step }
    return RunWork.Pace(step: BenchReport.median(training), evaluation: BenchReport.median(evaluation))
  }

  // MARK: What follows

  /// Of one epoch of run `index`.
  package func epochSeconds(_ index: Int) -> Double { works[index].epochSeconds(at: paces[index]) }

  package func seconds(_ index: Int) -> Double { works[index].seconds(at: paces[index]) }

  /// Of all runs, each begun by the job that is free first.
  package var seconds: Double {
    var ends = [Double](repeating: 0, count: jobs)
    for index in runs.indices {
      let free = ends.indices.min { ends[$0] < ends[$1] } ?? 0
      ends[free] += seconds(index)
    }
    return ends.max() ?? 0
  }

  /// Of the largest runs that can meet.
  package var memory: Double { bytes.sorted().suffix(jobs).reduce(0, +) }

  package var lines: [String] {
    var table = TextTable([
      ("run", .left), ("epochs", .right), ("step, ms", .right), ("evaluation, ms", .right), ("epoch", .right), ("run", .right),
      ("memory, MiB", .right),
    ])
    for (index, run) in runs.enumerated() {
      table.add([
        run.name, "\(run.epochs)", Text.fixed(paces[index].step, 1), Text.fixed(paces[index].evaluation, 1),
        Text.time(seconds: epochSeconds(index)), Text.time(seconds: seconds(index)), Text.fixed(bytes[index] / 0x1p20, 0),
      ])
    }
    let together = jobs == 1 ? "one at a time" : "\(jobs) at a time"
    return table.lines + [
      "all, \(together) on \(threads) thread\(threads == 1 ? "" : "s"): \(Text.time(seconds: seconds)), "
        + "\(Text.fixed(memory / 0x1p20, 0)) MiB of networks; from \(Self.steps) steps of each network on \(Machine.processorName), "
        + "without loading, digests and files"
    ]
  }
}
