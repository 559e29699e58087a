import Tensors

extension Network {
  /// The outputs of all leaky ReLUs, in the order of the signal, as the last forward pass left them: [capacity, h, w, filters],
  /// of which that pass wrote the first `count` images; an evaluation does so for inspection only. Their signs tell on which
  /// side of each kink the pass was.
  public var activations: [Tensor<S>] { units.compactMap(\.output.ofBatch) }
}
