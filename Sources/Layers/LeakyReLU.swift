import Kernels
import Tensors

/// Leaky ReLU: y = x where x > 0, otherwise slope · x; by comparison and selection, so that a NaN stays one and a zero takes
/// the slope's side. Source: Maas, Hannun & Ng, ICML 2013.
public struct LeakyReLU<S: KernelScalar> {
  public let slope: Double
  private let pointwise: Pointwise<S>

  public init(slope: Double, kernels: KernelTable) {
    self.slope = slope
    pointwise = Pointwise(kernels: kernels)
  }

  public func forward(_ x: Tensor<S>, into y: Tensor<S>, images: Range<Int>) {
    pointwise.forward(x, slope: slope, into: y, images: images)
  }

  /// dL/dx from the output: for a positive slope its sign is the input's.
  public func backward(_ dy: Tensor<S>, output y: Tensor<S>, into dx: Tensor<S>, images: Range<Int>) {
    pointwise.backward(dy, output: y, slope: slope, into: dx, images: images)
  }
}
