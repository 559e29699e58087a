import Kernels
import Testing

@testable import Networks

/// Large maps go through the layers image by image, as those of CIFAR do; a recorder sees whole slots instead.
@Suite("Image by image")
struct ImageByImageTests {
  /// Maps of 80 KiB in binary32: too large for a slot at a time.
  private static func large(_ configuration: NetworkConfiguration) -> NetworkConfiguration {
    configuration.with(classes: configuration.classes, side: 64)
  }

  /// All values of a network after two steps, as bits.
  private static func trained(
    _ configuration: NetworkConfiguration, count: Int, threads: Int, recording: Bool = false
  ) throws -> [UInt32] {
    let trainee = try Trainee<Float>(configuration, backend: try .init(threads: threads), capacity: count)
    let network = trainee.network
    for step in 0..<2 {
      let recorder = recording ? StepRecorder<Float>(kernels: network.kernels) : nil
      try network.forward(network.batch(count: count, seed: UInt32(step)), mode: .training, recorder: recorder)
      network.backward(recorder: recorder)
      trainee.adam.update(learningRate: 1e-2)
    }
    return network.allValues.map(\.bitPattern)
  }

  @Test(
    "a step taken image by image has the bits of one taken slot by slot",
    arguments: SmallNetworks.all,
    // Two slots, both shared by two threads and more; four, of which two threads share two, three three, and seven all.
    [(7, 1), (7, 2), (7, 3), (18, 2), (18, 3), (18, 7)])
  func sameBits(configuration: NetworkConfiguration, sizes: (count: Int, threads: Int)) throws {
    func trained(recording: Bool) throws -> [UInt32] {
      try Self.trained(Self.large(configuration), count: sizes.count, threads: sizes.threads, recording: recording)
    }
    #expect(try trained(recording: false) == trained(recording: true))
  }

  @Test(
    "who does the images of a slot that threads share does not show in the bits",
    arguments: SmallNetworks.all, [(7, 2), (18, 2), (18, 3), (18, 7)])
  func sharedSlots(configuration: NetworkConfiguration, sizes: (count: Int, threads: Int)) throws {
    let alone = try Self.trained(configuration, count: sizes.count, threads: 1)
    for _ in 0..<5 { #expect(try Self.trained(configuration, count: sizes.count, threads: sizes.threads) == alone) }
  }

  @Test("small maps go a slot at a time, large ones image by image")
  func grouping() throws {
    func sizes(_ configuration: NetworkConfiguration) throws -> Set<Int> {
      let network = try Network<Float>(configuration, backend: try .init(threads: 1), capacity: 7)
      return Set(network.training.backward.map(\.imagesAtATime))
    }
    #expect(try sizes(SmallNetworks.plain) == [5])
    #expect(try sizes(Self.large(SmallNetworks.plain)).contains(1))
  }
}
