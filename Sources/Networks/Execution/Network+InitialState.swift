import Kernels
import Randomness

extension Network {
  /// The initial state: weights and biases as the description's `Initialisation` says, γ = 1, β = 0, running mean 0, running
  /// variance 1.
  ///
  /// Element i of a parameter is the i-th symmetric or normal number of the stream `initialisation/NAME`. The protocol's
  /// initialisation is the experiment's subject: it shrinks the signal layer by layer.
  public func initialise(seed: UInt64) {
    let specifications = description.state.filter { !$0.isBuffer }
    for (parameter, specification) in zip(parameters, specifications) {
      switch specification.kind {
      case .weight, .bias: draw(parameter.value.elements, specification, seed: seed)
      case .gamma: parameter.value.elements.update(repeating: 1)
      case .beta: parameter.value.elements.update(repeating: 0)
      case .runningMean, .runningVariance: preconditionFailure("a buffer among the parameters")
      }
    }
    for (buffer, specification) in zip(buffers, description.state.filter(\.isBuffer)) {
      buffer.value.elements.update(repeating: specification.kind == .runningVariance ? 1 : 0)
    }
  }

  private func draw(_ elements: UnsafeMutableBufferPointer<S>, _ specification: ParameterSpecification, seed: UInt64) {
    let stream = RandomStream(seed: seed, name: .initialisation(specification.name), epoch: 0)
    let root = Double(specification.fanIn).squareRoot()
    func drawSymmetric(bound: Double) {
      for i in elements.indices { elements[i] = stream.symmetric(at: UInt64(i), bound: bound) }
    }
    if description.initialisation == .standard {
      drawSymmetric(bound: 1 / root)
      return
    }
    if specification.kind == .bias {
      elements.update(repeating: 0)
      return
    }
    let deviation = description.gain / root
    if description.initialisation == .heUniform {
      drawSymmetric(bound: 3.0.squareRoot() * deviation)
    } else {
      for i in elements.indices { elements[i] = S(deviation * stream.normal(at: UInt64(i))) }
    }
  }
}
