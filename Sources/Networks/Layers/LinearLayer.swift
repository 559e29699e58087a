import Kernels
import Layers

/// Fully connected layer of a map of one pixel: `Linear`.
public struct LinearLayer: NetworkLayer, OperationSource {
  /// In the state dict.
  public let name: String
  public let label: String
  public let outputs: Int

  public init(name: String, outputs: Int) {
    self.name = name
    label = ParameterSpecification.label(of: name + ".weight")
    self.outputs = outputs
  }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    guard input.pixels == 1, outputs > 0 else {
      throw .impossibleGeometry("a linear layer of \(outputs) outputs takes a map of 1 x 1, not \(input)")
    }
    return MapShape(height: 1, width: 1, channels: outputs)
  }

  public func parameters(input: MapShape) -> [ParameterSpecification] {
    [
      .init(name: name + ".weight", shape: [outputs, input.channels], kind: .weight, fanIn: input.channels),
      .init(name: name + ".bias", shape: [outputs], kind: .bias, fanIn: input.channels),
    ]
  }

  public func workspace<S: KernelScalar>(input: MapShape, for use: WorkspaceUse, of: S.Type) -> [Workspace] {
    [Workspace(label, bytes: Linear<S>.workspaceBytes(inputs: input.channels, outputs: outputs, capacity: use.capacity))]
  }

  private func computing<S>(_ memory: PassMemory<S>) -> Linear<S> {
    let layers = memory.layers
    return layers.instance(of: label) {
      Linear(
        weight: layers.state[name + ".weight"], bias: layers.state[name + ".bias"], kernels: layers.kernels,
        capacity: layers.use.capacity)
    }
  }

  func addForward<S>(_ x: Value, to pass: inout PassBuilder<S>) -> Value {
    pass.addOnce(OperationFacts(layer: label, direction: .forward, part: .preparation, scope: .network)) { memory in
      let (linear, state) = (computing(memory), memory.state)
      return { linear.prepare(forBackward: state.preparesBackward) }
    }
    let y = pass.newOutput(label, MapShape(height: 1, width: 1, channels: outputs))
    pass.add(
      OperationFacts(
        layer: label, direction: .forward, part: .head, reads: [x], writes: [y], result: y,
        multiplyAdds: Double(x.shape.channels * outputs))
    ) { memory in
      let (linear, x, y) = (computing(memory), memory[x], memory[y])
      return { linear.forward(x.of($0), into: y.of($0), images: $0.images) }
    }
    return y
  }

  func addBackward<S>(input: Value, output y: Value, to pass: inout PassBuilder<S>) {
    guard let dy = pass.takeGradient(of: y) else { return }
    let x = pass.restored(input)
    let work = Double(x.shape.channels * outputs)
    pass.add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .head, scope: .slot, reads: [x, dy], multiplyAdds: work)
    ) { memory in
      let (linear, x, dy) = (computing(memory), memory[x], memory[dy])
      return { linear.backwardWeight(x.of($0), dy.of($0), group: $0) }
    }
    let dx = pass.newGradient(of: input)
    pass.add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .head, reads: [dy], writes: [dx], result: dx, multiplyAdds: work)
    ) { memory in
      let (linear, dy, dx) = (computing(memory), memory[dy], memory[dx])
      return { linear.backwardInput(dy.of($0), into: dx.of($0), images: $0.images) }
    }
    pass.addGradient(dx, of: input, countingAs: label)
    pass.addOnce(OperationFacts(layer: label, direction: .inputGradient, part: .combination, scope: .network)) { memory in
      let (linear, state) = (computing(memory), memory.state)
      return { linear.combineGradients(imageCount: state.imageCount, accumulating: state.isAccumulating) }
    }
  }
}
