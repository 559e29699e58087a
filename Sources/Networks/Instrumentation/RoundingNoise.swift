import CKernels
import Kernels
import Layers
import Randomness
import Tensors

/// Noise as another arithmetic makes it: what every convolution and the linear layer put out, forward and backward, gets
/// y += κ·2⁻²⁴·rms(y)·N(0, 1), the root mean square taken over a channel of a slot, of a weight gradient over an output channel.
///
/// It is added, not multiplied: only so does it carry values across zero, where an activation has its kink. An engine's own
/// rounding is about κ = 1 or less (`docs/verdicts.md`). Training never has it: recorders of goldens make ensembles with it.
///
/// Sendable, as workers only read, each writing the values that it has in hand; `beginPass` and `begin` are called between two
/// pieces of parallel work.
public final class RoundingNoise<S: KernelScalar>: PassObserver, @unchecked Sendable {
  public let kappa: Double
  /// Of an ensemble.
  public let member: UInt64
  private let loops: NoiseLoops
  /// Passes so far: each has noise of its own.
  private var pass: UInt64 = 0
  private var streams: [ObjectIdentifier: [RandomStream?]] = [:]

  /// - Precondition: S is Float, in which training computes.
  public init(kappa: Double, member: UInt64) {
    precondition(S.self == Float.self, "noise in the place of the rounding of \(S.self)")
    self.kappa = kappa
    self.member = member
    loops = NoiseLoops(kappa: kappa)
  }

  func beginPass() { pass += 1 }

  private func stream(_ label: String, _ phase: String) -> RandomStream {
    RandomStream(seed: member, name: .rounding(label, phase), epoch: pass)
  }

  func begin(_ region: Region<S>, imageCount: Int) {
    streams[ObjectIdentifier(region)] = region.operations.map { operation in
      switch operation.facts.part {
      case .convolution, .inputGradient, .head:
        operation.written == nil ? nil : stream(operation.facts.layer, operation.facts.direction.rawValue)
      default: nil
      }
    }
  }

  func record(_ operation: BoundOperation<S>, index: Int, of region: Region<S>, group: ImageGroup) {
    guard let written = operation.written, let stream = streams[ObjectIdentifier(region)]?[index],
      let tensor = written.of(group) as? Tensor<Float>
    else { return }
    loops.perturb(tensor, images: group.images, channels: written.shape[written.shape.count - 1], stream)
  }

  /// To be called when the gradients of all parameters are there.
  func perturb(_ parameters: [Parameter<S>]) {
    for parameter in parameters where parameter.shape.count > 1 {
      guard let gradient = parameter.gradient as? Tensor<Float> else { continue }
      loops.perturb(filtersOf: gradient, stream(parameter.name, "weight_gradient"))
    }
  }
}

/// The loops over elements.
private struct NoiseLoops {
  private let kappa: Double

  /// Normal numbers by sixteen bits of randomness each: a fixed sample, large enough for the shape of the tails to 4σ.
  private static let samples: [Float] = {
    let stream = RandomStream(seed: 0, name: .roundingSample)
    return (0..<UInt64(1 << 16)).map { Float(stream.normal(at: $0)) }
  }()

  init(kappa: Double) { self.kappa = kappa }

  func perturb(_ tensor: Tensor<Float>, images: Range<Int>, channels: Int, _ stream: RandomStream) {
    let stride = tensor.stride
    var squares = [Double](repeating: 0, count: channels)
    for image in images { gf_noise_squares(tensor.at(image), stride, channels, &squares) }
    let sizes = sizes(squares, count: images.count * stride / channels)
    for image in images {
      gf_noise_add(tensor.at(image), stride, channels, sizes, stream.key, UInt64(image * stride), Self.samples)
    }
  }

  /// Of a weight's gradient, by output channel.
  func perturb(filtersOf gradient: Tensor<Float>, _ stream: RandomStream) {
    let filter = gradient.stride
    for row in 0..<gradient.shape[0] {
      let values = gradient.pointer + row * filter
      var squares = [0.0]
      gf_noise_squares(values, filter, 1, &squares)
      gf_noise_add(values, filter, 1, sizes(squares, count: filter), stream.key, UInt64(row * filter), Self.samples)
    }
  }

  private func sizes(_ squares: [Double], count: Int) -> [Float] {
    squares.map { Float(kappa * 0x1p-24 * ($0 / Double(count)).squareRoot()) }
  }
}
