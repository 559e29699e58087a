import Digests
import Kernels
import Layers
import Tensors

/// Digests of what each layer computed in one pass: they show where two runs part.
///
/// Sendable: each pair of operation and slot has its own element, and only the worker that computes the slot writes it. The
/// thread that runs the pass allocates and reads the elements, between two regions.
public final class StepRecorder<S: KernelScalar>: PassObserver, @unchecked Sendable {
  public struct Entry: Hashable, Sendable {
    /// Such as `block_0_1_conv_0`.
    public let layer: String
    /// `forward` or `input_gradient`.
    public let phase: String
    public let digest: Digest
    /// Shape of the result: [image, ...].
    public let shape: [Int]
    /// The result itself, of the one entry that was to be kept.
    public let values: [S]?
  }

  private let kernels: KernelTable
  private var slots: [ObjectIdentifier: UnsafeMutableBufferPointer<Digest?>] = [:]
  private var regions: [Region<S>] = []
  private var slotCount = 0
  private var imageCount = 0
  private let kept: Int?
  private var entryCount = 0
  /// The region and operation of the entry to be kept, and where its values go.
  private var keptPlace: (region: ObjectIdentifier, operation: Int)?
  private var keptValues: Buffer<S>?

  /// - Parameter kept: the index in `entries` of the one whose values are to be kept.
  public init(kernels: KernelTable, keeping kept: Int? = nil) {
    self.kernels = kernels
    self.kept = kept
  }

  deinit {
    for buffer in slots.values {
      buffer.deinitialize()
      buffer.deallocate()
    }
  }

  func begin(_ region: Region<S>, imageCount: Int) {
    precondition(slots[ObjectIdentifier(region)] == nil, "a recorder records one pass")
    slotCount = ImageGroup.slots(of: imageCount)
    let buffer = UnsafeMutableBufferPointer<Digest?>.allocate(capacity: slotCount * region.operations.count)
    buffer.initialize(repeating: nil)
    slots[ObjectIdentifier(region)] = buffer
    regions.append(region)
    self.imageCount = imageCount
    for (index, operation) in region.operations.enumerated() {
      guard let result = operation.result else { continue }
      if entryCount == kept {
        keptPlace = (ObjectIdentifier(region), index)
        keptValues = Buffer(count: imageCount * result.stride)
      }
      entryCount += 1
    }
  }

  /// Every (operation, slot) has a place of its own.
  func record(_ operation: BoundOperation<S>, index: Int, of region: Region<S>, group: ImageGroup) {
    guard let result = operation.result, let buffer = slots[ObjectIdentifier(region)] else { return }
    let values = result.elements(of: group)
    buffer[index * slotCount + group.slot] = MixDigest.digest(of: values, kernels: kernels)
    if let keptPlace, keptPlace == (ObjectIdentifier(region), index), let keptValues {
      (keptValues.pointer + group.images.lowerBound * result.stride).update(from: values.baseAddress!, count: values.count)
    }
  }

  /// One entry an operation that leaves something, in the order of the pass: the digest of its slots' digests, ascending.
  public var entries: [Entry] {
    regions.flatMap { region in
      region.operations.enumerated().compactMap { index, operation -> Entry? in
        guard let result = operation.result, let buffer = slots[ObjectIdentifier(region)] else { return nil }
        var hasher = Digest.Hasher()
        for slot in 0..<slotCount {
          if let digest = buffer[index * slotCount + slot] { hasher.update(digest) }
        }
        let isKept = keptPlace.map { $0 == (ObjectIdentifier(region), index) } ?? false
        return Entry(
          layer: operation.facts.layer, phase: operation.facts.direction.rawValue, digest: hasher.finalize(),
          shape: [imageCount] + result.shape.dropFirst(), values: isKept ? keptValues.map { Array($0.elements) } : nil)
      }
    }
  }
}
