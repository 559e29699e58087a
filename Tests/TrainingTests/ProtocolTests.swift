import Files
import Kernels
import Layers
import Networks
import Synchronization
import Testing
import Traces
import Training

/// The trainer against the protocol written a second time.
@Suite("The protocol")
struct ProtocolTests {
  static let networks = [TestRun.shallow, TestRun.deep]

  @Test(
    "an epoch's metrics, gradient flow, gradient statistics and state are those of a plain loop over batches",
    arguments: networks)
  func plainLoop(network: NetworkConfiguration) throws {
    let run = try TestRun(network)
    try run.train()
    let lines = try run.trace().epochs
    let plain = try PlainTraining(run).epochs
    try #require(lines.count == plain.count)
    for (line, expected) in zip(lines, plain) {
      #expect(isNear(line.trainLoss, expected.trainLoss) && isNear(line.trainAccuracy, expected.trainAccuracy))
      // Evaluated image by image here and in batches there.
      #expect(isNear(line.validationLoss, expected.validationLoss))
      #expect(line.validationAccuracy == expected.validationAccuracy)
      // Evaluating left no mark on the state.
      #expect(line.digest.description == expected.digest)
      #expect(Set(line.gradientFlow.map(\.name)) == Set(expected.gradientFlow.keys))
      for flow in line.gradientFlow { #expect(isNear(flow.value, expected.gradientFlow[flow.name] ?? .nan), "\(flow.name)") }
      #expect(Set(line.gradientStatistics.map(\.name)) == Set(expected.statistics.keys))
      for statistics in line.gradientStatistics {
        let wanted = try #require(expected.statistics[statistics.name])
        for (value, number) in zip(statistics.values, wanted) {
          #expect(isNear(value.value, number), "\(statistics.name) \(value.name)")
        }
      }
    }
  }

  @Test("the gradient flow has a line for each layer with weights, by block and layer, in the signal's order")
  func labels() throws {
    let run = try TestRun(TestRun.deep)
    try run.train()
    let line = try #require(try run.trace().epochs.first)
    let norms: (String) -> [String] = { block in (0..<2).flatMap { ["\(block)_conv_\($0)", "\(block)_bn_\($0)"] } }
    let expected =
      ["input_conv_conv_0", "input_conv_bn_0"]
      + (0..<3).flatMap { norms("block_\($0)_0") + norms("reduction_block_\($0)") } + ["logit_linear_layer"]
    #expect(line.gradientFlow.map(\.name) == expected)
  }

  @Test("a shorter run's lines are the first lines of the longer one, bit for bit, up to its test")
  func prefix() throws {
    var long = try TestRun()
    long.epochs = 4
    var short = try long.elsewhere()
    short.epochs = 2
    try long.train()
    try short.train()
    let shortLines = try short.lines(), longLines = try long.lines()
    #expect(shortLines.count < longLines.count)
    // The test has two lines: what entered it, and what it gave.
    #expect(shortLines.dropLast(2) == longLines.prefix(shortLines.count - 2))
  }

  @Test("every training image is trained on once an epoch, and validation and test images never")
  func sampling() throws {
    let log = SourceLog()
    var run = try TestRun()
    run.threads = 3
    run.wrap = { LoggingSource($0, log) }
    try run.train()
    for epoch in 0..<run.epochs {
      #expect(log.places(.training, epoch: epoch).sorted() == Array(0..<18), "epoch \(epoch)")
    }
    // Once an epoch; the first batch, of five, also at the run's opening, before the first step and after the third.
    let evaluated = Array(0..<6) + Array(0..<6) + Array(0..<5) + Array(0..<5)
    #expect(log.places(.validation, epoch: nil).sorted() == evaluated.sorted())
    #expect(log.places(.test, epoch: nil).sorted() == Array(0..<9))
    #expect(log.places(.training, epoch: nil).isEmpty && log.augmented == [.training])
  }

  @Test("the order changes with the epoch and with the seed")
  func order() throws {
    var run = try TestRun()
    let source = try run.source()
    run.seed = 1
    let other = try run.source()
    #expect(source.trainingEpoch(0).order != source.trainingEpoch(1).order)
    #expect(source.trainingEpoch(0).order != other.trainingEpoch(0).order)
    #expect(source.trainingEpoch(0).order == source.trainingEpoch(0).order)
  }

  @Test("an epoch is a value: what it makes of an image does not depend on which others were asked for")
  func epochsAreValues() throws {
    let source = try TestRun().source()
    func images(_ epoch: TrainingEpoch) -> [Float] {
      var pixels = [Float](repeating: 7, count: 8 * 8 * 3)
      return epoch.order.flatMap { place in
        _ = pixels.withUnsafeMutableBufferPointer { epoch.load(place: place, into: $0.baseAddress!) }
        return pixels
      }
    }
    let first = source.trainingEpoch(0)
    let before = images(first)
    let second = source.trainingEpoch(1)
    #expect(images(first) == before && images(second) != before)
    #expect(images(source.trainingEpoch(0)) == before)
  }

  @Test("seeds give other runs")
  func seeds() throws {
    var run = try TestRun(), other = try TestRun()
    run.epochs = 1
    other.epochs = 1
    other.seed = 1
    try run.train()
    try other.train()
    #expect(try run.trace().epochs[0].digest != other.trace().epochs[0].digest)
  }

  @Test(
    "any number of threads and any instruction set give the same trace, digests of every layer included",
    arguments: [TestRun.shallow, TestRun.deep])
  func backends(network: NetworkConfiguration) throws {
    let first = try TestRun(network)
    try first.train()
    for (threads, set) in [2, 3].map({ ($0, InstructionSet.best) }) + InstructionSet.available.map({ (1, $0) }) {
      var run = try first.elsewhere()
      run.threads = threads
      run.instructionSet = set
      try run.train()
      #expect(try run.content() == first.content(), "\(threads) threads, \(set)")
    }
  }

  @Test("all 38 layers train too, and the plain network's gradient vanishes")
  func vgg38() throws {
    var run = try TestRun(NetworkConfiguration(blocksPerStage: 5))
    run.epochs = 1
    run.threads = 2
    try run.train()
    let flow = try run.trace().epochs[0].gradientFlow
    #expect(flow.count == 39)
    let entry = try #require(flow["input_conv_conv_0"]), head = try #require(flow["logit_linear_layer"])
    #expect(entry > 0 && entry < 1e-9 * head)
  }
}

/// What a source was asked for.
final class SourceLog: Sendable {
  struct Call {
    let set: DataSet
    let place: Int
    let epoch: Int?
  }

  private let calls = Mutex<[Call]>([])

  func add(_ call: Call) { calls.withLock { $0.append(call) } }

  func places(_ set: DataSet, epoch: Int?) -> [Int] {
    calls.withLock { $0.filter { $0.set == set && $0.epoch == epoch }.map(\.place) }
  }

  /// The sets that were asked for with augmentation.
  var augmented: Set<DataSet> { calls.withLock { Set($0.filter { $0.epoch != nil }.map(\.set)) } }
}

final class LoggingSource: BatchSource {
  private let source: any BatchSource
  private let log: SourceLog

  init(_ source: any BatchSource, _ log: SourceLog) {
    self.source = source
    self.log = log
  }

  var trainingCount: Int { source.trainingCount }
  var validationCount: Int { source.validationCount }
  var testCount: Int { source.testCount }

  func trainingEpoch(_ index: Int) -> TrainingEpoch {
    let whole = source.trainingEpoch(index)
    return TrainingEpoch(index: index, order: whole.order) { [log] place, pixels in
      log.add(.init(set: .training, place: place, epoch: index))
      return whole.load(place: place, into: pixels)
    }
  }

  func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
    log.add(.init(set: set, place: place, epoch: nil))
    return source.load(set, place: place, into: pixels)
  }
}
