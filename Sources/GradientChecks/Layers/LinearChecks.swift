import GradientChecking
import Kernels
import Layers
import Tensors

enum LinearChecks {
  static let all: [GradientCheck] = [(1, 1, 1), (2, 3, 5), (5, 7, 3), (1, 33, 10), (3, 4, 33)].map {
    images, channels, outputs in
    let make = images == 5 ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make("Linear", "\(images)x\(channels) -> \(outputs)", "any") { backend, generator in
      try subject(images, channels, outputs, backend, &generator)
    }
  }

  static func subject(
    _ images: Int, _ channels: Int, _ outputs: Int, _ backend: Backend, _ generator: inout SeededGenerator
  ) throws -> CheckSubject {
    let bound = 1.5 / Double(channels).squareRoot()
    let layer = Linear(
      weight: Parameter("weight", [outputs, channels], in: -bound...bound, &generator),
      bias: Parameter("bias", [outputs], &generator), kernels: backend.kernels(for: Double.self), capacity: images)
    let x = Tensor([images, 1, 1, channels], &generator)
    let dx = Tensor<Double>(shape: x.shape), y = Tensor<Double>(shape: [images, 1, 1, outputs])
    return CheckSubject(
      probing: y, &generator,
      variables: [.init("input", x, gradient: dx), layer.weight.variable, layer.bias.variable],
      forward: {
        layer.prepare(forBackward: true)
        layer.forward(x, into: y, images: 0..<images)
      },
      backward: { dy in
        layer.backwardInput(dy, into: dx, images: 0..<images)
        layer.accumulateWeights(x, dy, count: images)
      },
      outputErrors: {
        Reference.linear(
          x.magnitudes, images: images, weight: layer.weight.value.magnitudes, bias: layer.bias.value.magnitudes
        ).map { $0 * Rounding.gamma(channels + 1) }
      })
  }
}

extension Linear {
  /// dL/dw and dL/db over a whole batch.
  func accumulateWeights(_ x: Tensor<S>, _ dy: Tensor<S>, count: Int, accumulating: Bool = false) {
    for slot in 0..<ImageGroup.slots(of: count) { backwardWeight(x, dy, group: ImageGroup(slot: slot, of: count)) }
    combineGradients(imageCount: count, accumulating: accumulating)
  }
}
