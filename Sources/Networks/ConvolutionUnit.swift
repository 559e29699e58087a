import Kernels
import Layers
import Tensors

/// A convolution with what follows it up to the next one: [batch norm] → [+ skip] → leaky ReLU, and the tensors it
/// reads and writes.
final class ConvolutionUnit<S: KernelScalar> {
  let description: Architecture.Unit
  let convolution: Convolution<S>
  let norm: BatchNorm<S>?
  let slope: Double
  let input: Tensor<S>
  /// The convolution's own output: kept for the backward pass of batch norm; without one it is `output`.
  let raw: Tensor<S>
  let output: Tensor<S>
  /// The block's input, where it is added.
  let skip: Tensor<S>?
  private let pointwise: Pointwise<S>

  init(
    _ description: Architecture.Unit, convolution: Convolution<S>, norm: BatchNorm<S>?, slope: Double,
    input: Tensor<S>, skip: Tensor<S>?, kernels: KernelTable
  ) {
    self.description = description
    self.convolution = convolution
    self.norm = norm
    self.slope = slope
    self.input = input
    self.skip = skip
    let geometry = convolution.geometry
    let shape = [input.shape[0], geometry.outputHeight, geometry.outputWidth, convolution.filters]
    output = Tensor(shape: shape)
    raw = norm == nil ? output : Tensor(shape: shape)
    pointwise = Pointwise(kernels: kernels)
  }

  var pixels: Int { convolution.geometry.outputPixels }
  var label: String { description.label }
  /// The layer whose output the activation is counted with.
  var lastLabel: String { norm == nil ? description.label : description.normLabel }

  func convolve(_ group: ImageGroup) {
    convolution.forward(input, into: raw, images: group.images, worker: group.worker)
  }

  func collectStatistics(_ group: ImageGroup) { norm!.collectStatistics(raw, images: group.images) }

  func activate(_ group: ImageGroup) {
    pointwise.forward(raw, normalising: norm, adding: skip, slope: slope, into: output, images: group.images)
  }

  func collectGradient(_ dy: Tensor<S>, _ group: ImageGroup) {
    norm!.collectGradient(dy, output: output, input: raw, slope: slope, images: group.images)
  }

  /// From dL/d(output) to dL/d(raw), and to the skip where its gradient is not the same tensor.
  func deactivate(
    _ dy: Tensor<S>, into dRaw: Tensor<S>, skip dSkip: Tensor<S>?, statistics: BatchNormGradient, _ group: ImageGroup
  ) {
    pointwise.backward(
      dy, output: output, input: raw, through: norm, statistics: statistics, slope: slope, into: dRaw, skip: dSkip,
      images: group.images)
  }
}
