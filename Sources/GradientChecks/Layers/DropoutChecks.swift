import GradientChecking
import Kernels
import Layers
import Tensors

/// Dropout with its mask held: the stream's key and the step are the same in every evaluation.
enum DropoutChecks {
  static let all: [GradientCheck] = [([2, 3, 5, 7], 0.3, 0), ([1, 3, 3, 33], 0.8, 5), ([3, 2, 2, 4], 0, 1)].map {
    shape, rate, step in
    GradientCheck("Dropout", shape: BatchNormChecks.text(shape), mode: "rate \(rate)") { backend, generator in
      subject(shape, rate, step, backend, &generator)
    }
  }

  private static func subject(
    _ shape: [Int], _ rate: Double, _ step: Int, _ backend: Backend, _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let dropout = Dropout<Double>(rate: rate, key: 0x1234_5678_9abc_def0, step: step, kernels: backend.kernels(for: Double.self))
    let (x, y, dx) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
    x.assign(generator.uniform(-1.5...1.5, count: x.count))
    let images = 0..<shape[0]
    return CheckSubject(
      probing: y, &generator, variables: [.init("input", x, gradient: dx)],
      forward: { dropout.apply(x, into: y, images: images) },
      backward: { dropout.apply($0, into: dx, images: images) },
      // A product, rounded.
      outputErrors: { y.elements.map { Rounding.unit * abs($0) } })
  }
}
