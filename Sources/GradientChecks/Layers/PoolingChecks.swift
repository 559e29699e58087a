import GradientChecking
import Kernels
import Layers
import Tensors

/// Average pooling over small windows and over the whole map.
enum PoolingChecks {
  static let all: [GradientCheck] = averagePool + globalAveragePool

  /// Image sizes that the windows tile, that leave a rest, windows that overlap and that leave gaps.
  private static let averagePool: [GradientCheck] = [
    ([2, 4, 4, 3], 2, 2), ([1, 5, 7, 5], 2, 2), ([1, 6, 5, 2], 3, 2), ([2, 5, 4, 1], 3, 1), ([1, 7, 8, 33], 2, 3),
    ([1, 2, 2, 7], 2, 2), ([1, 3, 3, 3], 1, 1),
  ].map { shape, window, stride in
    let make = window == 3 && stride == 2 ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make("AveragePool", BatchNormChecks.text(shape) + ", window \(window), stride \(stride)", "any") {
      backend, generator in
      let layer = AveragePool<Double>(window: window, stride: stride, kernels: backend.kernels(for: Double.self))
      return subject(layer, shape, &generator)
    }
  }

  private static let globalAveragePool: [GradientCheck] = [
    [1, 1, 1, 1], [2, 4, 4, 5], [3, 5, 3, 7], [1, 2, 2, 33],
  ].map { shape in
    GradientCheck("GlobalAveragePool", shape: BatchNormChecks.text(shape), mode: "any") { backend, generator in
      subject(
        .global(height: shape[1], width: shape[2], kernels: backend.kernels(for: Double.self)), shape, &generator)
    }
  }

  static func subject(
    _ layer: AveragePool<Double>, _ shape: [Int], _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let size = layer.outputSize(height: shape[1], width: shape[2])
    let (x, dx) = (Tensor<Double>(shape: shape), Tensor<Double>(shape: shape))
    let y = Tensor<Double>(shape: [shape[0], size.height, size.width, shape[3]])
    x.assign(generator.uniform(-2...2, count: x.count))
    let images = 0..<shape[0]
    return CheckSubject(
      probing: y, &generator, variables: [.init("input", x, gradient: dx)],
      forward: { layer.forward(x, into: y, images: images) },
      backward: { layer.backward($0, into: dx, images: images) },
      outputErrors: {
        let magnitudes = Reference.averagePool(
          x.magnitudes, images: shape[0], height: shape[1], width: shape[2], channels: shape[3],
          window: (layer.windowHeight, layer.windowWidth), stride: layer.stride)
        return magnitudes.map { $0 * Rounding.gamma(layer.windowHeight * layer.windowWidth + 1) }
      })
  }
}
