import CKernels
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// Sums over the images of a batch, as the layers make them from what the kernels give for images and slots.
@Suite("The order of sums over a batch is the documented one")
struct BatchOrderTests {
  /// Whole slots and a rest, in either size.
  static let images = 13
  static let filters = 21

  @Test("a convolution's weight gradient adds five images into a slot, and then the slots, ascending")
  func weightGradient() throws {
    try probeWeightGradient(Float.self)
    try probeWeightGradient(Double.self)
  }

  private func probeWeightGradient<S: KernelScalar>(_ type: S.Type) throws {
    let documented = SummationOrder.groups(5)
    let orders: [SummationOrder] =
      [.ascending, .groups(2), .groups(3), .groups(4), .groups(6), .groups(8), .descending, .lanes(2)]
      + SummationOrder.alternatives.filter { $0.description != "descending" }
    var generator = Generator("slot order")
    let columns: [[S]] = (0..<Self.filters).map { _ in
      generator.draw({ $0.terms(Self.images) }) { column in
        orders.allSatisfy { $0.sum(column) != documented.sum(column) }
      }
    }
    OrderProbe(
      name: "weight gradient over a batch, \(type)", documented: columns.map { documented.sum($0) },
      alternatives: orders.map { order in (order.description, columns.map { order.sum($0) }) }
    ).check { kernels in gradients(columns, kernels).weight }
  }

  @Test("a convolution's bias gradient adds the images' sums in double, ascending, and is rounded once")
  func biasGradient() throws {
    try probeBiasGradient(Float.self)
    try probeBiasGradient(Double.self)
  }

  private func probeBiasGradient<T: KernelScalar>(_ type: T.Type) throws {
    let orders = SummationOrder.alternatives + [.groups(5)]
    func sum(_ column: [T], _ order: SummationOrder) -> T { T(order.sum(column.map { Double($0) })) }
    var generator = Generator("bias gradient over a batch")
    let columns: [[T]] = (0..<Self.filters).map { _ in
      generator.draw({ $0.wideTerms(Self.images) }) { column in
        orders.allSatisfy { sum(column, $0) != sum(column, .ascending) }
      }
    }
    OrderProbe(
      name: "bias gradient over a batch, \(type)", documented: columns.map { sum($0, .ascending) },
      alternatives: orders.map { order in (order.description, columns.map { sum($0, order) }) }
    ).check { kernels in gradients(columns, kernels).bias }
  }

  /// A layer of one tap, one channel and one pixel whose input is 1, so that the gradient with respect to a filter's weight,
  /// and its bias's, is the sum of that column over the images. Its groups come in another order than their numbers.
  private func gradients<S: KernelScalar>(_ columns: [[S]], _ kernels: KernelTable) -> (weight: [S], bias: [S]) {
    let (images, filters) = (Self.images, columns.count)
    guard
      let geometry = try? ConvolutionGeometry(
        .init(height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, padding: 0), channels: filters)
    else { preconditionFailure("a convolution of one pixel") }
    let weight = Parameter<S>(name: "weight", shape: [filters, 1, 1, 1]), bias = Parameter<S>(name: "bias", shape: [filters])
    let layer = Convolution(geometry: geometry, weight: weight, bias: bias, kernels: kernels, capacity: images)
    let x = Tensor<S>(shape: [images, 1, 1, 1], values: [S](repeating: 1, count: images))
    let dy = Tensor<S>(shape: [images, 1, 1, filters], values: interleaved(columns))
    for slot in (0..<ImageGroup.slots(of: images)).reversed() {
      layer.backwardWeight(x, dy, group: ImageGroup(slot: slot, of: images))
    }
    layer.combineGradients(imageCount: images, accumulating: false)
    return (weight.gradient.values, bias.gradient.values)
  }

  @Test("a batch's loss adds the examples' losses in double, ascending")
  func loss() {
    let orders = SummationOrder.alternatives + [.groups(5)]
    // Two classes and label 0: the loss is log(1 + exp z) for logits 0 and z.
    func losses(_ z: [Float], _ kernels: KernelTable) -> [Double] {
      z.map { z in
        var loss = 7.0
        _ = kernels.pointee.cross_entropy([0, z], 2, 0, 1, &loss, nil)
        return loss
      }
    }
    let portable = kernelTable(.portable, Float.self)
    var generator = Generator("batch loss order")
    // Losses of many sizes: what a small one adds depends on what is there when it comes.
    let batches: [[Float]] = (0..<6).map { _ in
      generator.draw({ generator in
        (0..<Self.images).map { _ in
          (generator.full(exponent: generator.integer(0...2) == 0 ? generator.integer(20...50) : 0) as Float).magnitude
        }
      }) { z in
        let all = losses(z, portable)
        return orders.allSatisfy { $0.sum(all) != SummationOrder.ascending.sum(all) }
      }
    }
    let all = batches.map { losses($0, portable) }
    OrderProbe(
      name: "loss of a batch", documented: all.map { SummationOrder.ascending.sum($0) },
      alternatives: orders.map { order in (order.description, all.map { order.sum($0) }) }
    ).check(table: Float.self) { kernels in
      batches.map { z in
        let layer = SoftmaxCrossEntropy<Float>(kernels: kernels, capacity: z.count)
        let logits = Tensor<Float>(shape: [z.count, 1, 1, 2], values: z.flatMap { [0, $0] })
        let labels = [Int32](repeating: 0, count: z.count)
        for slot in (0..<ImageGroup.slots(of: z.count)).reversed() {
          layer.forward(
            logits, labels: labels, batchCount: z.count, gradient: nil, images: ImageGroup(slot: slot, of: z.count).images)
        }
        return layer.lossSum(count: z.count)
      }
    }
  }
}
