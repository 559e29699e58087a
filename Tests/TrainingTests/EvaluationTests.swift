import Files
import Kernels
import Layers
import Networks
import Synchronization
import Testing
import Traces

@testable import Training

@Suite("Best epoch, test and population statistics")
struct EvaluationTests {
  @Test("of epochs with equal validation accuracy the first is the best")
  func ties() throws {
    var run = try TestRun()
    // Steps too small to change any answer.
    run.learningRate = 1e-12
    run.minimumLearningRate = 0
    run.epochs = 3
    try run.train()
    let trace = try run.trace()
    #expect(Set(trace.epochs.map(\.validationAccuracy)).count == 1)
    #expect(trace.test?.epoch == 0)
  }

  @Test("the test line is of the first epoch with the highest validation accuracy, also if it is not the first or last")
  func best() throws {
    var seen: Set<Int> = []
    for seed in 0..<UInt64(4) {
      var run = try TestRun()
      run.seed = seed
      run.network.filters = 8
      run.learningRate = 3e-2
      run.epochs = 6
      try run.train()
      let trace = try run.trace()
      let accuracies = trace.epochs.map(\.validationAccuracy)
      let expected = accuracies.firstIndex(of: accuracies.max() ?? 0)
      #expect(trace.test?.epoch == expected, "\(accuracies)")
      if let expected { seen.insert(expected) }
    }
    #expect(seen.count > 1, "these seeds do not tell one epoch from another")
  }

  @Test("the test's numbers are those of the weights in best.safetensors", arguments: [TestRun.shallow, TestRun.deep])
  func test(network: NetworkConfiguration) throws {
    var run = try TestRun(network)
    run.epochs = 3
    let outcome = try run.train()
    let test = try #require(try run.trace().test)
    #expect(outcome == .finished(test: test))
    var other = try run.elsewhere()
    other.epochs = 0
    let plain = try PlainTraining(other)
    let weights = try SafeTensors(path: run.files.best)
    try plain.network.load(weights, file: "best")
    let source = try run.source()
    let (loss, accuracy) = try plain.evaluate(.test, count: source.testCount, from: source)
    #expect(isNear(test.loss, loss) && test.accuracy == accuracy)
    #expect(weights.metadata["epoch"] == "\(test.epoch)" && weights.metadata["row"] == "tiny")
  }

  @Test("population statistics change what evaluation says, and no bit of the training")
  func populationAlone() throws {
    var run = try TestRun(TestRun.deep)
    let running = try run.elsewhere()
    run.statistics = .population
    try run.train()
    try running.train()
    for (a, b) in zip(try run.trace().epochs, try running.trace().epochs) {
      #expect(a.digest == b.digest && a.trainLoss == b.trainLoss)
      #expect(a.validationLoss != b.validationLoss)
    }
  }

  @Test(
    "the validation with population statistics is that of the report's equations 3, 4 and 6, an incomplete last batch included",
    arguments: [6, 8])
  func population(batchSize: Int) throws {
    var run = try TestRun(NetworkConfiguration(blocksPerStage: 0, filters: 4))
    run.statistics = .population
    run.epochs = 4
    run.learningRate = 3e-2
    // 18 images: three whole batches, or two and one of two images; each weighs the same.
    run.batchSize = batchSize
    try run.train()
    let line = try #require(try run.trace().epochs.last)

    // The entry's batch norm is the only one: everything before it is linear, so its input can be computed by hand.
    let plain = try PlainTraining(run)
    let source = try run.source()
    let side = run.data.side, filters = 4
    let weight = try #require(plain.network.parameters.first { $0.name.hasSuffix("input_conv.layer_dict.conv_0.weight") })
    var means: [[Double]] = [], variances: [[Double]] = []
    for batch in 0..<3 {
      var values = [[Double]](repeating: [], count: filters)
      let places = batch * batchSize..<min((batch + 1) * batchSize, 18), m = Double(places.count * side * side)
      for place in places {
        _ = source.load(.training, place: place, into: plain.batch.images.at(0))
        let image = plain.batch.images.at(0)
        for filter in 0..<filters {
          values[filter] += Self.convolve(image, side: side, weight: weight.value.values, filter: filter)
        }
      }
      means.append(values.map { $0.reduce(0, +) / m })
      variances.append(
        zip(values, means[batch]).map { values, mean in values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (m - 1) })
    }
    // As the running averages of the same network, their means over the batches must give the same validation.
    func validation(_ batches: Range<Int>) throws -> (loss: Double, accuracy: Double) {
      for buffer in plain.network.buffers {
        let all = buffer.name.hasSuffix("running_mean") ? means : variances
        buffer.value.assign(
          (0..<filters).map { filter in
            Float(batches.reduce(0) { $0 + all[$1][filter] } / Double(batches.count))
          })
      }
      return try plain.evaluate(.validation, count: source.validationCount, from: source)
    }
    let (running, _) = try plain.evaluate(.validation, count: source.validationCount, from: source)
    let (loss, accuracy) = try validation(0..<3)
    #expect(isNear(line.validationLoss, loss, 1e-6) && line.validationAccuracy == accuracy)
    #expect(!isNear(loss, running, 1e-5), "the running averages give the same: this decides nothing")
  }

  @Test(
    "the population pass takes every training image once, in canonical order and as it is, before each evaluation",
    arguments: [5, 6, 8])
  func populationImages(batchSize: Int) throws {
    let places = Mutex<[Int]>([])
    var run = try TestRun(TestRun.deep)
    run.statistics = .population
    run.batchSize = batchSize
    run.wrap = { source in
      RecordingSource(source) { set, place in
        if set == .training { places.withLock { $0.append(place) } }
      }
    }
    try run.train()
    // The validation of two epochs, and the test.
    #expect(places.withLock { $0 } == (0..<3).flatMap { _ in 0..<18 })
  }

  /// One output channel of a 3×3 convolution with zero padding, [side, side, 3] to side².
  private static func convolve(
    _ image: UnsafeMutablePointer<Float>, side: Int, weight: [Float], filter: Int
  ) -> [Double] {
    var output: [Double] = []
    for y in 0..<side {
      for x in 0..<side {
        var sum = 0.0
        for channel in 0..<3 {
          for ky in 0..<3 where (0..<side).contains(y + ky - 1) {
            for kx in 0..<3 where (0..<side).contains(x + kx - 1) {
              sum +=
                Double(weight[((filter * 3 + channel) * 3 + ky) * 3 + kx])
                * Double(image[((y + ky - 1) * side + x + kx - 1) * 3 + channel])
            }
          }
        }
        output.append(sum)
      }
    }
    return output
  }
}

@Suite("A run that cannot go on")
struct RefusalTests {
  @Test("a loss that is not finite stops the run and names epoch, step and the first layer that is not")
  func nonFinite() throws {
    var run = try TestRun()
    run.wrap = { PoisonedSource($0, epoch: 1, slot: 11, pixel: .infinity) }
    // Image 11 of an epoch's order is in its third batch of 5.
    let error = #expect(throws: TrainingError.self) { try run.train() }
    guard case .nonFiniteLoss(let epoch, let step, let loss, let layer)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(epoch == 1 && step == 2 && !loss.isFinite && layer == "the images")
    #expect(try run.trace().epochs.count == 1 && run.trace().test == nil)
    // Nothing of the bad step is in the checkpoint: with the data mended the run goes on as if it had never met it.
    var whole = try run.elsewhere()
    whole.wrap = { $0 }
    try whole.train()
    run.wrap = { $0 }
    try run.resume()
    #expect(try run.content() == whole.content())
  }

  @Test("a loss that is infinite, with no NaN anywhere, stops the run before the update")
  func infinite() throws {
    let run = try TestRun()
    let source = try run.source()
    let step = try TrainingStep(run.settings, seed: run.seed, source: source, backend: run.backend)
    step.network.initialise(seed: 0)
    // The logit of class 0 is −∞: −log softmax is +∞ for its images, and nothing is NaN.
    let bias = try #require(step.network.parameters.first { $0.name == "logit_linear_layer.bias" })
    bias.value.pointer[0] = -.infinity
    let before = step.network.parameters.map(\.value.values)
    let whole = source.trainingEpoch(0), labels = (0..<18).map { label($0, of: source) }
    let order = labels.indices.sorted { (labels[$0], $0) < (labels[$1], $1) }
    let epoch = TrainingEpoch(index: 0, order: order) { whole.load(place: $0, into: $1) }
    let error = #expect(throws: TrainingError.self) { try step.run(0, of: epoch) }
    guard case .nonFiniteLoss(0, 0, let loss, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(loss == .infinity)
    #expect(step.network.parameters.map(\.value.values) == before && step.optimiser.updates == 0)
  }

  private func label(_ place: Int, of source: any BatchSource) -> Int32 {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * 8 * 8) {
      source.load(.training, place: place, into: $0.baseAddress!)
    }
  }

  @Test("numbers too large for binary32 are traced to the layer whose output is the first to overflow")
  func overflow() throws {
    var run = try TestRun()
    run.wrap = { PoisonedSource($0, epoch: 0, slot: 0, pixel: 3e38) }
    run.network.filters = 32
    let error = words { try run.train() }
    #expect(error.contains("epoch 0, step 0"), "\(error)")
    #expect(error.contains("input_conv_conv_0"), "\(error)")
  }

  @Test("settings that no run has are refused")
  func settings() throws {
    var run = try TestRun()
    run.batchSize = 19
    #expect(words { try run.train() }.contains("a batch of 19 is larger than the training set of 18 images"))
    run.batchSize = 5
    run.epochs = 101
    #expect(words { try run.train() }.contains("101 epochs"))
    run.epochs = 0
    #expect(words { try run.train() }.contains("0 epochs"))
    run.epochs = 1
    run.learningRate = .infinity
    #expect(words { try run.train() }.contains("learning rate"))
    #expect(!fileExists(run.files.path), "a refused run left something behind")
  }

  @Test("a batch that leaves batch norm a single value is refused by the layer's name")
  func singleValue() throws {
    var run = try TestRun(TestRun.deep)
    // 18 = 17 + 1: the last batch has one image, and the last layers one pixel.
    run.batchSize = 17
    #expect(words { try run.train() }.contains("reduction_block_2_bn_1"))
  }
}

/// Tells of every image that is loaded as it is.
private final class RecordingSource: BatchSource {
  private let source: any BatchSource
  private let told: @Sendable (DataSet, Int) -> Void

  init(_ source: any BatchSource, told: @escaping @Sendable (DataSet, Int) -> Void) {
    self.source = source
    self.told = told
  }

  var trainingCount: Int { source.trainingCount }
  var validationCount: Int { source.validationCount }
  var testCount: Int { source.testCount }

  func trainingEpoch(_ index: Int) -> TrainingEpoch { source.trainingEpoch(index) }

  func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
    told(set, place)
    return source.load(set, place: place, into: pixels)
  }
}

/// Sets every pixel of one training image, in one epoch, to one value.
final class PoisonedSource: BatchSource {
  private let source: any BatchSource
  private let epoch: Int
  private let slot: Int
  private let pixel: Float

  /// - Parameter slot: the image's position in the epoch's order.
  init(_ source: any BatchSource, epoch: Int, slot: Int, pixel: Float) {
    self.source = source
    self.epoch = epoch
    self.slot = slot
    self.pixel = pixel
  }

  var trainingCount: Int { source.trainingCount }
  var validationCount: Int { source.validationCount }
  var testCount: Int { source.testCount }

  func trainingEpoch(_ index: Int) -> TrainingEpoch {
    let whole = source.trainingEpoch(index)
    let victim = index == epoch ? whole.order[slot] : -1
    return TrainingEpoch(index: index, order: whole.order) { [pixel] place, pixels in
      let label = whole.load(place: place, into: pixels)
      if place == victim { for index in 0..<8 * 8 * 3 { pixels[index] = pixel } }
      return label
    }
  }

  func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 {
    source.load(set, place: place, into: pixels)
  }
}
