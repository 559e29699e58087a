import Kernels
import Tensors

/// Images with their labels, in memory of their own: what a forward pass is about.
///
/// Two batches that one was made from, such as by `first`, share the memory. It is read by the passes that the batch is handed to,
/// the backward pass after them included, so it is not to be written before these are over.
public struct Batch<S: KernelScalar>: Sendable {
  /// [capacity, height, width, channels]
  public let images: Tensor<S>
  /// 0 ..< classes each.
  public let labels: Buffer<Int32>
  /// How many of the images are meant, from the first on.
  public let count: Int

  /// Images of zeros, with label 0.
  public init(of network: NetworkDescription, count: Int) {
    let input = network.input
    images = Tensor(shape: [count, input.height, input.width, input.channels])
    labels = Buffer(count: count)
    self.count = count
  }

  private init(_ images: Tensor<S>, _ labels: Buffer<Int32>, count: Int) {
    self.images = images
    self.labels = labels
    self.count = count
  }

  /// The first `count` images, in the same memory.
  public func first(_ count: Int) -> Batch {
    precondition((1...images.shape[0]).contains(count), "\(count) of \(images.shape[0]) images")
    return Batch(images, labels, count: count)
  }

  /// The pixels of all images that are meant.
  public var pixels: UnsafeBufferPointer<S> { UnsafeBufferPointer(start: images.pointer, count: count * images.stride) }
}
