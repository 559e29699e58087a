import CKernels
import Kernels
import Tensors

/// Dropout. In training each element is set to zero with probability `rate`, and otherwise multiplied by 1 / (1 − rate). In
/// evaluation nothing happens. Element e of image n in step s is dropped if word (s · 2¹⁷ + n) · 2³⁰ + e of the stream is below
/// rate · 2³², rounded. So the mask depends only on the stream's key, the step, the image's place in the batch and the element.
/// The gradient gets the same mask and the same factor.
/// Source: Srivastava et al., JMLR 15 (2014).
public struct Dropout<S: KernelScalar> {
  public let rate: Double
  /// Key of the stream for this layer and epoch.
  public let key: UInt64
  public let step: Int
  private let kernels: KernelTable

  /// What the numbers of a stream's words are made of.
  package static var mostSteps: Int { 1 << 17 }
  package static var mostImages: Int { 1 << 17 }
  package static var mostElements: Int { 1 << 30 }

  public init(rate: Double, key: UInt64, step: Int, kernels: KernelTable) {
    precondition(rate >= 0 && rate < 1, "a dropout of \(rate)")
    precondition((0..<Self.mostSteps).contains(step), "dropout in step \(step) of an epoch")
    self.rate = rate
    self.key = key
    self.step = step
    self.kernels = kernels
  }

  /// Outputs from inputs, or input gradients from output gradients; `x` and `y` may be one tensor.
  public func apply(_ x: Tensor<S>, into y: Tensor<S>, images: Range<Int>) {
    precondition(
      images.upperBound <= Self.mostImages && x.stride <= Self.mostElements, "dropout of \(x.stride) elements, image \(images)")
    for image in images {
      var call = gf_dropout(
        count: x.stride, key: key, first: (UInt64(step) << 17 | UInt64(image)) << 30,
        threshold: UInt32((rate * 0x1p32).rounded()),
        scale: 1 / (1 - rate), input: x.at(image), output: y.at(image))
      kernels.pointee.dropout(&call)
    }
  }
}
