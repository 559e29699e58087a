import Kernels
import Layers
import Tensors

/// Activations or their gradients, as the operations of one group of images see them. There are two kinds:
/// - a tensor of the whole batch, for values that later regions read;
/// - scratch memory of one worker, or of one shared slot. It holds the current group's values only, until another operation of
///   the same region overwrites them. Such values stay in the worker's cache and never travel to main memory.
///
/// Sendable: the calling thread binds a tensor between two regions, so no worker reads it meanwhile. Nothing else changes.
final class GroupTensor<S: KernelScalar>: @unchecked Sendable {
  private var whole: Tensor<S>?
  /// One tensor for each worker, then one for each shared slot. `images` is the same memory, seen as one image.
  private let slots: [Tensor<S>]
  private let images: [Tensor<S>]
  /// [any, ...]; of one image: `stride` elements.
  let shape: [Int]
  let stride: Int

  init(_ whole: Tensor<S>) {
    self.whole = whole
    slots = []
    images = []
    shape = whole.shape
    stride = whole.stride
  }

  /// Of a batch that each pass is handed anew: `bind`.
  ///
  /// - Parameter image: the shape of one.
  init(boundLater image: MapShape) {
    whole = nil
    slots = []
    images = []
    shape = [0, image.height, image.width, image.channels]
    stride = image.count
  }

  /// Takes the tensor of the batch that is at hand.
  func bind(_ batch: Tensor<S>) { whole = batch }

  /// - Parameter slots: by worker, then by shared slot: [images of a slot, ...] each.
  init(slots: [Tensor<S>]) {
    whole = nil
    self.slots = slots.map { $0.cycling(period: ImageGroup.imagesPerSlot) }
    images = slots.map { $0.cycling(period: 1) }
    shape = slots[0].shape
    stride = slots[0].stride
  }

  /// The tensor of the whole batch, if this is one.
  var ofBatch: Tensor<S>? { whole }

  /// The group's images, one after another in memory.
  func elements(of group: ImageGroup) -> UnsafeBufferPointer<S> {
    UnsafeBufferPointer(start: of(group).at(group.images.lowerBound), count: group.images.count * stride)
  }

  /// To be asked at the group's images.
  func of(_ group: ImageGroup) -> Tensor<S> {
    if let whole { return whole }
    if group.keepsSlot { return slots[group.memory] }
    precondition(group.images.count == 1, "a part of a slot of \(group.images.count) images: there is memory for one or all")
    return images[group.memory]
  }
}
