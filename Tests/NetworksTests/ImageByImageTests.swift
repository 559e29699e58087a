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

  @Test("a step taken image by image has the bits of one taken slot by slot", arguments: SmallNetworks.all, [1, 2, 3])
  func sameBits(configuration: NetworkConfiguration, threads: Int) throws {
    // A whole slot and a part of one.
    let count = 7
    func trained(recording: Bool) throws -> [UInt32] {
      let trainee = try Trainee<Float>(Self.large(configuration), backend: try .init(threads: threads), capacity: count)
      let network = trainee.network
      for step in 0..<2 {
        network.fillBatch(count: count, seed: UInt32(step))
        let recorder = recording ? StepRecorder<Float>(kernels: network.kernels) : nil
        try network.forward(count: count, mode: .training, recorder: recorder)
        network.backward(recorder: recorder)
        trainee.adam.update(learningRate: 1e-2)
      }
      return network.allValues.map(\.bitPattern)
    }
    #expect(try trained(recording: false) == trained(recording: true))
  }

  @Test("small maps go a slot at a time, large ones image by image")
  func grouping() throws {
    func sizes(_ configuration: NetworkConfiguration) throws -> Set<Int> {
      let network = try Network<Float>(configuration, backend: try .init(threads: 1), capacity: 7)
      return Set(network.backwardTraining.map(\.imagesAtATime))
    }
    #expect(try sizes(SmallNetworks.plain) == [5])
    #expect(try sizes(Self.large(SmallNetworks.plain)).contains(1))
  }
}
