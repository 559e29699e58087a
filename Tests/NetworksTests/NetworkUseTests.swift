import Kernels
import Layers
import Testing

@testable import Networks

/// A network for training keeps less than one for inspection, and computes the same.
@Suite("What a network is made for")
struct NetworkUseTests {
  /// Slot by slot, and image by image.
  private static let configurations = SmallNetworks.all + SmallNetworks.all.map { $0.with(classes: $0.classes, side: 64) }

  private func network(
    _ configuration: NetworkConfiguration, _ use: NetworkUse, threads: Int
  ) throws -> Network<Float> {
    let network = try Network<Float>(configuration, backend: try .init(threads: threads), capacity: 12, for: use)
    network.initialise(seed: 1)
    return network
  }

  @Test("an evaluation that leaves nothing behind has the bits of one that keeps everything", arguments: configurations, [1, 3])
  func evaluation(configuration: NetworkConfiguration, threads: Int) throws {
    func logits(_ use: NetworkUse) throws -> [UInt32] {
      let network = try network(configuration, use, threads: threads)
      try network.forward(network.batch(count: 12, seed: 5), mode: .training)
      // Part of a slot is left over.
      try network.forward(network.batch(count: 11, seed: 6), mode: .evaluation(.running))
      return network.logits.values.map(\.bitPattern)
    }
    #expect(try logits(.training) == logits(.inspection))
  }

  @Test("training keeps no activation that it can compute anew: normalised, with no skip before it, and read in one region only")
  func keptActivations() throws {
    func kept(_ row: String, _ use: NetworkUse) throws -> [String] {
      let configuration = try StandardRow.named(row).configuration.with(classes: 3, side: 8)
      let plan = PassPlan<Float>(NetworkDescription(configuration), .training, for: use, capacity: 1)
      return plan.activations.filter { !plan.recomputed.contains($0) }.map { plan.layer(of: $0) }
    }
    let firsts = (0..<3).flatMap { stage in (0..<5).map { "block_\(stage)_\($0)_bn_0" } }
    let seconds = (0..<3).flatMap { stage in (0..<5).map { "block_\(stage)_\($0)_bn_1" } }
    // The other reductions' last outputs begin a residual block.
    let reductions = (0..<3).map { "reduction_block_\($0)_bn_0" } + ["reduction_block_2_bn_1"]
    let entry = ["input_conv_bn_0"]
    let expected: [(row: String, anew: [String])] = [
      ("vgg38", entry), ("vgg38-rc", entry), ("vgg38-bn-1e-2", entry + firsts + seconds),
      ("vgg38-bn-rc-1e-2", firsts + reductions), ("vgg38-bn-all-1e-2", try kept("vgg38-bn-all-1e-2", .inspection)),
    ]
    for (row, anew) in expected {
      let all = try kept(row, .inspection)
      #expect(all.count == 37, "\(row)")
      #expect(try kept(row, .training) == all.filter { !anew.contains($0) }, "\(row)")
    }
  }

  @Test("gradients of training are the same bits", arguments: configurations)
  func gradients(configuration: NetworkConfiguration) throws {
    func gradients(_ use: NetworkUse, threads: Int) throws -> [[UInt32]] {
      let network = try network(configuration, use, threads: threads)
      try network.forward(network.batch(count: 7, seed: 5), mode: .training)
      network.backward()
      return network.parameters.map { $0.gradient.values.map(\.bitPattern) }
    }
    #expect(try gradients(.training, threads: 2) == gradients(.inspection, threads: 1))
  }

  @Test(
    "the first layer with a number that is not finite is named, in training and evaluation",
    arguments: SmallNetworks.all, [PassMode.training, .evaluation(.running)])
  func firstNonFinite(configuration: NetworkConfiguration, mode: PassMode) throws {
    let network = try network(configuration, .training, threads: 2)
    let batch = network.batch(count: 11, seed: 5)
    try network.forward(batch, mode: mode)
    #expect(network.firstNonFiniteLayer() == nil)
    let convolutions = network.description.layers.compactMap { $0 as? ConvolutionLayer }
    for convolution in convolutions.reversed() {
      network.parameter(convolution.name + ".weight").value.pointer[0] = .nan
      let before = network.buffers.map { $0.value.values.map(\.bitPattern) }
      let result = try network.forward(batch, mode: mode)
      #expect(!result.lossSum.isFinite)
      let after = network.buffers.map { $0.value.values.map(\.bitPattern) }
      #expect(network.firstNonFiniteLayer() == convolution.label)
      #expect(network.buffers.map { $0.value.values.map(\.bitPattern) } == after, "looking changes no running average")
      if mode != .training { #expect(after == before) }
    }
    batch.images.pointer[3] = .infinity
    try network.forward(batch, mode: mode)
    #expect(network.firstNonFiniteLayer() == "the images")
  }
}
