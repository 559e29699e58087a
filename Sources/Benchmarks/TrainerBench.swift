import Datasets
import Experiments
import Files
import Foundation
import Kernels
import Networks
import PlainText
import Training

/// What a training run's loop adds to the bare step: loading and augmenting, the state's digest, events and checks; and, in
/// few steps of an epoch, the digests of all layers and the statistics of the gradients.
///
/// In a run of one epoch (on built-in images of CIFAR's size, in a temporary directory) a bare step follows each step of the run:
/// a processor's speed changes within seconds, and so both have the same. What the loop adds is the median of the differences
/// of such neighbours, told with its 95 % confidence interval, of this process and the minutes that it took.
package struct TrainerBench {
  static let rounds = 3
  /// Pairs that are too near one another to be independent.
  static let block = 5
  /// Steps of an epoch of the protocol, by which the costs of an epoch's first and last steps are shared out.
  static let protocolSteps = 475.0

  let row: StandardRow
  let configuration: NetworkConfiguration
  let batch: Int
  let steps: Int
  let backend: Backend
  let watch: (RunSpecification, Dataset) -> (TrainingEvent) -> Void

  /// - Parameter watch: makes, for a run on a dataset, what is told of its steps.
  package init(
    row: StandardRow, configuration: NetworkConfiguration, batch: Int, steps: Int, backend: Backend,
    watch: @escaping (RunSpecification, Dataset) -> (TrainingEvent) -> Void
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
    for _ in 0..<2 { _ = try timer.trainingStep() }
    for _ in 0..<Self.rounds {
      let pairs = try epoch(run.specification, run.dataset, beside: timer)
      report.first += pairs.prefix(Trainer.recordedSteps)
      report.ordinary += pairs.dropFirst(Trainer.recordedSteps).dropLast()
      report.last += pairs.suffix(1)
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

  /// Of one epoch: each step from the end of the one before to its own, and the bare step after it.
  private func epoch(_ run: RunSpecification, _ dataset: Dataset, beside timer: StepTimer) throws -> [Pair] {
    try Leftovers.withScratchDirectory("bench") { try epoch(run, dataset, beside: timer, out: $0) }
  }

  private func epoch(_ run: RunSpecification, _ dataset: Dataset, beside timer: StepTimer, out: String) throws -> [Pair] {
    var pairs: [Pair] = []
    var begin = ContinuousClock.now
    var failure: (any Error)?
    let tell = watch(run, dataset)
    var options = Trainer.Options(epochs: 1)
    options.events = { event in
      switch event {
      // The checkpoint before the first step tells when that begins.
      case .checkpoint(epoch: 0, step: 0): begin = .now
      case .step:
        tell(event)
        let step = StepTimer.milliseconds(.now - begin)
        do { pairs.append(Pair(step: step, bare: try timer.trainingStep().step)) } catch { failure = error }
        begin = .now
      default: break
      }
    }
    let trainer = try Trainer(
      run.identity(dataset: dataset), source: source(run, dataset), backend: backend,
      directory: run.directory(out: out), options: options)
    _ = try trainer.run()
    if let failure { throw failure }
    return pairs
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
  /// Neighbours in time, in milliseconds.
  package struct Pair {
    /// Of the run, with all that belongs to it.
    let step: Double
    let bare: Double

    package init(step: Double, bare: Double) {
      self.step = step
      self.bare = bare
    }

    var added: Double { step - bare }
  }

  package struct Report {
    let row: String
    let depth: Int
    let batch: Int
    let threads: Int
    let isa: String
    /// A run's steps, in milliseconds: those whose layers are digested, the last of each epoch, and all others.
    package var first: [Pair] = []
    package var last: [Pair] = []
    package var ordinary: [Pair] = []
    /// Milliseconds.
    var loading: [Double] = []
    var digest: [Double] = []

    package init(row: String, depth: Int, batch: Int, backend: Backend) {
      self.row = row
      self.depth = depth
      self.batch = batch
      threads = backend.threads
      isa = backend.instructionSet.rawValue
    }

    private func median(_ values: [Double]) -> Double { BenchReport.median(values) }
    private var bare: Double { median((first + ordinary + last).map(\.bare)) }

    /// What the loop adds to an ordinary step.
    private var added: MedianInterval { MedianInterval(ordinary.map(\.added), block: TrainerBench.block) }

    /// What the few others of an epoch cost more, shared out among the steps of one of the protocol.
    private var special: Double {
      let usual = added.median
      return (Double(Trainer.recordedSteps) * (median(first.map(\.added)) - usual) + median(last.map(\.added)) - usual)
        / TrainerBench.protocolSteps
    }

    /// What the loop adds to a step, on the average of an epoch of the protocol; the interval is that of ordinary steps.
    package var overhead: (median: Double, lower: Double, upper: Double) {
      let (added, special) = (added, special)
      return (added.median + special, added.lower + special, added.upper + special)
    }

    /// As a fraction of the bare step.
    var share: Double { overhead.median / bare }

    package var lines: [String] {
      var table = TextTable([("\(row), batch \(batch), \(isa), \(threads) threads", .left), ("ms", .right)])
      func add(_ name: String, _ value: Double) { table.add([name, Text.fixed(value, 3)]) }
      add("bare step, median of \(first.count + ordinary.count + last.count)", bare)
      add("step of a training run, median of \(ordinary.count)", median(ordinary.map(\.step)))
      add("  an epoch's first \(Trainer.recordedSteps), whose layers are digested", median(first.map(\.step)))
      add("  an epoch's last, with gradient statistics", median(last.map(\.step)))
      add("loading and augmenting a batch", median(loading))
      add("digest of the state", median(digest))
      add("added to a step, mean of an epoch of \(Int(TrainerBench.protocolSteps))", overhead.median)
      let interval = [overhead.lower, overhead.upper].map { Text.percent($0 / bare) }.joined(separator: " to ")
      return table.lines + [
        "that is \(Text.percent(share)) of the bare step, 95 % confidence \(interval)",
        "a bare step after each of the run's; confidence from blocks of \(TrainerBench.block) such pairs",
      ]
    }

    package var json: JSONValue {
      func number(_ value: Double) -> JSONValue { JSONValue((value * 10_000).rounded() / 10_000) }
      return .members([
        [
          "row": .string(row), "depth": JSONValue(depth), "batch": JSONValue(batch), "threads": JSONValue(threads),
          "isa": .string(isa), "steps": JSONValue(ordinary.count), "mode": .string("trainer"),
        ],
        [
          "step_ms_median": number(bare), "trainer_step_ms_median": number(median(ordinary.map(\.step))),
          "first_step_ms_median": number(median(first.map(\.step))),
          "last_step_ms_median": number(median(last.map(\.step))),
          "loading_ms_median": number(median(loading)), "digest_ms_median": number(median(digest)),
          "overhead_ms": number(overhead.median), "overhead_ms_lower": number(overhead.lower),
          "overhead_ms_upper": number(overhead.upper), "overhead_share": number(share),
        ],
      ])
    }
  }
}
