import GradientChecking
import Tensors

extension Tensor: CheckedTensor where S == Double {}

extension CheckSubject {
  /// A layer's output under a probe.
  ///
  /// - Parameters:
  ///   - forward: fills `output` from the variables.
  ///   - backward: fills the variables' gradients from dL/d(output).
  ///   - outputErrors: bounds on the rounding error of each output, for the values of the last `forward`.
  init(
    probing output: Tensor<Double>, _ generator: inout SeededGenerator, variables: [Variable],
    sides: [Tensor<Double>] = [], forward: @escaping () -> Void, backward: @escaping (Tensor<Double>) -> Void,
    outputErrors: @escaping () -> [Double]
  ) {
    let gradient = Tensor<Double>(shape: output.shape)
    self.init(
      probing: output, gradient: gradient, &generator, variables: variables, sides: sides, forward: forward,
      backward: { _ in backward(gradient) }, outputErrors: outputErrors)
  }
}
