import Kernels
import Layers
import Tensors

enum LeakyReLUChecks {
  static let all: [GradientCheck] = [([1, 1, 1, 1], 0.01), ([2, 3, 5, 7], 0.01), ([1, 3, 3, 33], 0.3)].map {
    shape, slope in
    let make = shape == [2, 3, 5, 7] ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make("LeakyReLU", BatchNormChecks.text(shape), "slope \(slope)") { backend, generator in
      subject(shape, slope: slope, range: -1.5...1.5, backend, &generator)
    }
  }

  static func subject(
    _ shape: [Int], slope: Double, range: ClosedRange<Double>, _ backend: Backend, _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let layer = LeakyReLU<Double>(slope: slope, kernels: backend.kernels(for: Double.self))
    let (x, y, dx) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
    x.assign(generator.uniform(range, count: x.count))
    let images = 0..<shape[0]
    return CheckSubject(
      probing: y, &generator, variables: [.init("input", x, gradient: dx)], sides: [y],
      forward: { layer.forward(x, into: y, images: images) },
      backward: { layer.backward($0, output: y, into: dx, images: images) },
      outputErrors: { y.elements.map { Rounding.unit * abs($0) } })
  }
}
