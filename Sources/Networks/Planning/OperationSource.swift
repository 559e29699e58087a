import Kernels
import Layers

/// What puts operations into a pass: a layer, or several in a row that are one loop over the elements.
protocol OperationSource {
  /// Returns the output.
  func addForward<S>(_ input: Value, to pass: inout PassBuilder<S>) -> Value
  /// Computes the gradients of the input and of the parameters from that of the output.
  func addBackward<S>(input: Value, output: Value, to pass: inout PassBuilder<S>)
}

/// A source in its place between the others.
struct PassNode {
  let source: any OperationSource
  /// The layers that it stands for.
  let labels: [String]
  /// Under which name its last operation counts.
  let countsAs: String
  /// Whether the next node's output counts as this one's: an activation has no name of its own.
  var countsWithNext = false

  /// The nodes of a list of layers: what normalises, adds or activates elements joins what stands before it in one loop.
  static func all(of network: NetworkDescription) -> [PassNode] {
    var nodes: [PassNode] = []
    var loop: (source: PointwiseLoop, labels: [String])?
    func close() {
      guard let open = loop else { return }
      let label = open.source.norm?.label ?? nodes.last?.countsAs ?? open.labels[0]
      var source = open.source
      source.label = label
      if open.source.norm == nil, !nodes.isEmpty { nodes[nodes.count - 1].countsWithNext = true }
      nodes.append(PassNode(source: source, labels: open.labels, countsAs: label))
      loop = nil
    }
    let sources = network.skipSources
    for layer in network.layers {
      // What a skip adds must be there as a whole.
      if sources.contains(layer.label) { close() }
      if let part = layer as? any PointwisePart {
        if loop.map({ !$0.source.takes(part) }) ?? true {
          close()
          loop = (PointwiseLoop(), [])
        }
        loop?.source.add(part)
        loop?.labels.append(layer.label)
      } else if let source = layer as? any OperationSource {
        close()
        nodes.append(PassNode(source: source, labels: [layer.label], countsAs: layer.label))
      } else {
        preconditionFailure("\(layer.label) is neither an operation nor a part of a loop")
      }
    }
    close()
    return nodes
  }
}
