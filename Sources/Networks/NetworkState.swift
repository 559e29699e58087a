import Kernels
import Layers
import Tensors

/// A network's parameters and buffers by name, in the order in which the signal meets them.
struct NetworkState<S: KernelScalar> {
  let parameters: [Parameter<S>]
  let buffers: [StateBuffer<S>]
  private let parametersByName: [String: Parameter<S>]
  private let buffersByName: [String: StateBuffer<S>]

  init(_ description: NetworkDescription) {
    let specifications = description.state
    parameters = specifications.compactMap { specification in
      specification.kind.ofParameter.map { Parameter(name: specification.name, kind: $0, shape: specification.shape) }
    }
    buffers = specifications.filter(\.isBuffer).map { StateBuffer(name: $0.name, shape: $0.shape) }
    parametersByName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    buffersByName = Dictionary(uniqueKeysWithValues: buffers.map { ($0.name, $0) })
  }

  subscript(name: String) -> Parameter<S> {
    guard let parameter = parametersByName[name] else { preconditionFailure("no parameter \(name)") }
    return parameter
  }

  subscript(buffer name: String) -> StateBuffer<S> {
    guard let buffer = buffersByName[name] else { preconditionFailure("no buffer \(name)") }
    return buffer
  }
}
