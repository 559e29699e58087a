import CKernels
import Kernels
import Tensors

/// The one loop between two convolutions: normalise, add the skip, activate. Batch norm, residual add and activation are
/// each a part of it; a network runs whichever of them stand in a row as one pass over memory.
public struct Pointwise<S: KernelScalar> {
  let kernels: KernelTable

  public init(kernels: KernelTable) { self.kernels = kernels }

  /// y = activation(normalise(x) + skip); `x` and `y` may be one tensor. All [N, H, W, C].
  public func forward(
    _ x: Tensor<S>, normalising norm: BatchNorm<S>? = nil, adding skip: Tensor<S>? = nil, activation: Activation = .identity,
    into y: Tensor<S>, images: Range<Int>
  ) {
    let channels = x.shape[3]
    var call = gf_pointwise_forward(
      pixels: x.stride / channels, channels: channels, input: nil, mean: nil, scale: nil,
      shift: norm?.beta.value.pointer, skip: nil, slope: activation.constant, output: nil)
    for image in images {
      call.input = UnsafeRawPointer(x.at(image))
      call.skip = skip.map { UnsafeRawPointer($0.at(image)) }
      call.output = UnsafeMutableRawPointer(y.at(image))
      if let norm {
        let place = norm.place(of: image)
        call.mean = UnsafeRawPointer(norm.mean.pointer + place)
        call.scale = UnsafeRawPointer(norm.scale.pointer + place)
      }
      activation.forward(&call, kernels)
    }
  }

  /// The gradient through `forward`: dz = dy · activation′, dx = dz through the normalisation, dskip = dz.
  ///
  /// - Parameters:
  ///   - y: what `forward` gave. `nil` for the identity, or where `x` was normalised and activated and no more, and the
  ///     activation needs the sign alone: then that is computed anew. (A slope is not below 0 then.)
  ///   - x: what `forward` took; needed where a batch's own statistics normalised, and without `y`.
  ///   - dx: may be `dy`.
  ///   - dskip: may be `dy` if that is not `dx`; `nil` where there is no skip, or where it equals `dx`.
  public func backward(
    _ dy: Tensor<S>, output y: Tensor<S>?, input x: Tensor<S>? = nil, through norm: BatchNorm<S>? = nil,
    statistics: BatchNormGradient = .fixed, activation: Activation = .identity, into dx: Tensor<S>, skip dskip: Tensor<S>? = nil,
    images: Range<Int>
  ) {
    let channels = dy.shape[3]
    let isTraining = norm != nil && statistics == .batch
    var call = gf_pointwise_backward(
      pixels: dy.stride / channels, channels: channels, output: nil, output_gradient: nil, input: nil,
      mean: nil, inverse: nil, scale: nil,
      shift: y == nil && !activation.isIdentity ? norm?.beta.value.pointer : nil, sum1: nil, sum2: nil, gamma: nil,
      slope: activation.constant, input_gradient: nil, skip_gradient: nil)
    for image in images {
      call.output = y.map { UnsafeRawPointer($0.at(image)) }
      call.output_gradient = UnsafeRawPointer(dy.at(image))
      call.input = x.map { UnsafeRawPointer($0.at(image)) }
      call.input_gradient = UnsafeMutableRawPointer(dx.at(image))
      call.skip_gradient = dskip.map { UnsafeMutableRawPointer($0.at(image)) }
      if let norm {
        let place = norm.place(of: image)
        call.mean = UnsafeRawPointer(norm.mean.pointer + place)
        call.inverse = UnsafeRawPointer(norm.inverse.pointer + place)
        call.scale = UnsafeRawPointer(norm.scale.pointer + place)
        if isTraining {
          call.sum1 = UnsafeRawPointer(norm.meanGradient.pointer + place)
          call.sum2 = UnsafeRawPointer(norm.meanProduct.pointer + place)
          if norm.groupSize > 1 { call.gamma = UnsafeRawPointer(norm.gamma.value.pointer) }
        }
      }
      activation.backward(&call, kernels)
    }
  }
}
