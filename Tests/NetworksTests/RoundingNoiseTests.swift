import Kernels
import Layers
import Testing

@testable import Networks

@Suite("Noise in the place of rounding")
struct RoundingNoiseTests {
  private func network(threads: Int = 1) throws -> Network<Float> {
    let configuration = NetworkConfiguration(
      blocksPerStage: 1, filters: 8, classes: 5, side: 8, normalisesProcessing: true, isResidual: true)
    let network = try Network<Float>(configuration, backend: Backend(instructionSet: .best, threads: threads), capacity: 12)
    network.initialise(seed: 3)
    return network
  }

  private func gradients(_ network: Network<Float>, _ noise: RoundingNoise<Float>?) throws -> (
    logits: [Float], gradients: [[Float]]
  ) {
    network.roundingNoise = noise
    try network.forward(network.batch(count: 12, seed: 0), mode: .training)
    let logits = network.logits.values
    network.backward()
    return (logits, network.parameters.map(\.gradient.values))
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Double {
    let squares = zip(a, b).reduce((0.0, 0.0)) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return (sum.0 + difference * difference, sum.1 + Double(pair.0) * Double(pair.0))
    }
    return (squares.0 / squares.1).squareRoot()
  }

  @Test("none without it, none at size 0, and the same for the same member whatever the threads; other members have other noise")
  func reproducible() throws {
    let one = try network(), two = try network(threads: 2)
    let plain = try gradients(one, nil)
    func noisy(_ network: Network<Float>, _ member: UInt64, _ kappa: Double = 8) throws -> [[Float]] {
      try gradients(network, RoundingNoise(kappa: kappa, member: member)).gradients
    }
    #expect(try noisy(one, 1, 0) == plain.gradients)
    let first = try noisy(one, 1)
    #expect(try first == noisy(two, 1) && first == noisy(one, 1))
    #expect(try first != noisy(one, 2) && first != plain.gradients)
    #expect(try gradients(one, nil).gradients == plain.gradients)
  }

  @Test("the linear layer's output moves by kappa roundings of its size, and more where it is asked for")
  func size() throws {
    let network = try network()
    let plain = try gradients(network, nil).logits
    for kappa in [1e3, 1e4] {
      let found = distance(plain, try gradients(network, RoundingNoise(kappa: kappa, member: 1)).logits) / 0x1p-24 / kappa
      // Its own noise and that of the layers below.
      #expect(found > 0.7 && found < 30, "\(found)")
    }
  }

  @Test("every weight's gradient has noise, and a pass after the other has other noise")
  func everywhere() throws {
    let network = try network()
    let plain = try gradients(network, nil).gradients
    let noise = RoundingNoise<Float>(kappa: 8, member: 1)
    let first = try gradients(network, noise).gradients
    for (parameter, (a, b)) in zip(network.parameters, zip(plain, first)) where parameter.shape.count > 1 {
      #expect(distance(a, b) > 4 * 0x1p-24, "\(parameter.name)")
    }
    #expect(try gradients(network, noise).gradients != first)
  }
}
