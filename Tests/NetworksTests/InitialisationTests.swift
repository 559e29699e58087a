import Kernels
import Layers
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

  private static func he(_ kind: Initialisation, _ activation: Activation, seed: UInt64 = 3) throws -> Network<Double> {
    let configuration = NetworkConfiguration(
      blocksPerStage: 1, classes: 100, side: 8, normalisesReduction: true, activation: activation, initialisation: kind)
    let network = try Network<Double>(configuration, backend: try Backend(threads: 1), capacity: 1)
    for tensor in network.parameters.map(\.value) { tensor.elements.update(repeating: 9) }
    network.initialise(seed: seed)
    return network
  }

  @Test(
    "He's: weights have the standard deviation gain/√fan_in, biases and betas are 0, gammas 1",
    arguments: [Initialisation.heNormal, .heUniform], [Activation.leakyReLU(slope: 0.01), .leakyReLU(slope: 0.5), .elu(alpha: 1)])
  func he(kind: Initialisation, activation: Activation) throws {
    let network = try Self.he(kind, activation)
    for (parameter, specification) in zip(network.parameters, network.description.state.filter { !$0.isBuffer }) {
      let values = parameter.value.values
      guard specification.kind == .weight else {
        #expect(values.allSatisfy { $0 == (specification.kind == .gamma ? 1 : 0) }, "\(parameter.name)")
        continue
      }
      let deviation = activation.gain / Double(specification.fanIn).squareRoot(), n = Double(values.count)
      let mean = values.reduce(0, +) / n, variance = values.reduce(0) { $0 + $1 * $1 } / n
      // Standard errors: of the mean σ/√n, of the variance at most σ²·√(2/n), a normal number's; six of each.
      #expect(abs(mean) < 6 * deviation / n.squareRoot(), "\(parameter.name)")
      #expect(abs(variance / (deviation * deviation) - 1) < 6 * (2 / n).squareRoot(), "\(parameter.name)")
      // What tells the two apart: a uniform number ends at √3 σ; of n normal ones 8 % lie beyond.
      let beyond = values.count { abs($0) > 3.0.squareRoot() * deviation * (1 + 1e-12) }
      #expect(kind == .heUniform ? beyond == 0 : beyond > 0, "\(parameter.name)")
    }
  }

  @Test("He's: each value is of its own parameter's stream, computed in the contract's order")
  func heStreams() throws {
    let name = "layer_dict.block_1_0.layer_dict.conv_1.weight", root = 288.0.squareRoot()
    let gain = (2 / (1 + 0.2 * 0.2)).squareRoot(), stream = RandomStream(seed: 3, name: .initialisation(name))
    for kind in [Initialisation.heNormal, .heUniform] {
      let network = try Self.he(kind, .leakyReLU(slope: 0.2))
      let parameter = try #require(network.parameters.first { $0.name == name })
      for index in [0, 1, 100, 9215] {
        let number = UInt64(index), deviation = gain / root
        let expected =
          kind == .heNormal
          ? deviation * stream.normal(at: number) : 3.0.squareRoot() * deviation * (2 * stream.uniform(at: number) - 1)
        #expect(parameter.value.values[index] == expected)
      }
    }
  }

  @Test(
    "an activation's gain is 1/√E[f(z)²] for a normal z",
    arguments: [Activation.leakyReLU(slope: 0.01), .elu(alpha: 0.7), .identity])
  func gain(activation: Activation) {
    func f(_ z: Double) -> Double {
      switch activation {
      case .leakyReLU(let slope): z > 0 ? z : slope * z
      case .elu(let alpha): z > 0 ? z : alpha * (Elementary.exp(z) - 1)
      }
    }
    // Simpson's rule on ±12 with a node at the kink: off by h⁴ of a fourth derivative, below 1e-10 for h = 1/256.
    let h = 1.0 / 256, half = 12 * 256
    var sum = 0.0
    for index in -half...half {
      let z = Double(index) * h, weight = abs(index) == half ? 1.0 : index % 2 == 0 ? 2 : 4
      sum += weight * f(z) * f(z) * Elementary.exp(-z * z / 2)
    }
    let second = sum * h / 3 / (2 * Double.pi).squareRoot()
    #expect(abs(activation.gain - 1 / second.squareRoot()) < 1e-8)
  }

  @Test("with He's, the signal of the deep plain network keeps its size; with the protocol's it is gone")
  func signal() throws {
    func logits(_ row: String) throws -> Double {
      let network = try Network<Float>(
        try StandardRow.named(row).configuration.with(classes: 10, side: 16), backend: try Backend(threads: 2), capacity: 8)
      network.initialise(seed: 0)
      // What one image differs from another by: biases alone give every image the same.
      try network.forward(network.batch(count: 8, seed: 1), mode: .training)
      let values = network.logits.values.map(Double.init)
      let spread = (0..<10).map { c in (0..<8).map { abs(values[10 * $0 + c] - values[c]) }.max() ?? 0 }
      return spread.max() ?? 0
    }
    #expect(try logits("vgg38") < 1e-6)
    #expect(try logits("vgg38-he-1e-3") > 1e-4)
  }

  @Test("another seed gives other weights")
  func seeds() throws {
    #expect(try Self.network(seed: 0).parameters[0].value.values != Self.network(seed: 1).parameters[0].value.values)
  }
}
