import CAllocationCounter
import Kernels
import Layers
import Networks
import Testing

@Suite("A training step")
struct TrainingStepTests {
  struct Place: CustomTestStringConvertible, Sendable {
    let instructionSet: InstructionSet
    let threads: Int

    var testDescription: String { "\(instructionSet.rawValue), \(threads) threads" }

    static let all = InstructionSet.available.flatMap { set in
      [1, 2, 3, 7, 16].map { Place(instructionSet: set, threads: $0) }
    }
  }

  @Test("leaves the same bits on every instruction set with any number of threads", arguments: Place.all)
  func sameBits(place: Place) throws {
    let backend = try Backend(instructionSet: place.instructionSet, threads: place.threads)
    for (configuration, expected) in zip(SmallNetworks.all, try Self.reference) {
      let trainee = try Trainee<Float>(configuration, backend: backend, capacity: 7)
      try trainee.train(steps: 3, count: 7)
      #expect(trainee.network.allValues.map(\.bitPattern) == expected)
    }
  }

  /// What the portable kernels compute on one thread.
  private static var reference: [[UInt32]] {
    get throws {
      try SmallNetworks.all.map { configuration in
        let backend = try Backend(instructionSet: .portable, threads: 1)
        let trainee = try Trainee<Float>(configuration, backend: backend, capacity: 7)
        try trainee.train(steps: 3, count: 7)
        return trainee.network.allValues.map(\.bitPattern)
      }
    }
  }

  @Test("changes every parameter and, in training mode, every buffer", arguments: SmallNetworks.all)
  func changesEverything(configuration: NetworkConfiguration) throws {
    // Of 16 pixels two are left at the end; of 8 one, which would meet the middle of each kernel alone.
    let trainee = try Trainee<Double>(
      configuration.with(classes: 7, side: 16), backend: try .init(threads: 1), capacity: 6)
    let parameters = trainee.network.parameters.map(\.value.values)
    let buffers = trainee.network.buffers.map(\.value.values)
    try trainee.train(steps: 1, count: 6)
    for (parameter, before) in zip(trainee.network.parameters, parameters) {
      // A bias that batch norm subtracts again has no gradient but rounding's.
      let isSubtracted =
        configuration.normalisesReduction && parameter.name.hasSuffix("bias")
        && parameter.name.contains("reduction") && parameter.name.contains("conv")
      if isSubtracted { continue }
      #expect(zip(parameter.value.values, before).allSatisfy { $0 != $1 }, "\(parameter.name)")
    }
    for (buffer, before) in zip(trainee.network.buffers, buffers) {
      #expect(zip(buffer.value.values, before).allSatisfy { $0 != $1 }, "\(buffer.name)")
    }
  }

  @Test("on an incomplete batch computes what a network made for that size computes", arguments: SmallNetworks.all)
  func incompleteBatch(configuration: NetworkConfiguration) throws {
    let backend = try Backend(threads: 2)
    let roomy = try Trainee<Float>(configuration, backend: backend, capacity: 8)
    let exact = try Trainee<Float>(configuration, backend: backend, capacity: 3)
    // Something to be left over in every tensor; then the same start again.
    try roomy.train(steps: 1, count: 8)
    roomy.network.initialise(seed: 1)
    for tensor in roomy.adam.state.flatMap(\.tensors) { tensor.buffer.zero() }
    roomy.adam.updates = 0

    try roomy.train(steps: 2, count: 3)
    try exact.train(steps: 2, count: 3)
    #expect(roomy.network.allValues.map(\.bitPattern) == exact.network.allValues.map(\.bitPattern))
  }

  @Test("of one network does not touch another that shares the workers", arguments: SmallNetworks.all)
  func independentNetworks(configuration: NetworkConfiguration) throws {
    let backend = try Backend(threads: 2)
    let alone = try Trainee<Float>(configuration, backend: backend, capacity: 4)
    try alone.train(steps: 2, count: 4)

    let first = try Trainee<Float>(configuration, backend: backend, capacity: 4)
    let second = try Trainee<Float>(configuration, backend: backend, capacity: 4, seed: 2)
    for index in 0..<2 {
      try first.network.forward(first.network.batch(count: 4, seed: UInt32(index)), mode: .training)
      try second.step(second.network.batch(count: 4, seed: UInt32(index + 9)))
      first.network.backward()
      first.adam.update(learningRate: 1e-2)
    }
    #expect(first.network.allValues.map(\.bitPattern) == alone.network.allValues.map(\.bitPattern))
    #expect(second.network.allValues.map(\.bitPattern) != alone.network.allValues.map(\.bitPattern))
  }

  @Test("with a single value per channel in batch norm is refused; evaluation is not")
  func singleValue() throws {
    // Three reductions leave one pixel of eight, so one image has one value there.
    let trainee = try Trainee<Float>(SmallNetworks.normalisedResidual, backend: try .init(threads: 1), capacity: 2)
    let network = trainee.network
    let two = network.batch(count: 2, seed: 0), one = two.first(1)
    #expect(throws: LayerError.singleValue(layer: "reduction_block_2_bn_1")) {
      try network.forward(one, mode: .training)
    }
    #expect(throws: LayerError.self) { try network.forward(one, mode: .gatheringPopulation) }
    #expect(try network.forward(one, mode: .evaluation(.running)).loss.isFinite)
    #expect(try network.forward(two, mode: .training).loss.isFinite)
  }

  @Test("of an impossible network is refused before anything is computed")
  func impossibleNetworks() throws {
    let backend = try Backend(threads: 1)
    for configuration in [
      NetworkConfiguration(blocksPerStage: -1), NetworkConfiguration(blocksPerStage: 0, filters: 0),
      NetworkConfiguration(blocksPerStage: 0, classes: 1), NetworkConfiguration(blocksPerStage: 0, side: 7),
      NetworkConfiguration(blocksPerStage: 0, activation: .leakyReLU(slope: -0.1)),
      NetworkConfiguration(blocksPerStage: 0, activation: .elu(alpha: 0)),
      NetworkConfiguration(blocksPerStage: 0, headDropout: 1),
    ] {
      #expect(throws: LayerError.self) { try Network<Float>(configuration, backend: backend, capacity: 1) }
    }
    #expect(throws: LayerError.self) { try Network<Float>(SmallNetworks.plain, backend: backend, capacity: 0) }
  }

  @Test(
    "allocates nothing once it is warm", .enabled(if: allocation_counter_works(), "no counting allocator here"),
    // One slot, which two threads share; four, of which they share two.
    arguments: SmallNetworks.all, [5, 18])
  func allocatesNothing(configuration: NetworkConfiguration, count: Int) throws {
    // The counter sees an allocation, or the test would prove nothing.
    allocation_counter_start()
    let probe = Array(repeating: UInt8(1), count: 1000)
    #expect(allocation_counter_stop() > 0 && probe.count == 1000)

    for threads in [1, 2] {
      let trainee = try Trainee<Float>(configuration, backend: try .init(threads: threads), capacity: count)
      let batch = trainee.network.batch(count: count, seed: 0)
      for _ in 0..<2 { try trainee.step(batch) }
      allocation_counter_start()
      try trainee.step(batch)
      #expect(allocation_counter_stop() == 0, "\(threads) threads")
    }
  }
}
