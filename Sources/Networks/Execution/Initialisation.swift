import Kernels
import Randomness

extension Network {
  /// The protocol's initial state: convolution and linear weights and all biases uniform on ±1/√fan_in (Kaiming uniform with
  /// a = √5), γ = 1, β = 0, running mean 0, running variance 1.
  ///
  /// Element i of a parameter is the i-th symmetric number of the stream `initialisation/NAME`, with the bound 1/√fan_in. This
  /// initialisation is the experiment's subject: it shrinks the signal layer by layer.
  public func initialise(seed: UInt64) {
    let specifications = description.state.filter { !$0.isBuffer }
    for (parameter, specification) in zip(parameters, specifications) {
      switch specification.kind {
      case .weight, .bias:
        let stream = RandomStream(seed: seed, name: .initialisation(parameter.name), epoch: 0)
        let bound = 1 / Double(specification.fanIn).squareRoot()
        for i in 0..<parameter.count {
          parameter.value.pointer[i] = stream.symmetric(at: UInt64(i), bound: bound)
        }
      case .gamma: parameter.value.elements.update(repeating: 1)
      case .beta: parameter.value.elements.update(repeating: 0)
      case .runningMean, .runningVariance: preconditionFailure("a buffer among the parameters")
      }
    }
    for (buffer, specification) in zip(buffers, description.state.filter(\.isBuffer)) {
      buffer.value.elements.update(repeating: specification.kind == .runningVariance ? 1 : 0)
    }
  }
}
