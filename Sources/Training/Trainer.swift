import Digests
import Files
import Kernels
import Networks
import Tensors
import Traces

/// Trains one row with one seed, exactly as its settings say, and leaves its trace, checkpoints and results in a directory.
///
/// Every step's state and, for the first steps of each epoch, every layer's results are digested into the trace. What was
/// done is in the checkpoint at the end of every epoch and every `checkpointInterval` within one.
public final class Trainer {
  /// Steps at the start of each epoch whose layers are digested one by one.
  public static let recordedSteps = 2

  public struct Options {
    public var epochs: Int
    public var isResuming = false
    public var isOverwriting = false
    /// Time between checkpoints within an epoch.
    public var checkpointInterval = Duration.seconds(120)
    public var stop = StopRequest()
    /// Whether the run may go on where the file system keeps no locks.
    public var lock = FileLock.Need.required
    public var events: (TrainingEvent) -> Void = { _ in }
    /// For tests: what it throws ends the run as a kill would, with nothing cleaned up.
    public var failpoint: (Failpoint) throws -> Void = { _ in }

    public init(epochs: Int) { self.epochs = epochs }
  }

  public let identity: RunIdentity
  let directory: RunDirectory
  let options: Options
  let step: TrainingStep
  private var source: any BatchSource { step.source }
  private var network: Network<Float> { step.network }
  private var stepsPerEpoch: Int { step.stepsPerEpoch }
  var progress = Checkpoint.Progress()
  /// Parameters and buffers of the best epoch so far.
  var bestState: [[Float]] = []
  private var epochLines: [EpochLine] = []
  private var lastCheckpoint = ContinuousClock.now
  private lazy var meter = OpeningMeter(network, step.optimiser, kernels: step.kernels)

  /// - Throws: `TrainingError` for settings that cannot be trained; `LayerError`.
  public init(
    _ identity: RunIdentity, source: any BatchSource, backend: Backend, directory: RunDirectory, options: Options
  ) throws {
    step = try TrainingStep(identity.settings, seed: identity.seed, source: source, backend: backend)
    let problem =
      identity.settings.problem(epochs: options.epochs)
      ?? TraceSize.problem(identity.settings, epochs: options.epochs, images: source.trainingCount)
    if let problem {
      throw TrainingError.impossible(problem)
    }
    self.identity = identity
    self.directory = directory
    self.options = options
  }

  /// Trains until all epochs are done or a stop is asked for.
  public func run() throws -> TrainingOutcome {
    try createDirectory(directory.path)
    let lock = try FileLock(path: directory.lock, need: options.lock)
    defer { withExtendedLifetime(lock) {} }
    if lock.missing != nil {
      options.events(.warning("\(directory.lock): this file system keeps no locks: nothing here keeps a second process away"))
    }
    FloatingPointControl.setStandard()
    if let test = finishedBefore() {
      options.events(.finishedBefore(test))
      return .finished(test: test)
    }
    let trace = try open()
    try removeFile(directory.diverged)
    do {
      return try train(trace)
    } catch let error as TrainingError {
      // Advisory: what is wrong is told whether it can be written down or not.
      try? error.diverged?.write(in: directory.path)
      throw error
    }
  }

  private func train(_ trace: TraceWriter) throws -> TrainingOutcome {
    lastCheckpoint = .now
    while progress.epoch < options.epochs {
      do {
        try trainEpoch(trace)
        try finishEpoch(trace)
      } catch let stop as Stopped {
        try save(trace)
        return .stopped(stop.reason, epoch: progress.epoch, step: progress.step)
      }
    }
    do {
      return .finished(test: try test(trace))
    } catch let stop as Stopped {
      return .stopped(stop.reason, epoch: progress.epoch, step: progress.step)
    }
  }

  private struct Stopped: Error { let reason: StopRequest.Reason }

  private func checkStop() throws {
    if let reason = options.stop.reason { throw Stopped(reason: reason) }
  }

  // MARK: An epoch

  private func trainEpoch(_ trace: TraceWriter) throws {
    let epoch = source.trainingEpoch(progress.epoch)
    while progress.step < stepsPerEpoch {
      try checkStop()
      let index = progress.step
      try options.failpoint(.step(epoch: epoch.index, step: index))
      // With the first step: a run that is stopped before it begins anew, and must not tell it twice.
      if epoch.index == 0, index == 0 {
        try tell(epoch: 0, [.init("initial_state", .string(ShortDigest(step.stateDigest.evaluated()).description))], in: trace)
      }
      let recorder = index < Self.recordedSteps ? StepRecorder<Float>(kernels: step.kernels) : nil
      let isLast = index == stepsPerEpoch - 1
      var flow: GradientFlow?
      func beforeUpdate(_ batch: Batch<Float>) {
        progress.inputDigests?.append(step.inputDigest(batch))
        if isLast { flow = GradientFlow(of: network, kernels: step.kernels) }
      }
      let result: BatchResult, batch: Batch<Float>
      var opening: OpeningLine?
      if epoch.index == 0, index < step.openingSteps, progress.inputDigests != nil {
        (result, batch, opening) = try step.opening(
          OpeningLine.point(step: index), meter, step: index, of: epoch, isFirst: index == 0, recorder: recorder,
          beforeUpdate: beforeUpdate)
      } else {
        (result, batch) = try step.run(index, of: epoch, recorder: recorder, beforeUpdate: beforeUpdate)
      }
      if let recorder {
        let parts = step.parts(recorder, of: batch, detail: false)
        try trace.append(
          .layers(
            LayersLine(
              epoch: epoch.index, step: index,
              entries: parts.map { LayersLine.Entry(layer: $0.layer, phase: $0.phase, digest: $0.digest) })))
      }
      if let opening { try trace.append(.opening(step.evaluated(opening))) }
      progress.updates = step.optimiser.updates
      progress.lossSum += result.lossSum
      progress.correct += result.correct
      progress.examples += result.count
      progress.stepDigests.append(step.stepDigest)
      progress.step += 1
      if let flow {
        progress.unevaluated = unevaluated(flow)
        try tellTraining(in: trace)
        try trace.append(.norms(norms(after: epoch.index)))
      }
      options.events(.step(epoch: epoch.index, step: progress.step, of: stepsPerEpoch, loss: result.loss))
      if !isLast, ContinuousClock.now - lastCheckpoint > options.checkpointInterval { try save(trace) }
    }
  }

  /// What entered an epoch's arithmetic, unless the run began without telling it.
  private func tell(epoch: Int?, _ values: @autoclosure () -> [JSONValue.Member], in trace: TraceWriter) throws {
    guard progress.inputDigests != nil else { return }
    try trace.append(.inputs(InputsLine(version: NumericsContract.inputs, epoch: epoch, values: values())))
  }

  private func tellTraining(in trace: TraceWriter) throws {
    let scalars = step.optimiser.scalars(learningRate: identity.settings.learningRate(epoch: progress.epoch))
    try tell(
      epoch: progress.epoch,
      [
        .init("training", .string(Self.joined(progress.inputDigests ?? []))), .init("steps", JSONValue(progress.step)),
        .init("examples", JSONValue(progress.examples)), .init("updates", JSONValue(progress.updates)),
      ] + scalars.map { .init("\(identity.settings.optimiser.kind)_\($0.name)", JSONValue($0.value)) }, in: trace)
  }

  private func norms(after epoch: Int) -> NormsLine {
    NormsLine(
      epoch: epoch, parameters: network.parameters.map { NamedValue($0.name, $0.value.norm(step.kernels)) },
      buffers: network.buffers.map { NamedValue($0.name, $0.value.norm(step.kernels)) })
  }

  private static func joined(_ digests: [ShortDigest]) -> String {
    var hasher = Digest.Hasher()
    for digest in digests { hasher.update(littleEndian: digest.bits) }
    return ShortDigest(hasher.finalize()).description
  }

  private func unevaluated(_ flow: GradientFlow) -> UnevaluatedEpoch {
    UnevaluatedEpoch(
      epoch: progress.epoch, learningRate: identity.settings.learningRate(epoch: progress.epoch),
      trainLoss: progress.lossSum / Double(progress.examples),
      trainAccuracy: Double(progress.correct) / Double(progress.examples),
      gradientFlow: flow.layers.map { NamedValue($0.label, $0.mean) },
      gradientStatistics: flow.statistics(after: network), digest: step.stateDigest.full())
  }

  private func finishEpoch(_ trace: TraceWriter) throws {
    let epoch = progress.epoch
    guard let unevaluated = progress.unevaluated else { preconditionFailure("an epoch without a last batch") }
    options.events(.evaluating(epoch: epoch))
    let (validation, inputs) = try evaluate(.validation, epoch: epoch)
    try tell(epoch: epoch, [.init("validation", .string(inputs))], in: trace)
    let line = unevaluated.line(validationLoss: validation.loss, validationAccuracy: validation.accuracy)
    try trace.append(.steps(StepsLine(epoch: epoch, digests: progress.stepDigests)))
    try trace.append(.epoch(line))
    epochLines.append(line)
    if progress.best.map({ validation.accuracy > $0.accuracy }) ?? true {
      progress.best = .init(epoch: epoch, accuracy: validation.accuracy)
      bestState = network.state.map(\.value.values)
      try writeBest()
    }
    progress.beginNextEpoch()
    try save(trace)
    try Summary.write(epochs: epochLines, test: nil, to: directory.results)
    options.events(.epoch(line))
  }

  /// With the digest of the batches as they entered the network.
  private func evaluate(_ set: DataSet, epoch: Int) throws -> (Evaluation, inputs: String) {
    var digests: [ShortDigest] = []
    let evaluation = try Evaluation(
      of: network, on: set, from: source, epoch: epoch, batchSize: identity.settings.batchSize,
      statistics: identity.settings.batchNormStatistics, loading: step.loading,
      beforeBatch: { batch in
        try checkStop()
        try options.failpoint(.evaluation(epoch: epoch, batch: batch))
      },
      afterLoading: { if progress.inputDigests != nil { digests.append(step.inputDigest($0)) } })
    return (evaluation, Self.joined(digests))
  }

  /// The test set with the best epoch's weights; the trace's last line.
  private func test(_ trace: TraceWriter) throws -> TestLine {
    guard let best = progress.best else { preconditionFailure("a run without a best epoch") }
    for (entry, values) in zip(network.state, bestState) { entry.value.assign(values) }
    let (result, inputs) = try evaluate(.test, epoch: options.epochs)
    try tell(
      epoch: nil, [.init("test", .string(inputs)), .init("examples", JSONValue(source.testCount))], in: trace)
    let line = TestLine(epoch: best.epoch, loss: result.loss, accuracy: result.accuracy, digest: step.stateDigest.evaluated())
    try trace.append(.test(line))
    try flush(trace)
    try trace.close()
    try Summary.write(epochs: epochLines, test: line, to: directory.results)
    options.events(.test(line))
    return line
  }

  // MARK: Files

  /// Begins or continues the trace and the state.
  private func open() throws -> TraceWriter {
    let header = identity.header
    // What a killed process was writing; the lock says that nobody is any more.
    for path in [directory.checkpoint, directory.previousCheckpoint, directory.best, directory.trace, directory.manifest] {
      try AtomicFile.removeLeftovers(of: path)
    }
    if isDirectory(directory.results) {
      for path in [directory.summary, directory.testSummary] { try AtomicFile.removeLeftovers(of: path) }
    }
    let overwritten = OverwrittenRun(directory)
    try overwritten.settle()
    let isAnew = fileExists(directory.anew)
    if options.isResuming, !isAnew, directory.holdsRun, try !holdsHeaderAlone(header) {
      let (checkpoint, path) = try newestCheckpoint(header: header)
      if let torn = (try? Trace(path: directory.trace))?.torn {
        options.events(.warning("\(directory.trace): \(torn); the run goes on from its checkpoint"))
      }
      let trace = try TraceWriter(resuming: directory.trace, header: header, at: checkpoint.progress.mark)
      try restore(checkpoint, path: path)
      // A damaged newest one must not become the one that is kept while the next is written.
      if path != directory.checkpoint { try removeFile(directory.checkpoint) }
      epochLines = try Trace(path: directory.trace).epochs
      options.events(.resumed(epoch: progress.epoch, step: progress.step))
      return trace
    }
    if directory.holdsRun, !options.isOverwriting, !options.isResuming {
      throw TrainingError.runExists(path: directory.path)
    }
    do {
      try overwritten.setAside()
      network.initialise(seed: identity.seed)
      let trace = try TraceWriter(creating: directory.trace, header: header)
      try save(trace)
      try overwritten.discard()
      try removeFile(directory.anew)
      return trace
    } catch {
      try? overwritten.settle()
      throw error
    }
  }

  private func flush(_ trace: TraceWriter) throws {
    try trace.flush(reached: { try options.failpoint(.traceFrame(stage: $0.rawValue)) })
  }

  private func save(_ trace: TraceWriter) throws {
    try flush(trace)
    try options.failpoint(.traceFlushed(epoch: progress.epoch))
    progress.mark = trace.mark
    let checkpoint = Checkpoint(header: identity.header, progress: progress, tensors: checkpointTensors)
    try AtomicFile.write(
      checkpoint.fileBytes, to: directory.checkpoint, keepingPrevious: directory.previousCheckpoint,
      steps: { try options.failpoint(.checkpoint(stage: $0.rawValue)) })
    lastCheckpoint = .now
    options.events(.checkpoint(epoch: progress.epoch, step: progress.step))
  }
}
