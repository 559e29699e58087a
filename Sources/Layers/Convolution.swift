import CKernels
import Kernels
import Tensors

/// 2-D convolution (cross-correlation, as the field calls it), with or without bias.
///
/// x: [N, H, W, C], y: [N, P, Q, K], weight: [K, C, R, S], bias: [K].
/// y[n,p,q,k] = (Σ over r, s, c of x[n, p·stride − pad + r·dil, q·stride − pad + s·dil, c] · w[k,c,r,s]) + b[k];
/// padding counts as x = +0. There are two ways to add up, and the geometry alone decides (`suitsWinograd`):
/// - directly: r, then s, then c ascending from +0, every term one fused multiply-add;
/// - by minimal filtering, F(4×4, 3×3): 36 products of transformed tiles of 6×6 inputs with transformed weights, each a sum
///   over c ascending from +0 of fused multiply-adds, then the inverse transform (`template/winograd_transforms.h`).
/// Sources: Dumoulin & Visin, arXiv:1603.07285, ch. 2 and 4; Lavin & Gray, arXiv:1509.09308.
public final class Convolution<S: KernelScalar> {
  public let geometry: ConvolutionGeometry
  public let channels: Int
  public let filters: Int
  public let weight: Parameter<S>
  public let bias: Parameter<S>?

  private let kernels: KernelTable
  /// Whether minimal filtering adds up, not the direct sum.
  package let isWinograd: Bool
  private let scratch: ConvolutionScratch<S>
  /// [tap][C][padded K] and [tap][K][padded C].
  private let packedForward: Buffer<S>
  private let packedBackward: Buffer<S>
  /// The same transformed, with 36 places instead of 9 taps; empty where convolution is direct.
  private let transformedForward: Buffer<S>
  private let transformedBackward: Buffer<S>
  /// Weight gradients of each slot's images: [slot][tap][C][padded K].
  private let slotSums: Buffer<S>
  /// Bias gradients of each image: [image][K].
  private let biasSums: Buffer<Double>

  /// - Parameters:
  ///   - weight: [filters, channels, kernel height, kernel width].
  ///   - capacity: the largest number of images in a batch.
  ///   - scratch: for the workers that will call; without, there is some for one.
  ///   - isDirect: adds up directly whatever the geometry: for comparison.
  public init(
    geometry: ConvolutionGeometry, weight: Parameter<S>, bias: Parameter<S>?, kernels: KernelTable, capacity: Int,
    scratch: ConvolutionScratch<S>? = nil, isDirect: Bool = false
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
    isWinograd = !isDirect && geometry.suitsWinograd(channels: channels, filters: filters)
    self.scratch =
      scratch ?? ConvolutionScratch(workers: 1, channels: isWinograd ? channels : 0, filters: isWinograd ? filters : 0)
    // Either direction: what comes in of one goes out of the other.
    precondition(
      !isWinograd
        || min(self.scratch.channels, self.scratch.filters) >= min(channels, filters)
          && max(self.scratch.channels, self.scratch.filters) >= max(channels, filters),
      "scratch memory for \(self.scratch.channels) channels, \(self.scratch.filters) filters; there are \(channels), \(filters)")
    transformedForward = Buffer(count: isWinograd ? packedForward.count * 4 : 0)
    transformedBackward = Buffer(count: isWinograd ? packedBackward.count * 4 : 0)
    slotSums = Buffer(count: ImageGroup.slots(of: capacity) * slot)
    biasSums = Buffer(count: bias == nil ? 0 : capacity * filters)
  }

  /// What `init` allocates, in bytes, besides scratch memory.
  package static func workspaceBytes(
    _ sizes: ConvolutionGeometry.Sizes, channels: Int, filters: Int, hasBias: Bool, capacity: Int
  ) -> Int {
    let taps = sizes.kernelHeight * sizes.kernelWidth
    let forward = taps * channels * paddedCount(filters, of: S.self),
      backward = taps * filters * paddedCount(channels, of: S.self)
    let arranged = (forward + backward) * (sizes.suitWinograd(channels: channels, filters: filters) ? 5 : 1)
    return (arranged + ImageGroup.slots(of: capacity) * forward) * MemoryLayout<S>.stride
      + (hasBias ? capacity * filters : 0) * MemoryLayout<Double>.stride
  }

  /// Arranges the weights for the kernels: to be called whenever they have changed.
  public func prepare(forBackward: Bool) {
    kernels.pointee.pack_forward(weight.value.pointer, filters, channels, geometry.taps, packedForward.pointer)
    if isWinograd {
      kernels.pointee.winograd_weights(packedForward.pointer, channels, filters, 0, transformedForward.pointer)
    }
    guard forBackward else { return }
    kernels.pointee.pack_backward(weight.value.pointer, filters, channels, geometry.taps, packedBackward.pointer)
    if isWinograd {
      kernels.pointee.winograd_weights(packedBackward.pointer, filters, channels, 1, transformedBackward.pointer)
    }
  }

  public func forward(_ x: Tensor<S>, into y: Tensor<S>, images: Range<Int>, worker: Int = 0) {
    if isWinograd {
      let ahead = scratch.readAhead.take(worker: worker)
      var call = gf_winograd(
        shape: shape(of: images), channels: channels, filters: filters, source: x.at(images.lowerBound),
        weights: transformedForward.pointer, bias: bias?.value.pointer, addend: nil, output: y.at(images.lowerBound),
        scratch: scratch.at(worker), ahead: ahead.baseAddress, ahead_count: ahead.count)
      kernels.pointee.winograd_convolve(&call)
      return
    }
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

  /// dL/dx. dy: [N, P, Q, K], dx: [N, H, W, C]. Directly: adds over (r, s, k) ascending from +0; by minimal filtering: as
  /// `forward` of dy with the weights turned by half a turn, the sums over k. Then `addend`, the gradient that reaches x by
  /// another way (it may be `dx` itself).
  public func backwardInput(
    _ dy: Tensor<S>, into dx: Tensor<S>, adding addend: Tensor<S>? = nil, images: Range<Int>, worker: Int = 0
  ) {
    if isWinograd {
      let ahead = scratch.readAhead.take(worker: worker)
      var call = gf_winograd(
        shape: shape(of: images), channels: filters, filters: channels, source: dy.at(images.lowerBound),
        weights: transformedBackward.pointer, bias: nil,
        addend: addend.map { UnsafeRawPointer($0.at(images.lowerBound)) }, output: dx.at(images.lowerBound),
        scratch: scratch.at(worker), ahead: ahead.baseAddress, ahead_count: ahead.count)
      kernels.pointee.winograd_convolve(&call)
      return
    }
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

  /// The group's share of dL/dw and dL/db; the groups of a slot follow one another, with no other layer's weight gradient on
  /// the same scratch memory in between. Directly: for each (r, s, c, k), fused multiply-adds over the images, then their
  /// pixels, ascending, from +0. By minimal filtering: for each of the 36 places, fused multiply-adds over the images, then
  /// their tiles, ascending, from +0; the slot's sums are transformed back in double and rounded once. For the bias a sum in
  /// double per image.
  public func backwardWeight(_ x: Tensor<S>, _ dy: Tensor<S>, group: ImageGroup) {
    let padded = paddedCount(filters, of: S.self)
    let sums = slotSums.pointer + group.slot * geometry.taps * channels * padded
    if isWinograd {
      let first = group.images.lowerBound
      var call = gf_winograd_gradient(
        shape: shape(of: group.images), channels: channels, filters: filters, source: x.at(first),
        gradient: dy.at(first), begins: group.beginsSlot ? 1 : 0, ends: group.endsSlot ? 1 : 0,
        accumulator: scratch.accumulator(group.worker), sums: sums, scratch: scratch.at(group.worker))
      kernels.pointee.winograd_weight_gradient(&call)
    } else {
      if group.beginsSlot { sums.update(repeating: 0, count: geometry.taps * channels * padded) }
      var call = gf_weight_gradient(
        gather: geometry.forwardGather, channels: channels, filters: filters, padded_filters: padded, source: nil,
        gradient: nil, sums: UnsafeMutableRawPointer(sums))
      for image in group.images {
        call.source = UnsafeRawPointer(x.at(image))
        call.gradient = UnsafeRawPointer(dy.at(image))
        kernels.pointee.weight_gradient(&call)
      }
    }
    guard bias != nil else { return }
    for image in group.images {
      kernels.pointee.channel_sums(
        dy.at(image), geometry.outputPixels, filters, biasSums.pointer + image * filters)
    }
  }

  private func shape(of images: Range<Int>) -> gf_winograd_shape {
    gf_winograd_shape(images: images.count, height: geometry.sizes.height, width: geometry.sizes.width)
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
