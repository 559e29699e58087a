import Kernels
import Layers

/// Average over windows: `AveragePool`.
public struct AveragePoolLayer: NetworkLayer, OperationSource {
  public enum Window: Hashable, Sendable {
    case square(side: Int, stride: Int)
    /// One mean a channel.
    case wholeMap
  }

  public let label: String
  public let window: Window

  public init(label: String, window: Window) {
    self.label = label
    self.window = window
  }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    switch window {
    case .wholeMap: return MapShape(height: 1, width: 1, channels: input.channels)
    case .square(let side, let stride):
      guard side > 0, stride > 0, input.height >= side, input.width >= side else {
        throw .impossibleGeometry("a pool of \(side) x \(side) with stride \(stride) does not fit a map of \(input)")
      }
      return MapShape(
        height: (input.height - side) / stride + 1, width: (input.width - side) / stride + 1, channels: input.channels)
    }
  }

  private func computing<S>(_ input: MapShape, _ kernels: KernelTable, of: S.Type) -> AveragePool<S> {
    switch window {
    case .square(let side, let stride): AveragePool(window: side, stride: stride, kernels: kernels)
    case .wholeMap: .global(height: input.height, width: input.width, kernels: kernels)
    }
  }

  func addForward<S>(_ x: Value, to pass: inout PassBuilder<S>) -> Value {
    guard let shape = try? outputShape(of: x.shape) else { preconditionFailure("\(label): checked before") }
    let y = pass.newOutput(label, shape)
    pass.add(
      OperationFacts(layer: label, direction: .forward, part: .pool, reads: [x], writes: [y], result: y)
    ) { memory in
      let (pool, x, y) = (computing(x.shape, memory.kernels, of: S.self), memory[x], memory[y])
      return { pool.forward(x.of($0), into: y.of($0), images: $0.images) }
    }
    return y
  }

  func addBackward<S>(input x: Value, output y: Value, to pass: inout PassBuilder<S>) {
    guard let dy = pass.takeGradient(of: y) else { return }
    let dx = pass.newGradient(of: x)
    pass.add(
      OperationFacts(layer: label, direction: .inputGradient, part: .pool, reads: [dy], writes: [dx], result: dx)
    ) { memory in
      let (pool, dy, dx) = (computing(x.shape, memory.kernels, of: S.self), memory[dy], memory[dx])
      return { pool.backward(dy.of($0), into: dx.of($0), images: $0.images) }
    }
    pass.addGradient(dx, of: x, countingAs: label)
  }
}
