import Kernels
import Testing

@testable import Networks

@Suite("Where the time of a pass goes")
struct StepTimesTests {
  /// Forward and backward passes of four images with times, and how long they took in all, in nanoseconds.
  private func measure(
    _ configuration: NetworkConfiguration, threads: Int, passes: Int = 2
  ) throws -> (times: StepTimes, network: Network<Float>, wall: UInt64) {
    let trainee = try Trainee<Float>(configuration, backend: try .init(threads: threads), capacity: 4)
    let times = StepTimes(threads: threads)
    trainee.network.stepTimes = times
    let batch = trainee.network.batch(count: 4, seed: 0)
    let wall = try ContinuousClock().measure {
      for _ in 0..<passes {
        try trainee.network.forward(batch, mode: .training)
        trainee.network.backward()
      }
    }
    let (seconds, attoseconds) = wall.components
    return (times, trainee.network, UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000))
  }

  @Test("every layer shows in both directions, and no more time than all threads had", arguments: SmallNetworks.all, [1, 3])
  func accounting(configuration: NetworkConfiguration, threads: Int) throws {
    let (times, network, wall) = try measure(configuration, threads: threads)
    for layer in network.description.layers where layer is ConvolutionLayer {
      for phase in ["forward", "input_gradient"] {
        #expect(times.entries.contains { $0.layer == layer.label && $0.phase == phase && $0.nanoseconds > 0 }, "\(layer.label)")
      }
    }
    let inSteps = times.entries.reduce(0) { $0 + $1.nanoseconds }
    let inSections = StepTimes.Section.allCases.reduce(0) { $0 + times[$1] }
    #expect(StepTimes.Section.allCases.allSatisfy { times[$0] > 0 })
    #expect(inSteps > 0 && inSteps + inSections <= wall * UInt64(threads))
  }

  @Test("passes add up, and a reset forgets them")
  func addsUp() throws {
    let (times, network, _) = try measure(SmallNetworks.plain, threads: 1, passes: 1)
    let (entries, first) = (times.entries.count, times.entries.map(\.nanoseconds))
    try network.forward(network.batch(count: 4, seed: 0), mode: .training)
    #expect(times.entries.count == entries)
    let second = times.entries.map(\.nanoseconds)
    #expect(zip(second, first).allSatisfy { $0 >= $1 } && second != first)
    times.reset()
    #expect(times.entries.count == entries && times.entries.allSatisfy { $0.nanoseconds == 0 })
    #expect(StepTimes.Section.allCases.allSatisfy { times[$0] == 0 })
  }

  @Test("measuring changes no bit", arguments: SmallNetworks.all)
  func sameBits(configuration: NetworkConfiguration) throws {
    let measured = try Trainee<Float>(configuration, backend: try .init(threads: 2), capacity: 5)
    measured.network.stepTimes = StepTimes(threads: 2)
    try measured.train(steps: 2, count: 5)
    let plain = try Trainee<Float>(configuration, backend: try .init(threads: 2), capacity: 5)
    try plain.train(steps: 2, count: 5)
    #expect(measured.network.allValues.map(\.bitPattern) == plain.network.allValues.map(\.bitPattern))
  }

  // MARK: Work

  @Test("the steps of a pass do all of the network's multiply-adds once", arguments: SmallNetworks.all)
  func allWork(configuration: NetworkConfiguration) throws {
    let work = NetworkWork(configuration)
    let entries = try measure(configuration, threads: 1, passes: 1).times.entries
    func multiplyAdds(_ isForward: Bool) -> Double {
      entries.filter { ($0.phase == "forward") == isForward }.reduce(0) {
        $0 + $1.work.multiplyAdds
      }
    }
    #expect(multiplyAdds(true) == work.forwardMultiplyAdds)
    #expect(multiplyAdds(false) == work.gradientMultiplyAdds)
  }

  @Test("multiply-adds of one image are those that the shapes give by hand")
  func byHand() throws {
    // Stage 1 at 32x32: entry 3 channels, 11 of 32; stages 2 and 3 a quarter and a sixteenth of the pixels, 12 convolutions
    // with one of the stage before; the last at 4x4; 32 x 100 of the linear layer.
    let one = 1024.0 * 9 * 32 * 32
    let forward = 1024.0 * 9 * 3 * 32 + 11 * one + 12 * one / 4 + 12 * one / 16 + one / 64 + 3200
    let row = try StandardRow.named("vgg38-bn-rc-1e-2")
    let work = NetworkWork(row.configuration)
    #expect(work.forwardMultiplyAdds == forward)
    #expect(work.gradientMultiplyAdds == 2 * forward - 1024.0 * 9 * 3 * 32)
    let operations = PlanListing(NetworkDescription(row.configuration), capacity: 1, workers: 1).entries
    func entries(_ layer: String, _ direction: String, _ part: WorkPart) -> [PlanListing.Entry] {
      operations.filter {
        $0.layer == layer && $0.direction == direction && $0.operation == part.rawValue && $0.scope != "batch"
      }
    }
    #expect(entries("block_0_0_conv_0", "forward", .convolution).map(\.multiplyAdds) == [one])
    #expect(entries("block_0_0_conv_0", "input_gradient", .weightGradient).map(\.multiplyAdds) == [one])
    #expect(entries("block_0_0_conv_0", "input_gradient", .inputGradient).map(\.multiplyAdds) == [one])
    #expect(entries("block_0_0_bn_1", "forward", .pointwise).map(\.bytes) == [393_216])
    // Of 131,072 bytes each. Backward, a skip's addition: dy, y, x, dx and its own gradient; what is computed anew: dy, x and
    // dx, and before that, where a convolution reads it and not where a pool does, x and y once more.
    for (layer, pointwise, statistics) in [
      ("block_0_0_bn_1", [5], 3), ("block_0_0_bn_0", [2, 3], 2), ("reduction_block_0_bn_0", [3], 2), ("input_conv_bn_0", [4], 3),
    ] {
      #expect(entries(layer, "input_gradient", .pointwise).map(\.bytes) == pointwise.map { $0 * 131_072 }, "\(layer)")
      #expect(entries(layer, "input_gradient", .statistics).map(\.bytes) == [statistics * 131_072], "\(layer)")
    }
  }
}
