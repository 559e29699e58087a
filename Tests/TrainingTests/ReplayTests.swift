import Datasets
import Experiments
import Files
import Kernels
import Networks
import Testing
import Traces
import Training

@Suite("A replay computes what the run computed")
struct ReplayTests {
  private func replay(_ run: TestRun, from checkpoint: String? = nil) throws -> Replay {
    try Replay(run.identity(), source: run.wrap(try run.source()), backend: run.backend, from: checkpoint)
  }

  /// To the step before `step`, where every state on the way must be the trace's.
  private func replay(_ run: TestRun, to step: StepPosition, from checkpoint: String? = nil) throws -> Replay {
    let replay = try replay(run, from: checkpoint)
    let digests = try run.trace().stepDigests
    let departure = try replay.advance(to: step) { place in digests[place.epoch]?[place.step] }
    #expect(departure == nil)
    return replay
  }

  @Test("every recorded step's layers have the trace's digests", arguments: [TestRun.shallow, TestRun.deep, TestRun.dropping])
  func trace(network: NetworkConfiguration) throws {
    let run = try TestRun(network)
    try run.train()
    let lines = try run.trace().layers
    #expect(lines.count == 2 * Trainer.recordedSteps)
    for line in lines {
      let replay = try replay(run, to: StepPosition(epoch: line.epoch, step: line.step))
      let parts = try replay.inspect().parts
      // The trace has digests of its own for what it takes together.
      let whole = line.entries.filter { $0.layer != "images" && $0.layer != "buffers" }
      #expect(whole.count > 20)
      var rest = parts[...]
      for entry in whole {
        let place = rest.firstIndex { $0.layer == entry.layer && $0.phase == entry.phase && $0.digest == entry.digest }
        let found = try #require(place, "\(entry) is not among the parts in its place")
        rest = parts[(found + 1)...]
      }
    }
  }

  @Test("from a checkpoint, on another backend, it lists the same parts as from the start")
  func checkpoint() throws {
    var run = try TestRun(TestRun.deep)
    run.adjust = {
      $0.checkpointInterval = .zero
      $0.failpoint = { if case .step(1, 3) = $0 { throw Killed() } }
    }
    #expect(throws: Killed.self) { try run.train() }
    let step = StepPosition(epoch: 1, step: 3)
    #expect(checkpointPosition(run.files.checkpoint, of: run.identity().header) == step)
    #expect(checkpointPosition(run.files.previousCheckpoint, of: run.identity().header) == StepPosition(epoch: 1, step: 2))
    let fromStart = try replay(run, to: step).inspect().parts
    run.threads = 3
    run.instructionSet = .portable
    #expect(try replay(run, to: step, from: run.files.previousCheckpoint).inspect().parts == fromStart)
    let later = try replay(run, from: run.files.checkpoint)
    #expect(words { try later.advance(to: StepPosition(epoch: 1, step: 1)) { _ in nil } }.contains("after epoch 1, step 1"))
  }

  @Test("a state that it saved gives every part's values, and they are the same again")
  func values() throws {
    let run = try TestRun(TestRun.deep)
    try run.train()
    let step = StepPosition(epoch: 1, step: 1), state = run.directory.path + "/state"
    let first = try replay(run, to: step)
    try AtomicFile.write(first.checkpointBytes, to: state)
    let parts = try first.inspect().parts
    for index in parts.indices {
      let (again, values) = try replay(run, from: state).inspect(part: index)
      #expect(again == parts)
      let tensor = try #require(values)
      #expect(tensor.shape == parts[index].shape && tensor.count == parts[index].shape.reduce(1, *))
      // The batch's statistics are in double; something is in every part but β's gradient at the start.
      #expect(tensor.type == (parts[index].layer.contains("batch_") ? .f64 : .f32), "\(parts[index])")
    }
    #expect(words { try replay(run, from: state).inspect(part: parts.count) }.contains("no part"))
  }

  @Test("one pixel that differs is the first part that differs, and the only element of it")
  func pixel() throws {
    var run = try TestRun(TestRun.shallow)
    try run.train()
    let step = StepPosition(epoch: 0, step: 2)
    let state = run.directory.path + "/state"
    try AtomicFile.write(replay(run, to: step).checkpointBytes, to: state)
    let whole = try replay(run, from: state).inspect(part: 0)
    run.wrap = { ChangedPixel($0) }
    let other = try replay(run, from: state).inspect(part: 0)
    let index = try #require(whole.parts.indices.first { whole.parts[$0] != other.parts[$0] })
    #expect(index == 0 && whole.parts[0].layer == "images")
    let (a, b) = (try #require(whole.values?.floats), try #require(other.values?.floats))
    #expect(zip(a, b).filter { $0 != $1 }.count == 5, "one in each of the batch's images")
    #expect(whole.parts[1].layer == "labels" && whole.parts[1] == other.parts[1])
  }

  /// Adds one to the first number of every image.
  private final class ChangedPixel: BatchSource {
    let source: ExperimentData
    init(_ source: ExperimentData) { self.source = source }
    var trainingCount: Int { source.trainingCount }
    var validationCount: Int { source.validationCount }
    var testCount: Int { source.testCount }
    func trainingEpoch(_ index: Int) -> TrainingEpoch {
      let whole = source.trainingEpoch(index)
      return TrainingEpoch(index: index, order: whole.order) { place, pixels in
        let label = whole.load(place: place, into: pixels)
        pixels[0] += 1
        return label
      }
    }
    func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
      source.load(set, place: place, into: pixels)
    }
  }

  @Test("a run that computed something else is told, with the first step that it departs after")
  func departure() throws {
    var run = try TestRun(TestRun.shallow)
    run.wrap = { ChangedPixel($0) }
    try run.train()
    let digests = try run.trace().stepDigests
    run.wrap = { $0 }
    let departure = try replay(run).advance(to: StepPosition(epoch: 0, step: 3)) { digests[$0.epoch]?[$0.step] }
    #expect(departure == StepPosition(epoch: 0, step: 0))
  }

  @Test("a step that no epoch has is refused, with those that it has")
  func noStep() throws {
    let run = try TestRun(TestRun.shallow)
    #expect(words { try replay(run).advance(to: StepPosition(epoch: 0, step: 4)) { _ in nil } }.contains("0 to 3"))
  }

  @Test("a run's identity is read back whole from its trace's first line", arguments: ExperimentRow.builtIn)
  func identity(row: ExperimentRow) throws {
    let data = Synthetic(classes: 10, side: 16, trainingPerClass: 12, testPerClass: 1)
    let dataset = data.dataset()
    let identity = RunSpecification(row: row, profile: .smoke, seed: .max, dataset: dataset, batchNormStatistics: .population)
      .identity(dataset: dataset)
    #expect(try RunIdentity(identity.header, path: "trace") == identity)
    #expect(Synthetic(name: identity.dataName) == data)
    var header = identity.header
    header.numerics += 1
    #expect(words { try RunIdentity(header, path: "trace") }.contains("numeric contract"))
    header = identity.header
    header.training.removeAll { $0.key == "flips" }
    #expect(words { try RunIdentity(header, path: "trace") }.contains("flips"))
    header = identity.header
    header.training.append(.init("dropout", JSONValue(0.5)))
    #expect(words { try RunIdentity(header, path: "trace") }.contains("dropout"))
  }

  private static let impossible: [(String, JSONValue)] = [
    ("depth", JSONValue(0)), ("depth", JSONValue(Int.min)), ("depth", JSONValue(1 << 62)), ("depth", JSONValue(9)),
    ("filters", JSONValue(1 << 40)), ("classes", JSONValue(0)), ("classes", JSONValue(1 << 62)), ("side", JSONValue(0)),
    ("side", JSONValue(1 << 61)), ("validation_per_class", JSONValue(-3)), ("validation_per_class", JSONValue(1 << 62)),
    ("leaky_slope", JSONValue(50)), ("batch_size", JSONValue(-5)), ("batch_size", JSONValue(0)), ("padding", JSONValue(-1)),
    ("batch_norm_ghost", JSONValue(0)), ("batch_norm_groups", JSONValue(3)), ("batch_norm_example_weight", JSONValue(7)),
    ("dropout_blocks", JSONValue(1.5)), ("schedule_period", JSONValue(0)),
  ]

  @Test("a header of a run that cannot be is refused, whatever number stands in it", arguments: impossible)
  func impossibleHeader(name: String, value: JSONValue) throws {
    let row = ExperimentRow(try StandardRow.named("vgg38-bn-rc-1e-2"))
    let dataset = Synthetic(classes: 10, side: 16, trainingPerClass: 12, testPerClass: 2).dataset()
    var header = RunSpecification(row: row, profile: .smoke, seed: 0, dataset: dataset).identity(dataset: dataset).header
    header.training.removeAll { $0.key == name }
    header.training.append(.init(name, value))
    #expect(throws: TrainingError.self) { try RunIdentity(header, path: "trace") }
  }

  @Test(
    "a name that no built-in set has is none",
    arguments: [
      "", "cifar-100", "synthetic-v1-c10-s16-n44", "synthetic-v0-c10-s16-n44-t10", "synthetic-v1-c10-s16-n044-t10",
      "synthetic-v1-c1-s16-n44-t10", "synthetic-v1-c10-s16-n44-t10-x",
    ])
  func noName(name: String) { #expect(Synthetic(name: name) == nil) }
}
