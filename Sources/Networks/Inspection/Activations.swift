import Tensors

extension Network {
  /// The outputs of all activations, in the order of the signal, as the last forward pass left them: [capacity, h, w, channels],
  /// of which that pass wrote the first `count` images. Their signs tell on which side of each kink the pass was. For a network
  /// that was made for inspection: another keeps none of an evaluation, and not all of a training pass.
  public var activations: [Tensor<S>] {
    let last = lastMode.map { pass(for: $0) } ?? training
    return last.plan.activations.compactMap { last.memory[$0].ofBatch }
  }
}
