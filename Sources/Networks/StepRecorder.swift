import Digests
import Kernels
import Layers
import Tensors

/// Digests of what each layer computed in one pass, for finding the place where two runs part.
public final class StepRecorder<S: KernelScalar>: @unchecked Sendable {
  public struct Entry: Hashable, Sendable {
    /// Such as `block_0_1_conv_0`.
    public let layer: String
    /// `forward` or `input_gradient`.
    public let phase: String
    public let digest: Digest
  }

  private let kernels: KernelTable
  private var slots: [ObjectIdentifier: UnsafeMutableBufferPointer<Digest?>] = [:]
  private var phases: [Phase<S>] = []
  private var slotCount = 0

  public init(kernels: KernelTable) { self.kernels = kernels }

  deinit {
    for buffer in slots.values {
      buffer.deinitialize()
      buffer.deallocate()
    }
  }

  func begin(_ phase: Phase<S>) {
    precondition(slots[ObjectIdentifier(phase)] == nil, "a recorder records one pass")
    slotCount = ImageGroup.slots(of: phase.imageCount)
    let buffer = UnsafeMutableBufferPointer<Digest?>.allocate(capacity: slotCount * phase.steps.count)
    buffer.initialize(repeating: nil)
    slots[ObjectIdentifier(phase)] = buffer
    phases.append(phase)
  }

  /// Called on the worker that just ran the step; every (step, slot) has a place of its own.
  func record(_ step: Step<S>, index: Int, of phase: Phase<S>, group: ImageGroup) {
    guard let result = step.result, let buffer = slots[ObjectIdentifier(phase)] else { return }
    let values = UnsafeBufferPointer(
      start: result.at(group.images.lowerBound), count: group.images.count * result.stride)
    buffer[index * slotCount + group.slot] = MixDigest.digest(of: values, kernels: kernels)
  }

  /// One entry a step that leaves something, in the order of the pass: the digest of its slots' digests, ascending.
  public var entries: [Entry] {
    phases.flatMap { phase in
      phase.steps.enumerated().compactMap { index, step -> Entry? in
        guard step.result != nil, let buffer = slots[ObjectIdentifier(phase)] else { return nil }
        var hasher = Digest.Hasher()
        for slot in 0..<slotCount {
          if let digest = buffer[index * slotCount + slot] { hasher.update(digest) }
        }
        return Entry(layer: step.label, phase: step.kind.rawValue, digest: hasher.finalize())
      }
    }
  }
}
