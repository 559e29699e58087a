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
    public var events: (TrainingEvent) -> Void = { _ in }
    /// For tests: what it throws ends the run as a kill would, with nothing cleaned up.
    public var failpoint: (Failpoint) throws -> Void = { _ in }

    public init(epochs: Int) { self.epochs = epochs }
  }

  public let identity: RunIdentity
  let directory: RunDirectory
  let options: Options
  let source: any BatchSource
  let network: Network<Float>
  let adam: Adam<Float>
  private let digest: StateDigest<Float>
  private let loading: BatchLoading
  private let stepsPerEpoch: Int
  private let kernels: KernelTable
  var progress = Checkpoint.Progress()
  /// Parameters and buffers of the best epoch so far.
  var bestState: [[Float]] = []
  private var epochLines: [EpochLine] = []
  private var lastCheckpoint = ContinuousClock.now

  /// - Throws: `TrainingError` for settings that cannot be trained; `LayerError`.
  public init(
    _ identity: RunIdentity, source: any BatchSource, backend: Backend, directory: RunDirectory, options: Options
  ) throws {
    let settings = identity.settings
    if let problem = settings.problem { throw TrainingError.impossible(problem) }
    guard (1...settings.schedulePeriod).contains(options.epochs) else {
      throw TrainingError.impossible(
        "\(options.epochs) epochs; the schedule has \(settings.schedulePeriod), and a run makes 1 to all of them")
    }
    guard source.trainingCount >= settings.batchSize else {
      throw TrainingError.impossible(
        "a batch of \(settings.batchSize) is larger than the training set of \(source.trainingCount) images")
    }
    self.identity = identity
    self.source = source
    self.directory = directory
    self.options = options
    network = try Network(settings.network, backend: backend, capacity: settings.batchSize)
    adam = Adam(network.parameters, constants: settings.adam, backend: backend)
    digest = StateDigest(network, adam)
    loading = BatchLoading(source: source, images: network.images, labels: network.labels)
    stepsPerEpoch = (source.trainingCount + settings.batchSize - 1) / settings.batchSize
    kernels = backend.kernels(for: Float.self)
  }

  /// Trains until all epochs are done or a stop is asked for.
  public func run() throws -> TrainingOutcome {
    try createDirectory(directory.path)
    let lock = try FileLock(path: directory.lock)
    defer { withExtendedLifetime(lock) {} }
    FloatingPointControl.setStandard()
    let trace = try open()
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
    let epoch = progress.epoch
    let order = source.trainingOrder(epoch: epoch)
    let rate = identity.settings.learningRate(epoch: epoch)
    let batchSize = identity.settings.batchSize
    while progress.step < stepsPerEpoch {
      try checkStop()
      try options.failpoint(.step(epoch: epoch, step: progress.step))
      let step = progress.step
      let places = order[step * batchSize..<min((step + 1) * batchSize, order.count)]
      loading.load(.training, places: places, epoch: epoch, on: network.backend.pool)
      let recorder = step < Self.recordedSteps ? StepRecorder<Float>(kernels: kernels) : nil
      let result = try network.forward(count: places.count, mode: .training, recorder: recorder)
      guard result.lossSum.isFinite else {
        throw TrainingError.nonFiniteLoss(
          epoch: epoch, step: step, loss: result.loss, layer: network.firstNonFiniteLayer() ?? "the loss")
      }
      network.backward(recorder: recorder)
      let gradients = recorder.map { _ in parameterDigests(\.gradient) }
      let isLast = step == stepsPerEpoch - 1
      let flow = isLast ? GradientFlow(of: network, kernels: kernels) : nil
      adam.update(learningRate: rate)
      if let recorder, let gradients {
        try trace.append(.layers(layersLine(step: step, recorder: recorder, gradients: gradients)))
      }
      progress.updates = adam.step
      progress.lossSum += result.lossSum
      progress.correct += result.correct
      progress.examples += result.count
      progress.stepDigests.append(ShortDigest(digest.quick()))
      progress.step += 1
      precondition(
        FloatingPointControl.isStandard, "the floating-point control word was changed; the results cannot be trusted")
      if let flow { progress.draft = draft(flow, learningRate: rate) }
      options.events(.step(epoch: epoch, step: progress.step, of: stepsPerEpoch, loss: result.loss))
      if !isLast, ContinuousClock.now - lastCheckpoint > options.checkpointInterval { try save(trace) }
    }
  }

  /// The epoch's line, all but its evaluation.
  private func draft(_ flow: GradientFlow, learningRate: Double) -> EpochLine {
    EpochLine(
      epoch: progress.epoch, learningRate: learningRate, trainLoss: progress.lossSum / Double(progress.examples),
      trainAccuracy: Double(progress.correct) / Double(progress.examples), validationLoss: 0, validationAccuracy: 0,
      gradientFlow: flow.layers.map { NamedValue($0.label, $0.mean) },
      gradientStatistics: flow.statistics(after: network), digest: digest.full())
  }

  private func finishEpoch(_ trace: TraceWriter) throws {
    let epoch = progress.epoch
    guard var line = progress.draft else { preconditionFailure("an epoch without a last batch") }
    options.events(.evaluating(epoch: epoch))
    let validation = try evaluate(.validation, epoch: epoch)
    line.validationLoss = validation.loss
    line.validationAccuracy = validation.accuracy
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

  private func evaluate(_ set: DataSet, epoch: Int) throws -> Evaluation {
    try Evaluation(
      of: network, on: set, from: source, epoch: epoch, batchSize: identity.settings.batchSize,
      statistics: identity.settings.batchNormStatistics, loading: loading
    ) { batch in
      try checkStop()
      try options.failpoint(.evaluation(epoch: epoch, batch: batch))
    }
  }

  /// The test set with the best epoch's weights; the trace's last line.
  private func test(_ trace: TraceWriter) throws -> TestLine {
    guard let best = progress.best else { preconditionFailure("a run without a best epoch") }
    for (entry, values) in zip(network.state, bestState) { entry.value.assign(values) }
    let result = try evaluate(.test, epoch: options.epochs)
    let line = TestLine(epoch: best.epoch, loss: result.loss, accuracy: result.accuracy, digest: digest.evaluated())
    try trace.append(.test(line))
    try trace.close()
    try Summary.write(epochs: epochLines, test: line, to: directory.results)
    options.events(.test(line))
    return line
  }

  // MARK: Digests

  private func parameterDigests(_ tensor: KeyPath<Parameter<Float>, Tensor<Float>>) -> [(String, ShortDigest)] {
    network.parameters.map { parameter in
      let values = UnsafeBufferPointer(parameter[keyPath: tensor].elements)
      let kind = parameter.name.split(separator: ".").last ?? ""
      return (
        "\(ParameterSpecification.label(of: parameter.name)).\(kind)",
        ShortDigest(MixDigest.digest(of: values, kernels: kernels))
      )
    }
  }

  private func layersLine(
    step: Int, recorder: StepRecorder<Float>, gradients: [(String, ShortDigest)]
  ) -> LayersLine {
    let passes = recorder.entries.map {
      LayersLine.Entry(
        layer: $0.layer, phase: $0.phase == "forward" ? .forward : .inputGradient, digest: ShortDigest($0.digest))
    }
    let weights = gradients.map { LayersLine.Entry(layer: $0.0, phase: .weightGradient, digest: $0.1) }
    let updates = parameterDigests(\.value).map { LayersLine.Entry(layer: $0.0, phase: .update, digest: $0.1) }
    return LayersLine(epoch: progress.epoch, step: step, entries: passes + weights + updates)
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
    if options.isResuming, directory.holdsRun, try !holdsHeaderAlone(header) {
      let (checkpoint, path) = try newestCheckpoint(header: header)
      if let torn = (try? Trace(path: directory.trace))?.torn {
        options.events(.warning("\(directory.trace): \(torn); the run goes on from its checkpoint"))
      }
      let trace = try TraceWriter(resuming: directory.trace, header: header, at: checkpoint.progress.mark)
      try restore(checkpoint)
      // A damaged newest one must not become the one that is kept while the next is written.
      if path != directory.checkpoint { try removeFile(directory.checkpoint) }
      epochLines = try Trace(path: directory.trace).epochs
      options.events(.resumed(epoch: progress.epoch, step: progress.step))
      return trace
    }
    if directory.holdsRun, !options.isOverwriting, !options.isResuming {
      throw TrainingError.runExists(path: directory.path)
    }
    for path in [
      directory.checkpoint, directory.previousCheckpoint, directory.best, directory.trace,
      directory.summary, directory.testSummary,
    ] { try removeFile(path) }
    network.initialise(seed: identity.seed)
    let trace = try TraceWriter(creating: directory.trace, header: header)
    try save(trace)
    return trace
  }

  private func save(_ trace: TraceWriter) throws {
    try trace.flush()
    try options.failpoint(.traceFlushed(epoch: progress.epoch))
    progress.mark = trace.mark
    let checkpoint = Checkpoint(header: identity.header, progress: progress, tensors: stateTensors())
    try AtomicFile.write(
      checkpoint.fileBytes, to: directory.checkpoint, keepingPrevious: directory.previousCheckpoint,
      steps: { try options.failpoint(.checkpoint(stage: $0.rawValue)) })
    lastCheckpoint = .now
    options.events(.checkpoint(epoch: progress.epoch, step: progress.step))
  }
}
