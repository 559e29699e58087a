import Kernels
import Layers

/// A layer that does something to each element by itself: a part of a loop with its neighbours.
protocol PointwisePart: NetworkLayer {
  func join(_ loop: inout PointwiseLoop)
}

/// Layers in a row as one loop over the elements: [batch norm] → [+ skip] → [activation]. See `Pointwise`.
struct PointwiseLoop: OperationSource {
  var norm: BatchNormLayer?
  /// The layer whose input is added.
  var skip: String?
  var activation: Activation?
  /// Under which name the output counts: without a norm, the one of the layer before.
  var label = ""

  /// Whether `part` can come next.
  func takes(_ part: any PointwisePart) -> Bool {
    switch part {
    case is BatchNormLayer: norm == nil && skip == nil && activation == nil
    case is ResidualAddLayer: skip == nil && activation == nil
    default: activation == nil
    }
  }

  mutating func add(_ part: any PointwisePart) { part.join(&self) }

  private var function: Activation { activation ?? .identity }

  // MARK: Forward

  func addForward<S>(_ x: Value, to pass: inout PassBuilder<S>) -> Value {
    norm?.addStatistics(of: x, to: &pass)
    let y = pass.newOutput(label + (activation == nil ? ", joined" : ", activated"), x.shape)
    let addend = skip.map { pass.input(of: $0) }
    let facts = OperationFacts(
      layer: label, direction: .forward, part: .pointwise, reads: [x] + (addend.map { [$0] } ?? []), writes: [y],
      overwrites: [.init(written: y, read: x)], result: y)
    pass.add(facts) { forward($0, x, adding: addend, into: y) }
    if activation != nil { pass.noteActivation(y) }
    // The convolution's output is there anyway, as batch norm needs it, and tells as much as an output whose sign alone matters.
    if norm != nil, addend == nil, function.needsSignAlone {
      let anew = OperationFacts(layer: label, direction: .inputGradient, part: .pointwise)
      pass.addRecipe(
        for: y, .init(facts: anew, call: { x, y in .images { forward($0, x, adding: nil, into: y) } }, source: x))
    }
    return y
  }

  private func forward<S>(
    _ memory: PassMemory<S>, _ x: Value, adding addend: Value?, into y: Value
  ) -> (ImageGroup) -> Void {
    let (pointwise, norm) = (Pointwise<S>(kernels: memory.kernels), norm?.computing(memory.layers))
    let (x, y, addend, activation) = (memory[x], memory[y], addend.map { memory[$0] }, function)
    return {
      pointwise.forward(
        x.of($0), normalising: norm, adding: addend?.of($0), activation: activation, into: y.of($0), images: $0.images)
    }
  }

  // MARK: Backward

  func addBackward<S>(input x: Value, output: Value, to pass: inout PassBuilder<S>) {
    guard let dy = pass.takeGradient(of: output) else { return }
    let y = !function.isIdentity && pass.isKept(output) ? output : nil
    norm?.addGradientSums(dy, output: y, input: x, activation: function, to: &pass)
    let dx = pass.newGradient(of: x)
    let source = skip.map { pass.input(of: $0) }
    // Without batch norm, the gradients of the input and of the skip are the same.
    let dSkip = norm == nil ? nil : source.map { pass.newGradient(of: $0) }
    let statistics: BatchNormGradient = norm?.hasGradient(pass.kind) == true ? .batch : .fixed
    let readsInput = norm != nil && (statistics == .batch || (!function.isIdentity && y == nil))
    pass.add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .pointwise, reads: [dy] + [y, readsInput ? x : nil].compactMap { $0 },
        writes: [dx] + (dSkip.map { [$0] } ?? []), overwrites: [.init(written: dSkip ?? dx, read: dy)], result: dx)
    ) { memory in
      let (pointwise, norm) = (Pointwise<S>(kernels: memory.kernels), norm?.computing(memory.layers))
      let (dy, y, x) = (memory[dy], y.map { memory[$0] }, readsInput ? memory[x] : nil)
      let (dx, dSkip, activation) = (memory[dx], dSkip.map { memory[$0] }, function)
      return {
        pointwise.backward(
          dy.of($0), output: y?.of($0), input: x?.of($0), through: norm, statistics: statistics, activation: activation,
          into: dx.of($0), skip: dSkip?.of($0), images: $0.images)
      }
    }
    pass.addGradient(dx, of: x, countingAs: label)
    if let source { pass.addGradient(dSkip ?? dx, of: source, countingAs: label) }
  }
}
