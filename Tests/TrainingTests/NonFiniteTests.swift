import Files
import Networks
import Testing
import Traces

@testable import Training

@Suite("What is not finite")
struct NonFiniteTests {
  /// Lets a test reach into the run that is under way.
  private final class Box { var trainer: Trainer? }

  /// A run whose step 2 has a finite loss and a gradient that overflows: activations are tiny, and the weights that they meet on
  /// their way together so large that the way back leaves binary32.
  private func overflowing() throws -> (run: TestRun, trainer: Trainer) {
    var run = try TestRun()
    let box = Box()
    run.adjust = { options in
      options.failpoint = { point in
        guard case .step(epoch: 0, step: 2) = point, let network = box.trainer?.step.network else { return }
        func set(_ name: String, _ change: (Float) -> Float) {
          let parameter = network.parameters.first { $0.name.hasSuffix(name) }!
          parameter.value.assign(parameter.value.values.map(change))
        }
        for parameter in network.parameters where parameter.name.hasSuffix("bias") {
          parameter.value.assign(parameter.value.values.map { _ in 0 })
        }
        set("input_conv.layer_dict.bn_0.weight") { _ in 1e-30 }
        set("reduction_block_1.layer_dict.conv_0.weight") { $0 * 1e25 }
        set("logit_linear_layer.weight") { $0 * 1e25 }
      }
    }
    let trainer = try run.trainer()
    box.trainer = trainer
    return (run, trainer)
  }

  @Test("a finite loss with a gradient that is not finite is refused before the update, by the parameter's name")
  func gradient() throws {
    let (run, trainer) = try overflowing()
    let error = #expect(throws: TrainingError.self) { try trainer.run() }
    guard case .nonFiniteGradient(let epoch, let step, let loss, let parameter)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(epoch == 0 && step == 2 && loss.isFinite)
    #expect(trainer.step.network.parameters.contains { $0.name == parameter })
    #expect(error?.description.contains(parameter) == true)
    // Nothing was updated, and nothing of the step is in the checkpoint.
    #expect(trainer.step.optimiser.updates == 2)
    #expect(trainer.step.network.parameters.allSatisfy { $0.value.values.allSatisfy(\.isFinite) })
    #expect(trainer.step.optimiser.state.flatMap(\.tensors).allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(try Checkpoint(path: run.files.checkpoint).progress.updates == 0)
    // What judges the run later is told; going on, nothing of it is left.
    let diverged = try #require(DivergedRun(in: run.files.path))
    #expect(diverged.metric == "gradient_flow" && diverged.epoch == 0 && diverged.step == 2 && diverged.layer == parameter)
    var whole = run
    whole.adjust = { _ in }
    try whole.resume()
    #expect(!fileExists(run.files.diverged) && DivergedRun(in: run.files.path) == nil)
    var other = try whole.elsewhere()
    other.adjust = { _ in }
    try other.train()
    #expect(try whole.content() == other.content())
  }

  @Test(
    "a number that is not finite in an evaluation ends the run with the set and the batch, NaN like infinity",
    arguments: [
      (Float.nan, DataSet.validation), (.infinity, .validation), (.nan, .test), (-.infinity, .test),
    ])
  func evaluation(pixel: Float, set: DataSet) throws {
    var run = try TestRun()
    run.wrap = { PoisonedEvaluation($0, set: set, place: 5, pixel: pixel) }
    let error = #expect(throws: TrainingError.self) { try run.train() }
    guard case .nonFiniteEvaluation(let found, let epoch, let batch, let loss, let layer)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == set && epoch == (set == .test ? 2 : 0) && batch == 1 && !loss.isFinite && layer == "the images")
    #expect(error?.description.contains("-nan") == false)
    #expect(try run.trace().epochs.count == (set == .test ? 2 : 0))
    #expect(DivergedRun(in: run.files.path)?.metric == (set == .test ? "test_loss" : "val_loss"))
  }

  @Test("the relative update: 0 where nothing changed, also of nothing; 1 where there was nothing before; else the ratio")
  func relativeUpdate() {
    #expect(GradientFlow.relative(change: 0, size: 0) == 0)
    #expect(GradientFlow.relative(change: 0, size: 4) == 0)
    #expect(GradientFlow.relative(change: 9, size: 0) == 1)
    #expect(GradientFlow.relative(change: 1, size: 4) == 0.5)
    #expect(GradientFlow.relative(change: .nan, size: 4).isNaN)
  }

  @Test("with one step an epoch every number of the trace is finite, so that a golden can be recorded")
  func oneStep() throws {
    var run = try TestRun(TestRun.deep)
    run.batchSize = 18
    try run.train()
    let trace = try run.trace()
    #expect(trace.steps[0].digests.count == 1)
    let broken = trace.epochs.flatMap(\.values).filter { !$0.value.isFinite }
    #expect(broken.isEmpty, "\(broken)")
    let bias = trace.epochs[0].gradientStatistics.first { $0.name.hasSuffix("input_conv.layer_dict.bn_0.bias") }
    #expect(bias?.update == 1)
  }
}

/// Sets every pixel of one image of a set to one value.
private final class PoisonedEvaluation: BatchSource {
  private let source: any BatchSource
  private let set: DataSet
  private let place: Int
  private let pixel: Float

  init(_ source: any BatchSource, set: DataSet, place: Int, pixel: Float) {
    (self.source, self.set, self.place, self.pixel) = (source, set, place, pixel)
  }

  var trainingCount: Int { source.trainingCount }
  var validationCount: Int { source.validationCount }
  var testCount: Int { source.testCount }
  func trainingEpoch(_ index: Int) -> TrainingEpoch { source.trainingEpoch(index) }

  func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
    let label = source.load(set, place: place, into: pixels)
    if set == self.set, place == self.place { for index in 0..<8 * 8 * 3 { pixels[index] = pixel } }
    return label
  }
}

@Suite("How large a trace may become")
struct TraceSizeTests {
  @Test("the bound is above what a run writes, and not by half as much again", arguments: [TestRun.shallow, TestRun.deep])
  func bound(network: NetworkConfiguration) throws {
    var run = try TestRun(network)
    run.batchSize = 9
    try run.train()
    let bytes = try run.content().utf8.count
    let fixed = 4096 - 700
    let bound = TraceSize.bound(run.settings, epochs: run.epochs, images: 18)
    #expect(bytes <= bound && bound - fixed <= bytes * 3 / 2, "\(bytes) bytes, bound \(bound)")
  }

  @Test("a run whose trace nothing could read is refused before it begins, with how many epochs are possible")
  func refused() throws {
    var run = try TestRun(TestRun.deep)
    run.network.blocksPerStage = 100
    let settings = run.settings
    #expect(settings.network.depth == 608)
    let problem = try #require(TraceSize.problem(settings, epochs: 400, images: 18))
    #expect(problem.contains("608 layers in 400 epochs") && problem.contains("at most"), "\(problem)")
    #expect(TraceSize.problem(settings, epochs: 20, images: 18) == nil)
    // Every run that the protocol knows is far from it.
    let deepest = TrainingSettings(
      network: NetworkConfiguration(
        blocksPerStage: 5, filters: 32, normalisesProcessing: true, normalisesReduction: true, isResidual: true),
      baseLearningRate: 1e-2)
    #expect(TraceSize.bound(deepest, epochs: 100, images: 47_500) < Trace.sizeLimit / 10)
  }
}
