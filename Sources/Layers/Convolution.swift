import CKernels
import Kernels
import Tensors

/// 2-D convolution (cross-correlation, as the field calls it), with or without bias.
///
/// x: [N, H, W, C], y: [N, P, Q, K], weight: [K, C, R, S], bias: [K].
/// y[n,p,q,k] = (Σ over r, s, c ascending of x[n, p·stride − pad + r·dil, q·stride − pad + s·dil, c] · w[k,c,r,s]) + b[k];
/// the sum starts from +0 and every term is one fused multiply-add; padding contributes terms with x = +0.
/// Source: Dumoulin & Visin, arXiv:1603.07285, ch. 2 and 4.
public final class Convolution<S: KernelScalar> {
  public let geometry: ConvolutionGeometry
  public let channels: Int
  public let filters: Int
  public let weight: Parameter<S>
  public let bias: Parameter<S>?

  private let kernels: KernelTable
  private let packedForward: Buffer<S>
  private let packedBackward: Buffer<S>
  /// Weight gradients of each slot's images: [slot][tap][C][padded K].
  private let slotSums: Buffer<S>
  /// Bias gradients of each image: [image][K].
  private let biasSums: Buffer<Double>

  /// - Parameters:
  ///   - weight: [filters, channels, kernel height, kernel width].
  ///   - capacity: the largest number of images in a batch.
  public init(
    geometry: ConvolutionGeometry, weight: Parameter<S>, bias: Parameter<S>?, kernels: KernelTable, capacity: Int
  ) {
    precondition(
      weight.shape.count == 4 && weight.shape[2] * weight.shape[3] == geometry.taps,
      "a weight of shape \(weight.shape) for \(geometry.sizes)")
    filters = weight.shape[0]
    channels = weight.shape[1]
    precondition(bias == nil || bias?.shape == [filters], "one bias a filter")
    self.geometry = geometry
    self.weight = weight
    self.bias = bias
    self.kernels = kernels
    let slot = geometry.taps * channels * paddedCount(filters, of: S.self)
    packedForward = Buffer(count: slot)
    packedBackward = Buffer(count: geometry.taps * filters * paddedCount(channels, of: S.self))
    slotSums = Buffer(count: ImageGroup.slots(of: capacity) * slot)
    biasSums = Buffer(count: bias == nil ? 0 : capacity * filters)
  }

  /// Arranges the weights for the kernels: to be called whenever they have changed.
  public func prepare(forBackward: Bool) {
    kernels.pointee.pack_forward(weight.value.pointer, filters, channels, geometry.taps, packedForward.pointer)
    if forBackward {
      kernels.pointee.pack_backward(weight.value.pointer, filters, channels, geometry.taps, packedBackward.pointer)
    }
  }

  public func forward(_ x: Tensor<S>, into y: Tensor<S>, images: Range<Int>) {
    var call = gf_convolve(
      gather: geometry.forwardGather, channels: channels, filters: filters,
      padded_filters: paddedCount(filters, of: S.self), source: nil, weights: packedForward.pointer,
      bias: bias?.value.pointer, addend: nil, output: nil)
    for image in images {
      call.source = UnsafeRawPointer(x.at(image))
      call.output = UnsafeMutableRawPointer(y.at(image))
      kernels.pointee.convolve(&call)
    }
  }

  /// dL/dx. dy: [N, P, Q, K], dx: [N, H, W, C]. Adds over (r, s, k) ascending from +0, then `addend`, the gradient that
  /// reaches x by another way (it may be `dx` itself).
  public func backwardInput(_ dy: Tensor<S>, into dx: Tensor<S>, adding addend: Tensor<S>? = nil, images: Range<Int>) {
    var call = gf_convolve(
      gather: geometry.backwardGather, channels: filters, filters: channels,
      padded_filters: paddedCount(channels, of: S.self), source: nil, weights: packedBackward.pointer,
      bias: nil, addend: nil, output: nil)
    for image in images {
      call.source = UnsafeRawPointer(dy.at(image))
      call.output = UnsafeMutableRawPointer(dx.at(image))
      call.addend = addend.map { UnsafeRawPointer($0.at(image)) }
      kernels.pointee.convolve(&call)
    }
  }

  /// The group's share of dL/dw and dL/db: for each (r, s, c, k), fused multiply-adds over the images, then their pixels,
  /// ascending, from +0; for the bias a sum in double per image.
  public func backwardWeight(_ x: Tensor<S>, _ dy: Tensor<S>, group: ImageGroup) {
    let padded = paddedCount(filters, of: S.self)
    let sums = slotSums.pointer + group.slot * geometry.taps * channels * padded
    sums.update(repeating: 0, count: geometry.taps * channels * padded)
    var call = gf_weight_gradient(
      gather: geometry.forwardGather, channels: channels, filters: filters, padded_filters: padded, source: nil,
      gradient: nil, sums: UnsafeMutableRawPointer(sums))
    for image in group.images {
      call.source = UnsafeRawPointer(x.at(image))
      call.gradient = UnsafeRawPointer(dy.at(image))
      kernels.pointee.weight_gradient(&call)
      if bias != nil {
        kernels.pointee.channel_sums(
          dy.at(image), geometry.outputPixels, filters, biasSums.pointer + image * filters)
      }
    }
  }

  /// Adds up the slots, ascending, into the parameters' gradients, which it overwrites unless `accumulating`.
  public func combineGradients(imageCount: Int, accumulating: Bool) {
    kernels.pointee.reduce_slots(
      slotSums.pointer, ImageGroup.slots(of: imageCount), filters, channels, geometry.taps, 0,
      geometry.taps * channels, accumulating ? 1 : 0, weight.gradient.pointer)
    if let bias {
      withUnsafeTemporaryAllocation(of: Double.self, capacity: filters) { total in
        kernels.pointee.combine_sums(biasSums.pointer, imageCount, filters, total.baseAddress)
        for k in 0..<filters {
          let sum = S(total[k])
          bias.gradient.pointer[k] = accumulating ? bias.gradient.pointer[k] + sum : sum
        }
      }
    }
  }
}
