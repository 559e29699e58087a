import Kernels
import Layers
import Tensors

/// A convolution with what follows it up to the next one: [batch norm] → [+ skip] → leaky ReLU, and what it leaves for the
/// backward pass.
final class ConvolutionUnit<S: KernelScalar> {
  let description: Architecture.Unit
  let convolution: Convolution<S>
  let norm: BatchNorm<S>?
  let slope: Double
  /// Of the output and what comes before it: [capacity, h, w, filters].
  let shape: [Int]
  /// The convolution's own output: kept for the backward pass of batch norm; without one, `output` takes its place.
  let raw: GroupTensor<S>
  /// `nil` where the backward pass computes it anew.
  let output: GroupTensor<S>?
  private let pointwise: Pointwise<S>

  init(
    _ description: Architecture.Unit, convolution: Convolution<S>, norm: BatchNorm<S>?, slope: Double, capacity: Int,
    keepsOutput: Bool, kernels: KernelTable
  ) {
    self.description = description
    self.convolution = convolution
    self.norm = norm
    self.slope = slope
    let geometry = convolution.geometry
    shape = [capacity, geometry.outputHeight, geometry.outputWidth, convolution.filters]
    let first = GroupTensor<S>(Tensor(shape: shape))
    raw = first
    output = norm == nil ? first : keepsOutput ? GroupTensor(Tensor(shape: shape)) : nil
    pointwise = Pointwise(kernels: kernels)
  }

  var pixels: Int { convolution.geometry.outputPixels }
  var label: String { description.label }
  /// The layer whose output the activation is counted with.
  var lastLabel: String { norm == nil ? description.label : description.normLabel }

  /// From the convolution's output to the unit's; both may be one tensor.
  func activate(_ raw: GroupTensor<S>, adding skip: GroupTensor<S>?, into output: GroupTensor<S>, _ group: ImageGroup) {
    pointwise.forward(
      raw.of(group), normalising: norm, adding: skip?.of(group), slope: slope, into: output.of(group), images: group.images)
  }

  func collectGradient(_ dy: Tensor<S>, _ group: ImageGroup) {
    norm!.collectGradient(dy, output: output?.of(group), input: raw.of(group), slope: slope, images: group.images)
  }

  /// From dL/d(output) to dL/d(raw), and to the skip where its gradient is not the same tensor.
  func deactivate(
    _ dy: Tensor<S>, into dRaw: GroupTensor<S>, skip dSkip: Tensor<S>?, statistics: BatchNormGradient, _ group: ImageGroup
  ) {
    pointwise.backward(
      dy, output: output?.of(group), input: raw.of(group), through: norm, statistics: statistics, slope: slope,
      into: dRaw.of(group), skip: dSkip, images: group.images)
  }
}
