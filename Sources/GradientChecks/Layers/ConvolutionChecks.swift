import GradientChecking
import Kernels
import Layers
import Tensors

/// Sizes of one convolution: batch, map, channels → filters, kernel.
package struct ConvolutionSizes: Sendable, CustomStringConvertible {
  package var images: Int
  package var channels: Int
  package var filters: Int
  package var sizes: ConvolutionGeometry.Sizes
  package var hasBias: Bool

  package init(
    _ images: Int, _ height: Int, _ width: Int, _ channels: Int, to filters: Int, kernel: (Int, Int) = (3, 3),
    stride: Int = 1, padding: Int = 1, dilation: Int = 1, bias: Bool = false
  ) {
    self.images = images
    self.channels = channels
    self.filters = filters
    sizes = .init(
      height: height, width: width, kernelHeight: kernel.0, kernelWidth: kernel.1, stride: stride, padding: padding,
      dilation: dilation)
    hasBias = bias
  }

  package var description: String {
    "\(images)x\(sizes.height)x\(sizes.width)x\(channels) -> \(filters), "
      + "kernel \(sizes.kernelHeight)x\(sizes.kernelWidth)"
      + (sizes.stride == 1 ? "" : ", stride \(sizes.stride)") + ", padding \(sizes.padding)"
      + (sizes.dilation == 1 ? "" : ", dilation \(sizes.dilation)") + (hasBias ? ", bias" : "")
  }

  /// Terms of one output's sum, with the bias.
  var terms: Int { sizes.kernelHeight * sizes.kernelWidth * channels + (hasBias ? 1 : 0) }

  /// Every awkwardness at least once, alone and beside others.
  package static let awkward: [ConvolutionSizes] =
    [
      // A batch of one, one channel, one pixel.
      .init(1, 1, 1, 1, to: 1, kernel: (1, 1), padding: 0, bias: true),
      .init(1, 3, 3, 1, to: 1),
      .init(1, 1, 1, 3, to: 5, bias: true),
      // Channels that fill no vector, and one more than a register block.
      .init(2, 5, 5, 3, to: 5, bias: true),
      .init(3, 4, 3, 7, to: 3),
      .init(1, 2, 3, 33, to: 3),
      .init(1, 3, 2, 3, to: 33, bias: true),
      .init(2, 2, 2, 33, to: 33, kernel: (1, 1), padding: 0),
      // A whole number of vectors.
      .init(1, 3, 2, 16, to: 8, bias: true),
      // Kernels: 1x1, 5x5, and not square.
      .init(3, 4, 5, 5, to: 7, kernel: (1, 1), padding: 0, bias: true),
      .init(1, 6, 7, 2, to: 3, kernel: (5, 5), padding: 2),
      .init(2, 5, 6, 2, to: 3, kernel: (1, 3), padding: 0),
      .init(1, 6, 4, 3, to: 2, kernel: (5, 3), padding: 1, bias: true),
      // Stride 2, where the last row and column may be read by nothing.
      .init(2, 5, 4, 5, to: 3, stride: 2),
      .init(1, 6, 6, 2, to: 3, stride: 2, padding: 0, bias: true),
      .init(2, 5, 5, 3, to: 2, kernel: (1, 1), stride: 2, padding: 0),
      // Padding wider than the kernel reaches: outputs that read nothing but zeros.
      .init(1, 4, 3, 3, to: 2, padding: 4, bias: true),
      .init(1, 3, 3, 2, to: 2, kernel: (5, 5), padding: 4),
      // Dilation, alone and with stride and padding.
      .init(1, 7, 7, 3, to: 3, padding: 2, dilation: 2),
      .init(1, 7, 8, 2, to: 5, stride: 2, padding: 1, dilation: 2, bias: true),
      .init(2, 5, 5, 2, to: 2, padding: 0, dilation: 2),
      // An odd batch, whose last group of images is smaller; more pixels than the weight gradient takes at a time.
      .init(5, 3, 3, 2, to: 3, bias: true),
      .init(1, 9, 8, 2, to: 3),
    ] + winograd

  /// Those that minimal filtering computes: maps that the tiles cover exactly, that they overhang by one to three pixels,
  /// and smaller than a tile; channels that fill no vector, some, and some and a rest; more tiles than go together; a last
  /// group of images that is smaller.
  package static let winograd: [ConvolutionSizes] = [
    .init(1, 4, 4, 4, to: 4, bias: true),
    .init(1, 3, 3, 16, to: 8, bias: true),
    .init(2, 5, 3, 5, to: 7),
    .init(1, 6, 7, 4, to: 9, bias: true),
    .init(7, 8, 8, 5, to: 4),
    .init(1, 11, 12, 4, to: 4),
    .init(1, 4, 5, 17, to: 5, bias: true),
    .init(1, 5, 4, 4, to: 33),
  ]
}

enum ConvolutionChecks {
  static let all: [GradientCheck] = ConvolutionSizes.awkward.enumerated().map { index, sizes in
    // A sweep where there are enough terms for a curvature.
    let make = index == 3 || index == 19 ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make("Convolution", "\(sizes)", "any") { backend, generator in
      try subject(sizes, backend, &generator)
    }
  }

  static func subject(
    _ sizes: ConvolutionSizes, _ backend: Backend, _ generator: inout SeededGenerator
  ) throws -> CheckSubject {
    let layer = try convolution(sizes, backend, &generator)
    let x = Tensor([sizes.images, sizes.sizes.height, sizes.sizes.width, sizes.channels], &generator)
    let dx = Tensor<Double>(shape: x.shape)
    let y = Tensor<Double>(
      shape: [sizes.images, layer.geometry.outputHeight, layer.geometry.outputWidth, sizes.filters])
    let images = 0..<sizes.images
    return CheckSubject(
      probing: y, &generator,
      variables: [.init("input", x, gradient: dx), layer.weight.variable] + (layer.bias.map { [$0.variable] } ?? []),
      forward: {
        layer.prepare(forBackward: true)
        layer.forward(x, into: y, images: images)
      },
      backward: { dy in
        layer.backwardInput(dy, into: dx, images: images)
        layer.accumulateWeights(x, dy, count: sizes.images)
      },
      outputErrors: {
        if layer.isWinograd { return layer.winogradErrors(x) }
        let gamma = Rounding.gamma(sizes.terms)
        return layer.magnitudes(of: x.magnitudes, images: sizes.images).map { $0 * gamma }
      })
  }

  static func convolution(
    _ sizes: ConvolutionSizes, _ backend: Backend, _ generator: inout SeededGenerator
  ) throws -> Convolution<Double> {
    // Scaled so that the outputs lie where the probe function is curved.
    let bound = 1.5 / Double(sizes.terms).squareRoot()
    let weight = Parameter(
      "weight", [sizes.filters, sizes.channels, sizes.sizes.kernelHeight, sizes.sizes.kernelWidth],
      in: -bound...bound, &generator)
    let bias = sizes.hasBias ? Parameter("bias", [sizes.filters], &generator) : nil
    return Convolution(
      geometry: try ConvolutionGeometry(sizes.sizes, channels: max(sizes.channels, sizes.filters)), weight: weight,
      bias: bias, kernels: backend.kernels(for: Double.self), capacity: sizes.images)
  }
}

extension Convolution {
  /// dL/dw and dL/db over a whole batch.
  func accumulateWeights(_ x: Tensor<S>, _ dy: Tensor<S>, count: Int, accumulating: Bool = false) {
    for slot in 0..<ImageGroup.slots(of: count) { backwardWeight(x, dy, group: ImageGroup(slot: slot, of: count)) }
    combineGradients(imageCount: count, accumulating: accumulating)
  }
}

extension Convolution where S == Double {
  /// Bounds on the rounding of every output of minimal filtering, which `PrecisionConvolution` derives.
  func winogradErrors(_ x: Tensor<Double>) -> [Double] {
    let (images, height, width) = (x.shape[0], x.shape[1], x.shape[2])
    let (w, magnitudes, gamma) = (weight.value.magnitudes, x.magnitudes, Rounding.gamma(channels + 14))
    var errors = [Double](repeating: 0, count: images * height * width * filters)
    for image in 0..<images {
      for (row, column) in product(stride(from: 0, to: height, by: 4), stride(from: 0, to: width, by: 4)) {
        let v = (0..<channels).map { c in
          WinogradAmplification.input(
            (0..<36).map { i in
              let (h, q) = (row - 1 + i / 6, column - 1 + i % 6)
              guard (0..<height).contains(h), (0..<width).contains(q) else { return 0 }
              return magnitudes[((image * height + h) * width + q) * self.channels + c]
            })
        }
        for k in 0..<filters {
          var places = [Double](repeating: 0, count: 36)
          for c in 0..<channels {
            let u = WinogradAmplification.weights(Array(w[(k * channels + c) * 9..<(k * channels + c + 1) * 9]))
            for i in 0..<36 { places[i] += v[c][i] * u[i] }
          }
          for (i, y) in WinogradAmplification.output(places).enumerated() {
            let (h, q) = (row + i / 4, column + i % 4)
            guard h < height, q < width else { continue }
            errors[((image * height + h) * width + q) * filters + k] = gamma * (y + (bias.map { abs($0.value.pointer[k]) } ?? 0))
          }
        }
      }
    }
    return errors
  }

  private func product<A: Sequence, B: Sequence>(_ a: A, _ b: B) -> [(A.Element, B.Element)] {
    a.flatMap { x in b.map { (x, $0) } }
  }

  /// Σ|terms| of every output, for inputs of these magnitudes.
  func magnitudes(of x: [Double], images: Int) -> [Double] {
    Reference.convolution(
      x, images: images, channels: channels, sizes: geometry.sizes, weight: weight.value.magnitudes, filters: filters,
      bias: bias?.value.magnitudes)
  }
}
