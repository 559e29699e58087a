import Kernels
import Layers

/// The loss, which ends a network: `SoftmaxCrossEntropy`. Its gradient is computed with it.
public struct SoftmaxCrossEntropyLayer: NetworkLayer, OperationSource {
  public init() {}

  public var label: String { "loss" }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    guard input.pixels == 1 else { throw .impossibleGeometry("the loss takes a map of 1 x 1, not \(input)") }
    return input
  }

  public func workspace<S: KernelScalar>(input: MapShape, for use: WorkspaceUse, of: S.Type) -> [Workspace] {
    [Workspace(label, bytes: SoftmaxCrossEntropy<S>.workspaceBytes(capacity: use.capacity))]
  }

  func computing<S>(_ layers: LayerStore<S>) -> SoftmaxCrossEntropy<S> {
    layers.instance(of: label) { SoftmaxCrossEntropy(kernels: layers.kernels, capacity: layers.use.capacity) }
  }

  func addForward<S>(_ logits: Value, to pass: inout PassBuilder<S>) -> Value {
    let gradient = pass.hasBackward ? pass.newGradient(of: logits) : nil
    pass.add(
      OperationFacts(
        layer: label, direction: .forward, part: .loss, reads: [logits], writes: gradient.map { [$0] } ?? [])
    ) { memory in
      let (loss, logits, gradient) = (computing(memory.layers), memory[logits], gradient.map { memory[$0] })
      let state = memory.state
      return {
        guard let labels = state.labels else { preconditionFailure("a pass without a batch") }
        loss.forward(
          logits.of($0), labels: labels, batchCount: state.imageCount, gradient: gradient?.of($0), images: $0.images)
      }
    }
    if let gradient { pass.setGradient(gradient, of: logits) }
    return logits
  }

  func addBackward<S>(input: Value, output: Value, to pass: inout PassBuilder<S>) {}
}
