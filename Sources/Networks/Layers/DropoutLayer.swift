import Kernels
import Layers
import Randomness

/// Dropout of each element in training: `Dropout`. The stream is `dropout/LABEL`.
public struct DropoutLayer: NetworkLayer, OperationSource {
  public let label: String
  public let rate: Double

  public init(label: String, rate: Double) {
    self.label = label
    self.rate = rate
  }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    guard rate >= 0, rate < 1 else { throw .impossibleDropout(rate: rate) }
    return input
  }

  /// What one pass drops by; renewed before each.
  private final class Choice<S: KernelScalar> {
    var dropout: Dropout<S>
    private let label: String
    private let rate: Double
    private let kernels: KernelTable
    private var drawn: (seed: UInt64, epoch: Int, key: UInt64)?

    init(label: String, rate: Double, kernels: KernelTable) {
      self.label = label
      self.rate = rate
      self.kernels = kernels
      dropout = Dropout(rate: 0, key: 0, step: 0, kernels: kernels)
    }

    /// Makes the key, which takes memory, once an epoch.
    func renew(_ state: PassState) {
      let place = state.randomness
      guard state.dropsOut else {
        dropout = Dropout(rate: 0, key: 0, step: 0, kernels: kernels)
        return
      }
      if drawn?.seed != place.seed || drawn?.epoch != place.epoch {
        let stream = RandomStream(seed: place.seed, name: .dropout(label), epoch: UInt64(place.epoch))
        drawn = (place.seed, place.epoch, stream.key)
      }
      dropout = Dropout(rate: rate, key: drawn?.key ?? 0, step: place.step, kernels: kernels)
    }
  }

  private func choice<S>(_ memory: PassMemory<S>) -> Choice<S> {
    let layers = memory.layers
    return layers.instance(of: label) { Choice(label: label, rate: rate, kernels: layers.kernels) }
  }

  func addForward<S>(_ x: Value, to pass: inout PassBuilder<S>) -> Value {
    guard pass.kind == .training, rate > 0 else { return x }
    pass.addOnce(OperationFacts(layer: label, direction: .forward, part: .preparation, scope: .network)) { memory in
      let (choice, state) = (choice(memory), memory.state)
      return { choice.renew(state) }
    }
    let y = pass.newOutput(label, x.shape)
    pass.add(
      OperationFacts(
        layer: label, direction: .forward, part: .pointwise, reads: [x], writes: [y],
        overwrites: [.init(written: y, read: x)], result: y)
    ) { apply($0, x, into: y) }
    let anew = OperationFacts(layer: label, direction: .inputGradient, part: .pointwise)
    pass.addRecipe(for: y, .init(facts: anew, call: { x, y in .images { apply($0, x, into: y) } }, source: x))
    return y
  }

  func addBackward<S>(input x: Value, output y: Value, to pass: inout PassBuilder<S>) {
    guard x != y, let dy = pass.takeGradient(of: y) else { return }
    let dx = pass.newGradient(of: x)
    pass.add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .pointwise, reads: [dy], writes: [dx],
        overwrites: [.init(written: dx, read: dy)], result: dx)
    ) { apply($0, dy, into: dx) }
    pass.addGradient(dx, of: x, countingAs: label)
  }

  private func apply<S>(_ memory: PassMemory<S>, _ x: Value, into y: Value) -> (ImageGroup) -> Void {
    let (choice, x, y) = (choice(memory), memory[x], memory[y])
    return { choice.dropout.apply(x.of($0), into: y.of($0), images: $0.images) }
  }
}
