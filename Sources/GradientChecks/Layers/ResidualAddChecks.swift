import GradientChecking
import Kernels
import Layers
import Tensors

/// Residual add alone, and with its fan-out: the block's input feeds the first convolution and the addition.
enum ResidualAddChecks {
  static let all: [GradientCheck] =
    [[1, 1, 1, 1], [2, 3, 2, 5], [1, 2, 2, 33]].map { shape in
      GradientCheck("ResidualAdd", shape: BatchNormChecks.text(shape), mode: "alone") { backend, generator in
        alone(shape, backend, &generator)
      }
    }
    // Without a kink (slope 1) large steps are possible, and a sweep.
    + [(1, 3, 3, 0.1), (2, 4, 5, 0.1), (3, 3, 7, 0.01), (2, 3, 3, 1)].map { images, side, channels, slope in
      let make = slope == 1 ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
      return make(
        "ResidualAdd", "\(images)x\(side)x\(side)x\(channels)", "block of two convolutions, slope \(slope)"
      ) { backend, generator in
        try block(images, side, channels, slope: slope, backend, &generator)
      }
    }

  static func alone(_ shape: [Int], _ backend: Backend, _ generator: inout SeededGenerator) -> CheckSubject {
    let layer = ResidualAdd<Double>(kernels: backend.kernels(for: Double.self))
    let (x, skip, y) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
    let (dx, dSkip) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
    x.assign(generator.uniform(-1...1, count: x.count))
    skip.assign(generator.uniform(-1...1, count: x.count))
    let images = 0..<shape[0]
    return CheckSubject(
      probing: y, &generator,
      variables: [.init("input", x, gradient: dx), .init("skip", skip, gradient: dSkip)],
      forward: { layer.forward(x, skip, into: y, images: images) },
      backward: { layer.backward($0, into: dx, skip: dSkip, images: images) },
      outputErrors: { zip(x.elements, skip.elements).map { Rounding.unit * (abs($0) + abs($1)) } })
  }

  /// y = leaky(conv₂(leaky(conv₁(x))) + x).
  static func block(
    _ images: Int, _ side: Int, _ channels: Int, slope: Double, _ backend: Backend, _ generator: inout SeededGenerator
  ) throws -> CheckSubject {
    let kernels = backend.kernels(for: Double.self)
    let sizes = ConvolutionSizes(images, side, side, channels, to: channels)
    let first = try ConvolutionChecks.convolution(sizes, backend, &generator)
    let second = try ConvolutionChecks.convolution(sizes, backend, &generator)
    let (add, pointwise) = (ResidualAdd<Double>(kernels: kernels), Pointwise<Double>(kernels: kernels))
    let activation = Activation.leakyReLU(slope: slope)
    let x = Tensor([images, side, side, channels], &generator)
    func tensor() -> Tensor<Double> { Tensor(shape: x.shape) }
    let (dx, raw, hidden, convolved, sum, y) = (tensor(), tensor(), tensor(), tensor(), tensor(), tensor())
    let (dSum, dConvolved, dSkip, dHidden) = (tensor(), tensor(), tensor(), tensor())
    let all = 0..<images
    return CheckSubject(
      probing: y, &generator,
      variables: [
        .init("input", x, gradient: dx), .init("first weight", first.weight.value, gradient: first.weight.gradient),
        .init("second weight", second.weight.value, gradient: second.weight.gradient),
      ],
      sides: slope == 1 ? [] : [hidden, y],
      forward: {
        first.prepare(forBackward: true)
        second.prepare(forBackward: true)
        first.forward(x, into: raw, images: all)
        pointwise.forward(raw, activation: activation, into: hidden, images: all)
        second.forward(hidden, into: convolved, images: all)
        add.forward(convolved, x, into: sum, images: all)
        pointwise.forward(sum, activation: activation, into: y, images: all)
      },
      backward: { dy in
        pointwise.backward(dy, output: y, activation: activation, into: dSum, images: all)
        add.backward(dSum, into: dConvolved, skip: dSkip, images: all)
        second.accumulateWeights(hidden, dConvolved, count: images)
        second.backwardInput(dConvolved, into: dHidden, images: all)
        pointwise.backward(dHidden, output: hidden, activation: activation, into: dHidden, images: all)
        first.accumulateWeights(x, dHidden, count: images)
        // In place, as the networks do it.
        first.backwardInput(dHidden, into: dSkip, adding: dSkip, images: all)
        dx.assign(dSkip.values)
      },
      outputErrors: {
        // Errors of the hidden map pass through the second convolution's |w|; two more roundings each.
        let gamma = Rounding.gamma(sizes.terms + 2)
        let hiddenMagnitude = first.magnitudes(of: x.magnitudes, images: images)
        let carried = second.magnitudes(of: hiddenMagnitude.map { 2 * $0 }, images: images)
        return zip(carried, x.elements).map { gamma * ($0 + abs($1)) }
      })
  }
}
