import GradientChecking
import Kernels
import Layers
import Tensors

/// The loss is curved itself and needs no probe: the function is the batch's mean loss, as the layer computes it.
enum SoftmaxCrossEntropyChecks {
  static let all: [GradientCheck] = [(1, 2, 1.0), (2, 3, 2.0), (5, 7, 4.0), (3, 33, 1.0), (4, 5, 30.0)].map {
    images, classes, range in
    let make = images == 5 ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make("SoftmaxCrossEntropy", "\(images)x\(classes)", "logits within \(Int(range))") { backend, generator in
      subject(images, classes, range: -range...range, backend, &generator)
    }
  }

  static func subject(
    _ images: Int, _ classes: Int, range: ClosedRange<Double>, _ backend: Backend, _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let layer = SoftmaxCrossEntropy<Double>(kernels: backend.kernels(for: Double.self), capacity: images)
    let logits = Tensor([images, 1, 1, classes], in: range, &generator)
    let gradient = Tensor<Double>(shape: logits.shape)
    let labels = Buffer<Int32>(count: images)
    for image in 0..<images { labels.pointer[image] = Int32(generator.integer(below: classes)) }
    return CheckSubject(
      variables: [.init("logits", logits, gradient: gradient)], termCount: 1,
      forward: { terms in
        layer.forward(logits, labels: labels.pointer, batchCount: images, gradient: nil, images: 0..<images)
        terms[0] = layer.lossSum(count: images) / Double(images)
      },
      backward: {
        layer.forward(logits, labels: labels.pointer, batchCount: images, gradient: gradient, images: 0..<images)
      },
      termErrors: {
        // log Σ exp(z − max) + max − z[label]: the exponentials and their sum err by (classes + 4)u relatively, which
        // is as much absolutely in the logarithm; then four roundings of numbers up to 2·max|z| + log(classes).
        let largest = logits.magnitudes.max() ?? 0
        return [Rounding.unit * (Double(classes + images + 4) + 4 * (2 * largest + 5))]
      })
  }
}
