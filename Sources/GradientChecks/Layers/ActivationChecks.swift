import GradientChecking
import Kernels
import Layers
import Tensors

enum ActivationChecks {
  private static let cases: [(shape: [Int], activation: Activation, name: String)] = [
    ([1, 1, 1, 1], .leakyReLU(slope: 0.01), "LeakyReLU"), ([2, 3, 5, 7], .leakyReLU(slope: 0.01), "LeakyReLU"),
    ([1, 3, 3, 33], .leakyReLU(slope: 0.3), "LeakyReLU"), ([2, 3, 5, 7], .leakyReLU(slope: 0), "LeakyReLU"),
    ([1, 1, 1, 1], .elu(alpha: 1), "ELU"), ([2, 3, 5, 7], .elu(alpha: 1), "ELU"), ([1, 3, 3, 33], .elu(alpha: 0.4), "ELU"),
  ]

  static let all: [GradientCheck] = cases.map { shape, activation, name in
    let make = shape == [2, 3, 5, 7] ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    let constant =
      switch activation {
      case .leakyReLU(let slope): "slope \(slope)"
      case .elu(let alpha): "alpha \(alpha)"
      }
    return make(name, BatchNormChecks.text(shape), constant) { backend, generator in
      subject(shape, activation, range: -1.5...1.5, backend, &generator)
    }
  }

  static func subject(
    _ shape: [Int], _ activation: Activation, range: ClosedRange<Double>, _ backend: Backend,
    _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let pointwise = Pointwise<Double>(kernels: backend.kernels(for: Double.self))
    let (x, y, dx) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
    x.assign(generator.uniform(range, count: x.count))
    let images = 0..<shape[0]
    return CheckSubject(
      probing: y, &generator, variables: [.init("input", x, gradient: dx)], sides: [y],
      forward: { pointwise.forward(x, activation: activation, into: y, images: images) },
      backward: { pointwise.backward($0, output: y, activation: activation, into: dx, images: images) },
      // The ELU's difference eˣ − 1 is of a number below 1, rounded, and multiplied by alpha.
      outputErrors: {
        y.elements.map { y in
          switch activation {
          case .leakyReLU: Rounding.unit * abs(y)
          case .elu(let alpha): Rounding.unit * (abs(y) + 2 * alpha)
          }
        }
      })
  }
}
