import CKernels
import Kernels
import Tensors

/// Softmax cross-entropy, mean over the batch. logits: [N, 1, 1, classes]; labels 0 ..< classes.
///
/// Each example's loss log Σ exp(z − max z) + max z − z[label] is computed in double and kept in double; the batch's is
/// their sum, ascending, over N. dL/dz = (softmax − onehot) · (1/N), in double, the reciprocal being
/// rounded first; the product is rounded to S.
public final class SoftmaxCrossEntropy<S: KernelScalar> {
  private let kernels: KernelTable
  private let losses: Buffer<Double>
  private let hits: Buffer<UInt8>

  public init(kernels: KernelTable, capacity: Int) {
    self.kernels = kernels
    losses = Buffer(count: capacity)
    hits = Buffer(count: capacity)
  }

  /// What `init` allocates, in bytes.
  package static func workspaceBytes(capacity: Int) -> Int {
    capacity * (MemoryLayout<Double>.stride + MemoryLayout<UInt8>.stride)
  }

  /// Losses of a group's examples, and, if asked for, their logits' gradients.
  public func forward(
    _ logits: Tensor<S>, labels: UnsafePointer<Int32>, batchCount: Int, gradient: Tensor<S>?, images: Range<Int>
  ) {
    let classes = logits.stride
    for image in images {
      let hit = kernels.pointee.cross_entropy(
        logits.at(image), classes, Int(labels[image]), 1 / Double(batchCount), losses.pointer + image,
        gradient?.at(image))
      hits.pointer[image] = UInt8(hit)
    }
  }

  /// Sum of the examples' losses, ascending.
  public func lossSum(count: Int) -> Double {
    var sum = 0.0
    for image in 0..<count { sum += losses.pointer[image] }
    return sum
  }

  /// How many examples have their largest logit (the first, on ties) at their label.
  public func correctCount(count: Int) -> Int {
    var correct = 0
    for image in 0..<count { correct += Int(hits.pointer[image]) }
    return correct
  }
}
