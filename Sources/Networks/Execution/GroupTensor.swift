import Kernels
import Layers
import Tensors

/// Activations, or their gradients, as the operations of a group see them: a tensor of the whole batch; or memory of the worker's
/// own, or of a slot that workers share, which holds those of the group in hand only, and only until another operation of the same
/// region writes there. What need not outlive a region is so never sent to memory: it stays in the worker's cache.
///
/// Sendable, as a tensor is bound by the calling thread between two pieces of parallel work, which order that with the workers'
/// reading; all else never changes.
final class GroupTensor<S: KernelScalar>: @unchecked Sendable {
  private var whole: Tensor<S>?
  /// By worker, then by shared slot: the same memory for a slot, and for one image after the other.
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

  /// Of the whole batch, if it is that.
  var ofBatch: Tensor<S>? { whole }

  /// Of the group's images, which lie one after the other.
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
