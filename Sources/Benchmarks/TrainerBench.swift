import Datasets
import Experiments
import Files
import Foundation
import Kernels
import Networks
import PlainText
import Synchronization
import Training

/// What a training run's loop adds to the bare step: loading and augmenting, the state's digest, events and checks; and, in
/// few steps of an epoch, the digests of all layers and the statistics of the gradients.
///
/// Bare steps and runs of one epoch (on built-in images of CIFAR's size, in a temporary directory) take turns.
package struct TrainerBench {
  static let rounds = 3
  /// Steps of an epoch of the protocol, by which the costs of an epoch's first and last steps are shared out.
  static let protocolSteps = 475.0

  let row: StandardRow
  let configuration: NetworkConfiguration
  let batch: Int
  let steps: Int
  let backend: Backend
  let watch: (RunSpecification) -> (TrainingEvent) -> Void

  /// - Parameter watch: makes, for a run, what is told of its steps.
  package init(
    row: StandardRow, configuration: NetworkConfiguration, batch: Int, steps: Int, backend: Backend,
    watch: @escaping (RunSpecification) -> (TrainingEvent) -> Void
  ) {
    self.row = row
    self.configuration = configuration
    self.batch = batch
    self.steps = steps
    self.backend = backend
    self.watch = watch
  }

  package func run() throws -> Report {
    let timer = try StepTimer(configuration, learningRate: row.baseLearningRate, batch: batch, backend: backend)
    let run = try specification()
    var report = Report(row: row.id, depth: configuration.depth, batch: batch, backend: backend)
    for _ in 0..<Self.rounds {
      _ = try timer.trainingStep()
      report.bare += try (0..<steps).map { _ in try timer.trainingStep().step }
      let times = try epoch(run.specification, run.dataset)
      report.first += times.prefix(Trainer.recordedSteps)
      report.ordinary += times.dropFirst(Trainer.recordedSteps).dropLast()
      report.last += times.suffix(1)
    }
    report.loading = try loading(run.specification, run.dataset)
    report.digest = timer.digestTimes(count: Self.rounds * steps)
    return report
  }

  private func specification() throws -> (specification: RunSpecification, dataset: Dataset) {
    // As many images as the epoch's first steps, `steps` ordinary ones and the last need.
    let images = batch * (steps + Trainer.recordedSteps + 1)
    let perClass = (images + configuration.classes - 1) / configuration.classes
    let dataset = Synthetic(
      classes: configuration.classes, side: configuration.side,
      trainingPerClass: perClass + 1, testPerClass: 1
    ).dataset()
    var specification = RunSpecification(row: ExperimentRow(row), profile: .paper, seed: 0, dataset: dataset, epochs: 1)
    specification.settings.network = configuration
    specification.settings.batchSize = batch
    // Its time is not asked for.
    specification.settings.validationPerClass = 1
    return (specification, dataset)
  }

  private func source(_ run: RunSpecification, _ dataset: Dataset) throws -> ExperimentData {
    try ExperimentData(dataset, run.settings, seed: run.seed)
  }

  /// Milliseconds from each step's end to the next one's, of one epoch.
  private func epoch(_ run: RunSpecification, _ dataset: Dataset) throws -> [Double] {
    let out = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: out) }
    let ends = Mutex<[ContinuousClock.Instant]>([])
    let tell = watch(run)
    var options = Trainer.Options(epochs: 1)
    options.events = { event in
      switch event {
      // The checkpoint before the first step tells when that begins.
      case .checkpoint(epoch: 0, step: 0): ends.withLock { $0 = [.now] }
      case .step:
        tell(event)
        ends.withLock { $0.append(.now) }
      default: break
      }
    }
    let trainer = try Trainer(
      run.identity(dataset: dataset), source: source(run, dataset), backend: backend,
      directory: run.directory(out: out.path), options: options)
    _ = try trainer.run()
    let instants = ends.withLock { $0 }
    return zip(instants, instants.dropFirst()).map { StepTimer.milliseconds($1 - $0) }
  }

  /// Milliseconds of loading a batch with augmentation.
  private func loading(_ run: RunSpecification, _ dataset: Dataset) throws -> [Double] {
    let source = try source(run, dataset)
    let epoch = source.trainingEpoch(0)
    let size = 3 * configuration.side * configuration.side
    let images = UnsafeMutablePointer<Float>.allocate(capacity: batch * size)
    images.initialize(repeating: 0, count: batch * size)
    defer { images.deallocate() }
    return (0..<Self.rounds * steps).map { step in
      let clock = ContinuousClock()
      return StepTimer.milliseconds(
        clock.measure {
          backend.pool.run(tasks: batch) { task, _ in
            let place = epoch.order[(step * batch + task) % epoch.order.count]
            _ = epoch.load(place: place, into: images + task * size)
          }
        })
    }
  }
}

extension TrainerBench {
  package struct Report {
    let row: String
    let depth: Int
    let batch: Int
    let threads: Int
    let isa: String
    /// Milliseconds, as all here.
    var bare: [Double] = []
    /// Times of a run's steps: of those whose layers are digested, of the last of each epoch, and of all others.
    var first: [Double] = []
    var last: [Double] = []
    var ordinary: [Double] = []
    var loading: [Double] = []
    var digest: [Double] = []

    init(row: String, depth: Int, batch: Int, backend: Backend) {
      self.row = row
      self.depth = depth
      self.batch = batch
      threads = backend.threads
      isa = backend.instructionSet.rawValue
    }

    private func median(_ values: [Double]) -> Double { BenchReport.median(values) }

    /// What the loop adds to a step, on the average of an epoch of the protocol.
    var overhead: Double {
      let special = Double(Trainer.recordedSteps) * (median(first) - median(ordinary)) + median(last) - median(ordinary)
      return median(ordinary) - median(bare) + special / TrainerBench.protocolSteps
    }

    /// As a fraction of the bare step.
    var share: Double { overhead / median(bare) }

    package var lines: [String] {
      var table = TextTable([("\(row), batch \(batch), \(isa), \(threads) threads", .left), ("ms", .right)])
      func add(_ name: String, _ value: Double) { table.add([name, Text.fixed(value, 3)]) }
      add("bare step, median of \(bare.count)", median(bare))
      add("step of a training run, median of \(ordinary.count)", median(ordinary))
      add("  an epoch's first \(Trainer.recordedSteps), whose layers are digested", median(first))
      add("  an epoch's last, with gradient statistics", median(last))
      add("loading and augmenting a batch", median(loading))
      add("digest of the state", median(digest))
      add("added to a step, mean of an epoch of \(Int(TrainerBench.protocolSteps))", overhead)
      return table.lines + ["that is \(Text.percent(share)) of the bare step"]
    }

    package var json: JSONValue {
      func number(_ value: Double) -> JSONValue { JSONValue((value * 10_000).rounded() / 10_000) }
      return .members([
        [
          "row": .string(row), "depth": JSONValue(depth), "batch": JSONValue(batch), "threads": JSONValue(threads),
          "isa": .string(isa), "steps": JSONValue(ordinary.count), "mode": .string("trainer"),
        ],
        [
          "step_ms_median": number(median(bare)), "trainer_step_ms_median": number(median(ordinary)),
          "first_step_ms_median": number(median(first)), "last_step_ms_median": number(median(last)),
          "loading_ms_median": number(median(loading)), "digest_ms_median": number(median(digest)),
          "overhead_ms": number(overhead), "overhead_share": number(share),
        ],
      ])
    }
  }
}
