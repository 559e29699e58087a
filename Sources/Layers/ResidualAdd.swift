import Kernels
import Tensors

/// Residual addition: y = x + skip. Source: He et al., arXiv:1512.03385.
///
/// The skip is also the input of the block's first convolution: its gradient is the sum of both ways, which
/// `Convolution.backwardInput(adding:)` forms.
public struct ResidualAdd<S: KernelScalar> {
  private let pointwise: Pointwise<S>

  public init(kernels: KernelTable) { pointwise = Pointwise(kernels: kernels) }

  public func forward(_ x: Tensor<S>, _ skip: Tensor<S>, into y: Tensor<S>, images: Range<Int>) {
    pointwise.forward(x, adding: skip, into: y, images: images)
  }

  /// dL/dx = dL/dskip = dy.
  public func backward(_ dy: Tensor<S>, into dx: Tensor<S>, skip dskip: Tensor<S>, images: Range<Int>) {
    pointwise.backward(dy, output: nil, into: dx, skip: dskip, images: images)
  }
}
