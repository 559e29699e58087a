import Tensors

extension Network {
  /// The outputs of all leaky ReLUs, in the order of the signal, as the last forward pass left them: [capacity, h, w, filters],
  /// of which that pass wrote the first `count` images. Their signs tell on which side of each kink the pass was. A network
  /// that is not for inspection keeps none of an evaluation, and not all of a training pass.
  public var activations: [Tensor<S>] { units.compactMap { $0.output?.ofBatch } }
}
