import Digests
import Kernels
import Tensors

/// Digests of everything that training changes, bit by bit.
///
/// A tensor's digest is SHA-256 over its elements in its own order (convolutions [out, in, 3, 3], linear [out, in]),
/// little-endian, NaNs canonical. A state's digest is SHA-256 over, for each tensor in order: its name in UTF-8, a zero
/// byte, its tensor digest. Order: parameters, buffers, Adam's first moments (names with ".first"), second moments
/// (".second"), each as the signal meets them; last the number of updates as eight bytes, little-endian.
public final class StateDigest<S: KernelScalar> {
  private let named: [(name: String, tensor: Tensor<S>)]
  private let adam: Adam<S>
  private let backend: Backend
  private let tensorDigests: TensorDigests<S>
  private let evaluatedCount: Int

  public init(_ network: Network<S>, _ adam: Adam<S>) {
    let parameters = network.parameters.map { ($0.name, $0.value) }
    evaluatedCount = parameters.count + network.buffers.count
    named =
      parameters + network.buffers.map { ($0.name, $0.value) }
      + zip(adam.parameters, adam.first).map { ($0.name + ".first", $1) }
      + zip(adam.parameters, adam.second).map { ($0.name + ".second", $1) }
    self.adam = adam
    backend = network.backend
    tensorDigests = TensorDigests(named.map(\.tensor), kernels: backend.kernels(for: S.self))
  }

  /// Of parameters, buffers, optimiser state and the number of updates.
  public func full() -> Digest {
    var hasher = hash(named.count)
    hasher.update(littleEndian: UInt64(adam.step))
    return hasher.finalize()
  }

  /// Of parameters and buffers: of what an evaluation depends on.
  public func evaluated() -> Digest { hash(evaluatedCount).finalize() }

  /// The same as `full`, with each tensor's `MixDigest` in the place of its SHA-256: fast enough for every step.
  public func quick() -> Digest {
    tensorDigests.isQuick = true
    defer { tensorDigests.isQuick = false }
    return full()
  }

  private func hash(_ count: Int) -> Digest.Hasher {
    backend.pool.run(tensorDigests, tasks: count)
    var hasher = Digest.Hasher()
    for index in 0..<count {
      hasher.update(named[index].name)
      hasher.update("\0")
      hasher.update(tensorDigests[index])
    }
    return hasher
  }
}

/// The digests of some tensors, a tensor a task.
private final class TensorDigests<S: KernelScalar>: ParallelWork {
  private let tensors: [Tensor<S>]
  private let kernels: KernelTable
  private let digests: UnsafeMutableBufferPointer<Digest?>
  var isQuick = false

  init(_ tensors: [Tensor<S>], kernels: KernelTable) {
    self.tensors = tensors
    self.kernels = kernels
    digests = .allocate(capacity: tensors.count)
    digests.initialize(repeating: nil)
  }

  deinit {
    digests.deinitialize()
    digests.deallocate()
  }

  func perform(task: Int, worker: Int) {
    let values = UnsafeBufferPointer(tensors[task].elements)
    digests[task] =
      isQuick
      ? MixDigest.digest(of: values, kernels: kernels) : CanonicalDigest.digest(of: values, kernels: kernels)
  }

  subscript(index: Int) -> Digest {
    guard let digest = digests[index] else { preconditionFailure("tensor \(index) was not digested") }
    return digest
  }
}
