import Foundation
import Kernels
import Optimisers
import Tensors
import Testing

@Suite("Adam")
struct AdamTests {
  /// Both corrections matter for a few thousand updates, the second one for ten times as many as the first.
  @Test(
    "an update is the published one, whatever the number of updates before it",
    arguments: [1, 2, 3, 10, 100, 999, 1_000, 1_001, 1_002, 2_000, 5_000, 10_000, 45_000, 1_000_000])
  func update(number: Int) throws {
    let constants = AdamSettings(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
    let values = [0.5, -2, 0, 1e-3, 7], gradients = [0.25, -3, 1e-9, 0, 40]
    let firsts = [0.1, -1, 0, 1e-4, -2], seconds = [0.01, 4, 0, 1e-9, 900]
    let parameter = Parameter<Double>(name: "any", shape: [values.count])
    parameter.value.assign(values)
    parameter.gradient.assign(gradients)
    let adam = Adam([parameter], constants: constants, backend: try Backend(threads: 1))
    adam.state[0].tensors[0].assign(firsts)
    adam.state[1].tensors[0].assign(seconds)
    adam.updates = number - 1
    adam.update(learningRate: 1e-2)

    #expect(adam.updates == number)
    for index in values.indices {
      let g = gradients[index], t = Double(number)
      let m = 0.9 * firsts[index] + 0.1 * g, v = 0.999 * seconds[index] + 0.001 * g * g
      let mHat = m / (1 - pow(0.9, t)), vHat = v / (1 - pow(0.999, t))
      let expected = values[index] - 1e-2 * mHat / (vHat.squareRoot() + 1e-8)
      // Rounding alone lies between the two: some ulps of the step, and β1 and 1 − β1 as binary numbers.
      #expect(abs(parameter.value.values[index] - expected) <= 1e-12 * max(1, abs(expected)), "element \(index)")
      #expect(abs(adam.state[0].tensors[0].values[index] - m) <= 1e-14 * max(1, abs(m)))
      #expect(abs(adam.state[1].tensors[0].values[index] - v) <= 1e-14 * max(1, abs(v)))
    }
  }
}
