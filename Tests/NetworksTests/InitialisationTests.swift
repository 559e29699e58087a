import Kernels
import Networks
import Randomness
import Testing

@Suite("Networks begin as the protocol says")
struct InitialisationTests {
  private static func network(seed: UInt64 = 0) throws -> Network<Float> {
    let row = try StandardRow.named("vgg38-bn-rc-1e-2")
    let network = try Network<Float>(
      row.configuration.with(classes: 100, side: 8), backend: try Backend(threads: 1), capacity: 1)
    network.initialise(seed: seed)
    return network
  }

  @Test("weights and biases fill ±1/√fan_in evenly, and never leave it")
  func bounds() throws {
    let network = try Self.network()
    for (parameter, specification) in zip(
      network.parameters, network.description.state.filter { !$0.isBuffer })
    where specification.kind == .weight || specification.kind == .bias {
      let bound = 1 / Float(specification.fanIn).squareRoot()
      let values = parameter.value.values
      let largest = values.map(abs).max() ?? 0
      #expect(largest <= bound, "\(parameter.name)")
      // The largest of n uniform values misses the bound by more than a fraction t with probability (1 − t)^n: below 1e-9
      // for t = 21/n, and every tensor here has at least 32 values.
      #expect(largest > bound * (1 - 21 / Float(values.count)), "\(parameter.name)")
      // Standard error of the mean of n uniform values on ±b: b/√(3n); six of them.
      let mean = values.reduce(0, +) / Float(values.count)
      #expect(abs(mean) < 6 * bound / (3 * Float(values.count)).squareRoot(), "\(parameter.name)")
    }
  }

  @Test("each value is bound·(2u − 1) of its own parameter's stream, rounded once")
  func streams() throws {
    let network = try Self.network(seed: 7)
    let name = "layer_dict.block_1_2.layer_dict.conv_1.weight"
    let parameter = try #require(network.parameters.first { $0.name == name })
    let stream = RandomStream(seed: 7, name: .initialisation(name))
    let bound = 1 / (32.0 * 9).squareRoot()
    for index in [0, 1, 100, 9215] {
      #expect(parameter.value.values[index] == Float(bound * (2 * stream.uniform(at: UInt64(index)) - 1)))
    }
  }

  @Test("gammas are 1, betas 0, running means 0, running variances 1, whatever was there before")
  func constants() throws {
    let network = try Self.network()
    for tensor in network.parameters.map(\.value) + network.buffers.map(\.value) {
      tensor.elements.update(repeating: 9)
    }
    network.initialise(seed: 1)
    let state = network.description.state
    for (specification, entry) in zip(state, network.state) {
      switch specification.kind {
      case .gamma, .runningVariance: #expect(entry.value.values.allSatisfy { $0 == 1 }, "\(entry.name)")
      case .beta, .runningMean: #expect(entry.value.values.allSatisfy { $0 == 0 }, "\(entry.name)")
      case .weight, .bias: #expect(entry.value.values.allSatisfy { abs($0) < 1 }, "\(entry.name)")
      }
    }
  }

  @Test("another seed gives other weights")
  func seeds() throws {
    #expect(try Self.network(seed: 0).parameters[0].value.values != Self.network(seed: 1).parameters[0].value.values)
  }
}
