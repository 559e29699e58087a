import Experiments
import Files
import Layers
import Networks
import Testing
import Traces
import Training

@Suite("A run's best weights, evaluated again")
struct BestWeightsTests {
  private func weights(of run: TestRun) throws -> (BestWeights, Trace) {
    let trace = try run.trace()
    return (
      try BestWeights(run.identity(), source: run.source(), backend: run.backend, directory: run.files, trace: trace), trace
    )
  }

  @Test(
    "with the run's own statistics, validation and test are the trace's bit for bit",
    arguments: [BatchNormStatistics.running, .population], [TestRun.shallow, TestRun.deep])
  func equal(statistics: BatchNormStatistics, network: NetworkConfiguration) throws {
    var run = try TestRun(network)
    run.statistics = statistics
    run.epochs = 3
    try run.train()
    let (weights, trace) = try weights(of: run)
    #expect(weights.epoch == trace.test?.epoch)
    for set in [DataSet.validation, .test] {
      let recorded = try #require(weights.recorded(set, in: trace))
      #expect(try weights.evaluate(set, statistics: statistics) == recorded)
      // A second time: evaluating leaves nothing behind.
      #expect(try weights.evaluate(set, statistics: statistics) == recorded)
    }
    #expect(weights.recorded(.training, in: trace) == nil)
    // A trace that ends before the best epoch says nothing of it.
    let begun = try Trace(content: Array("\(TraceLine.header(trace.header).json)\n".utf8))
    #expect(weights.recorded(.validation, in: begun) == nil && weights.recorded(.test, in: begun) == nil)
  }

  @Test("the other statistics give what a run that was evaluated with them has in its trace")
  func other() throws {
    let running = try TestRun(TestRun.deep)
    var population = try running.elsewhere()
    population.statistics = .population
    try running.train()
    try population.train()
    let (weights, trace) = try weights(of: running)
    let other = try population.trace()
    // The training is the same; each is best in an epoch of its own.
    let result = try weights.evaluate(.validation, statistics: .population)
    #expect(result.loss == other.epochs[weights.epoch].validationLoss)
    #expect(result.loss != trace.epochs[weights.epoch].validationLoss)
  }

  @Test("a run with an unbalanced split is read back from its trace, and its numbers come out again")
  func unbalanced() throws {
    let run = try TestRun()
    var identity = run.identity()
    identity.settings.validationSplit = .unbalanced
    let source = try ExperimentData(run.data.dataset(), identity.settings, seed: identity.seed)
    var options = Trainer.Options(epochs: 1)
    options.checkpointInterval = .seconds(600)
    _ = try Trainer(identity, source: source, backend: run.backend, directory: run.files, options: options).run()
    let trace = try run.trace()
    #expect(trace.header.training.contains { $0.key == "validation_split" })
    #expect(!run.identity().header.training.contains { $0.key == "validation_split" })
    #expect(try RunIdentity(trace.header, path: "trace") == identity)
    let weights = try BestWeights(identity, source: source, backend: run.backend, directory: run.files, trace: trace)
    #expect(try weights.evaluate(.validation, statistics: .running) == weights.recorded(.validation, in: trace))
  }

  @Test("weights that are missing, of another run or changed are refused by name")
  func refusals() throws {
    let run = try TestRun()
    try run.train()
    let file = try SafeTensors(path: run.files.best)
    func problem(_ change: (inout SafeTensors) throws -> Void) throws -> BestWeightsError? {
      var changed = file
      try change(&changed)
      try AtomicFile.write(changed.fileBytes, to: run.files.best)
      return #expect(throws: BestWeightsError.self) { _ = try weights(of: run) }
    }
    #expect(
      try problem { $0.metadata["seed"] = "7" }
        == .otherRun(path: run.files.best, name: "seed", expected: "0", found: "7"))
    #expect(
      try problem { $0.metadata["epoch"] = nil }
        == .otherRun(path: run.files.best, name: "epoch", expected: "a number", found: nil))
    let epoch = try #require(try run.trace().test?.epoch)
    #expect(
      try problem { changed in
        let name = try #require(changed.names.first)
        let tensor = try #require(changed[name])
        var values = try #require(tensor.floats)
        values[0] = values[0].nextUp
        changed[name] = SafeTensor(shape: tensor.shape, values)
      } == .otherWeights(path: run.files.best, epoch: epoch))
    try removeFile(run.files.best)
    #expect(throws: BestWeightsError.noFile(path: run.files.best, epochs: 2)) { _ = try weights(of: run) }
  }
}
