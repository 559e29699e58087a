import CAllocationCounter
import Kernels
import Layers
import Randomness
import Tensors
import Testing

@testable import Networks

@Suite("Dropout")
struct DropoutTests {
  private static let configuration = NetworkConfiguration(
    blocksPerStage: 1, filters: 5, classes: 7, side: 8, normalisesProcessing: true, isResidual: true, blockDropout: 0.4,
    headDropout: 0.5)
  /// Without batch norm, and with an activation whose value is kept.
  private static let plain = NetworkConfiguration(
    blocksPerStage: 1, filters: 5, classes: 7, side: 8, activation: .elu(alpha: 1), blockDropout: 0.4)

  /// Independent-component layers: behind batch norm, before each convolution.
  private static let independent = NetworkConfiguration(
    blocksPerStage: 1, filters: 5, classes: 7, side: 8, normalisesProcessing: true, normalisesReduction: true, isResidual: true,
    normPlacement: .beforeConvolution(dropout: 0.2))

  @Test("drops element e of image n in step s by word (s 2^17 + n) 2^30 + e of its stream, and scales the rest")
  func definition() {
    let stream = RandomStream(seed: 5, name: .dropout("layer"), epoch: 3)
    let kernels = try! Backend(threads: 1).kernels(for: Double.self)
    let dropout = Dropout<Double>(rate: 0.3, key: stream.key, step: 11, kernels: kernels)
    let x = Tensor<Double>(shape: [4, 3, 3, 50]), y = Tensor<Double>(shape: x.shape)
    x.elements.update(repeating: 1)
    dropout.apply(x, into: y, images: 1..<4)
    #expect((0..<x.stride).allSatisfy { y.pointer[$0] == 0 }, "an image that was not asked for")
    var dropped = 0
    for image in 1..<4 {
      for element in 0..<x.stride {
        let word = stream.word(at: ((11 << 17) + UInt64(image)) << 30 + UInt64(element))
        let isDropped = Double(word) < 0.3 * 0x1p32
        #expect(y.at(image)[element] == (isDropped ? 0 : 1 / 0.7))
        dropped += isDropped ? 1 : 0
      }
    }
    // Of 1350 with probability 0.3: 405, standard deviation 17; six of them.
    #expect(abs(dropped - 405) < 101)
  }

  /// All values after some steps of two epochs, as bits.
  private static func trained(
    _ configuration: NetworkConfiguration, _ set: InstructionSet = .best, threads: Int, seed: UInt64 = 1, recording: Bool = false
  ) throws -> [UInt32] {
    let trainee = try Trainee<Float>(
      configuration, backend: try Backend(instructionSet: set, threads: threads), capacity: 12)
    let network = trainee.network
    for step in 0..<4 {
      let recorder = recording ? StepRecorder<Float>(kernels: network.kernels) : nil
      try network.forward(
        network.batch(count: 12, seed: UInt32(step)), mode: .training,
        randomness: .init(seed: seed, epoch: step / 2, step: step % 2), recorder: recorder)
      network.backward(recorder: recorder)
      trainee.adam.update(learningRate: 1e-2)
    }
    return network.allValues.map(\.bitPattern)
  }

  @Test(
    "gives the same bits on every instruction set and number of threads, watched or not",
    arguments: [configuration, plain, independent])
  func sameBits(configuration: NetworkConfiguration) throws {
    let expected = try Self.trained(configuration, .portable, threads: 1)
    for set in InstructionSet.available {
      for threads in [1, 2, 7] {
        #expect(try Self.trained(configuration, set, threads: threads) == expected, "\(set), \(threads)")
      }
    }
    #expect(try Self.trained(configuration, threads: 2, recording: true) == expected)
    #expect(try Self.trained(configuration, threads: 1, seed: 2) != expected, "another seed drops others")
  }

  @Test(
    "in training nothing is kept that can be computed anew; for inspection all is; the gradients are the same bits",
    arguments: [
      (configuration, "block_0_0_dropout"), (independent, "block_0_0_bn_1, joined"), (independent, "reduction_block_0_dropout_1"),
    ])
  func keptOrNot(configuration: NetworkConfiguration, anew: String) throws {
    func gradients(_ use: NetworkUse) throws -> [[UInt32]] {
      let network = try Network<Float>(configuration, backend: try Backend(threads: 1), capacity: 7, for: use)
      network.initialise(seed: 1)
      try network.forward(
        network.batch(count: 7, seed: 3), mode: .training, randomness: .init(seed: 4, epoch: 1, step: 2))
      network.backward()
      return network.parameters.map { $0.gradient.values.map(\.bitPattern) }
    }
    #expect(try gradients(.training) == gradients(.inspection))
    let plan = PlanListing(NetworkDescription(configuration), capacity: 7, workers: 1)
    #expect(plan.computedAnew.contains(anew))
  }

  @Test(
    "draws of each pass's seed, epoch and step, whatever pass the network made before",
    arguments: [
      PassRandomness(seed: 4, epoch: 2, step: 3), .init(seed: 4, epoch: 1, step: 2), .init(seed: 5, epoch: 1, step: 3),
    ])
  func drawsAnew(before: PassRandomness) throws {
    func logits(after passes: [PassRandomness]) throws -> [UInt32] {
      let network = try Network<Float>(Self.configuration, backend: try Backend(threads: 1), capacity: 7)
      network.initialise(seed: 1)
      for randomness in passes {
        try network.forward(network.batch(count: 7, seed: 3), mode: .training, randomness: randomness)
      }
      return network.logits.values.map(\.bitPattern)
    }
    let randomness = PassRandomness(seed: 4, epoch: 1, step: 3)
    let expected = try logits(after: [randomness])
    #expect(try logits(after: [before, randomness]) == expected)
    #expect(try logits(after: [before]) != expected, "these draw others")
  }

  @Test("does nothing in an evaluation, nor while population statistics are gathered", arguments: [configuration, independent])
  func evaluation(configuration: NetworkConfiguration) throws {
    var without = configuration
    without.blockDropout = 0
    without.headDropout = 0
    if configuration.normPlacement != .afterConvolution { without.normPlacement = .beforeConvolution(dropout: 0) }
    func logits(_ configuration: NetworkConfiguration, _ mode: PassMode) throws -> [UInt32] {
      let network = try Network<Float>(configuration, backend: try Backend(threads: 1), capacity: 7)
      network.initialise(seed: 1)
      try network.forward(
        network.batch(count: 7, seed: 3), mode: mode, randomness: .init(seed: 9, epoch: 1, step: 1))
      return network.logits.values.map(\.bitPattern)
    }
    for mode in [PassMode.evaluation(.running), .gatheringPopulation] {
      #expect(try logits(configuration, mode) == logits(without, mode))
    }
    #expect(try logits(configuration, .training) != logits(without, .training))
  }

  @Test("a network may begin with it: the images' gradient, for which nobody asks, is nobody's")
  func first() throws {
    let description = try NetworkDescription(
      input: MapShape(height: 1, width: 1, channels: 3),
      layers: [DropoutLayer(label: "drop", rate: 0.5), LinearLayer(name: "head", outputs: 2), SoftmaxCrossEntropyLayer()])
    var gradients: [[Double]] = []
    for use in [NetworkUse.training, .inspection] {
      let network = try Network<Double>(description, backend: try Backend(threads: 2), capacity: 7, for: use)
      network.initialise(seed: 1)
      let batch = network.batch(count: 7, seed: 0)
      try network.forward(batch, mode: .training, randomness: .init(seed: 1, epoch: 0, step: 0))
      network.backward()
      #expect((network.imageGradient != nil) == (use == .inspection))
      gradients += network.parameters.map(\.gradient.values)
    }
    #expect(gradients.count == 4 && Array(gradients[..<2]) == Array(gradients[2...]))
    #expect(gradients[0].contains { $0 != 0 })
  }

  @Test("of 1 or more, and of less than 0, is refused with the place", arguments: [1, 1.5, -0.1, .nan])
  func impossible(rate: Double) {
    let error = #expect(throws: DescriptionError.self) {
      try NetworkDescription(
        input: MapShape(height: 1, width: 1, channels: 3),
        layers: [DropoutLayer(label: "drop", rate: rate), LinearLayer(name: "head", outputs: 2), SoftmaxCrossEntropyLayer()])
    }
    #expect(error?.layer == "drop" && error?.position == 1 && error?.description.contains("dropout of") == true)
    #expect(NetworkConfiguration(blocksPerStage: 0, blockDropout: rate).problem != nil)
    var independent = Self.independent
    independent.normPlacement = .beforeConvolution(dropout: rate)
    #expect(independent.problem?.contains("dropout of") == true)
  }

  @Test("before convolutions of blocks without batch norm there is none: such a network is refused")
  func withoutNorm() {
    let nowhere = NetworkConfiguration(blocksPerStage: 1, normPlacement: .beforeConvolution(dropout: 0.1))
    #expect(nowhere.problem?.contains("batch norm before convolutions") == true)
  }

  @Test("a step allocates nothing within an epoch", .enabled(if: allocation_counter_works(), "no counting allocator here"))
  func allocatesNothing() throws {
    let trainee = try Trainee<Float>(Self.configuration, backend: try Backend(threads: 2), capacity: 12)
    let batch = trainee.network.batch(count: 12, seed: 0)
    func step(_ index: Int) throws {
      try trainee.network.forward(batch, mode: .training, randomness: .init(seed: 1, epoch: 1, step: index))
      trainee.network.backward()
      trainee.adam.update(learningRate: 1e-2)
    }
    for index in 0..<2 { try step(index) }
    allocation_counter_start()
    try step(2)
    #expect(allocation_counter_stop() == 0)
  }
}
