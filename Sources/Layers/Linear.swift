import Kernels
import Tensors

/// Fully connected layer: y = x·wᵀ + b. x: [N, 1, 1, C], y: [N, 1, 1, K], weight: [K, C], bias: [K].
///
/// A convolution of a 1×1 map with a 1×1 kernel, and computed as one: the sum runs over c ascending from +0, fused.
public final class Linear<S: KernelScalar> {
  public let weight: Parameter<S>
  public let bias: Parameter<S>
  private let convolution: Convolution<S>

  private static var sizes: ConvolutionGeometry.Sizes {
    .init(height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0, dilation: 1)
  }

  public init(weight: Parameter<S>, bias: Parameter<S>, kernels: KernelTable, capacity: Int) {
    precondition(weight.shape.count == 2, "a linear layer's weight is [out, in]")
    self.weight = weight
    self.bias = bias
    guard let geometry = try? ConvolutionGeometry(Self.sizes, channels: max(weight.shape[0], weight.shape[1])) else {
      preconditionFailure("one tap on one pixel is always possible")
    }
    convolution = Convolution(
      geometry: geometry, weight: weight.reshaped([weight.shape[0], weight.shape[1], 1, 1]), bias: bias,
      kernels: kernels, capacity: capacity)
  }

  /// What `init` allocates, in bytes.
  package static func workspaceBytes(inputs: Int, outputs: Int, capacity: Int) -> Int {
    ConvolutionGeometry.workspaceBytes(sizes, channels: max(inputs, outputs))
      + Convolution<S>.workspaceBytes(sizes, channels: inputs, filters: outputs, hasBias: true, capacity: capacity)
      + ConvolutionScratch<S>.workspaceBytes(workers: 1, channels: 0, filters: 0)
  }

  public func prepare(forBackward: Bool) { convolution.prepare(forBackward: forBackward) }

  public func forward(_ x: Tensor<S>, into y: Tensor<S>, images: Range<Int>) {
    convolution.forward(x, into: y, images: images)
  }

  /// dL/dx: adds over k ascending.
  public func backwardInput(_ dy: Tensor<S>, into dx: Tensor<S>, images: Range<Int>) {
    convolution.backwardInput(dy, into: dx, images: images)
  }

  /// The group's share of dL/dw and dL/db.
  public func backwardWeight(_ x: Tensor<S>, _ dy: Tensor<S>, group: ImageGroup) {
    convolution.backwardWeight(x, dy, group: group)
  }

  public func combineGradients(imageCount: Int, accumulating: Bool) {
    convolution.combineGradients(imageCount: imageCount, accumulating: accumulating)
  }
}
