import Kernels
import Tensors

/// Images with their labels, in memory of their own: the input of a forward pass.
///
/// A batch that `first` makes shares the memory of its source. The passes that get a batch read that memory, and so does the
/// backward pass after them: do not write it before they are over.
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
