import Digests
import Kernels
import Networks
import Optimisers
import Tensors

/// Digests of everything that training changes, bit by bit.
///
/// A tensor's digest is SHA-256 over its elements in its own order (convolutions [out, in, 3, 3], linear [out, in]),
/// little-endian, NaNs canonical. A state's digest is SHA-256 over, for each tensor in order: its name in UTF-8, a zero
/// byte, its tensor digest. Order: parameters, buffers, then what the optimiser remembers, one kind after the other (of Adam
/// the first moments, their parameters' names with ".first", and the second, with ".second"), each as the signal meets them;
/// last the number of updates as eight bytes, little-endian.
public final class StateDigest<S: KernelScalar> {
  private let named: [(name: String, tensor: Tensor<S>)]
  private let optimiser: any Optimiser<S>
  private let backend: Backend
  private let tensorDigests: TensorDigests<S>
  private let evaluatedCount: Int

  public init(_ network: Network<S>, _ optimiser: any Optimiser<S>) {
    let parameters = network.parameters.map { ($0.name, $0.value) }
    evaluatedCount = parameters.count + network.buffers.count
    named =
      parameters + network.buffers.map { ($0.name, $0.value) }
      + optimiser.state.flatMap { state in
        zip(optimiser.parameters, state.tensors).map { ("\($0.name).\(state.name)", $1) }
      }
    self.optimiser = optimiser
    backend = network.backend
    tensorDigests = TensorDigests(named, kernels: backend.kernels(for: S.self))
  }

  /// Of parameters, buffers, optimiser state and the number of updates.
  public func full() -> Digest { everything(isQuick: false) }

  /// Of parameters and buffers: of what an evaluation depends on.
  public func evaluated() -> Digest { hash(evaluatedCount, isQuick: false).finalize() }

  /// The same as `full`, with each tensor's `MixDigest` in the place of its SHA-256: fast enough for every step.
  public func quick() -> Digest { everything(isQuick: true) }

  private func everything(isQuick: Bool) -> Digest {
    var hasher = hash(named.count, isQuick: isQuick)
    hasher.update(littleEndian: UInt64(optimiser.updates))
    return hasher.finalize()
  }

  private func hash(_ count: Int, isQuick: Bool) -> Digest.Hasher {
    backend.pool.run(tensorDigests, with: isQuick, tasks: count)
    var hasher = Digest.Hasher()
    hasher.update(tensorDigests.listing(count))
    return hasher
  }
}

/// The digests of some tensors, a tensor a task, each written behind its tensor's name: what a state's digest covers, in one
/// piece, since hundreds of small pieces take longer to hash than the small networks' tensors.
private final class TensorDigests<S: KernelScalar>: ParallelWork {
  private let tensors: [Tensor<S>]
  private let kernels: KernelTable
  /// For each tensor its name, a zero byte, and its digest from `places[index]` to `places[index] + digestBytes`.
  private let bytes: UnsafeMutableRawBufferPointer
  private let places: [Int]
  private static var digestBytes: Int { 32 }

  init(_ named: [(name: String, tensor: Tensor<S>)], kernels: KernelTable) {
    tensors = named.map(\.tensor)
    self.kernels = kernels
    var listing: [UInt8] = []
    var places: [Int] = []
    for (name, _) in named {
      listing += Array(name.utf8) + [0]
      places.append(listing.count)
      listing += [UInt8](repeating: 0, count: Self.digestBytes)
    }
    self.places = places
    bytes = .allocate(byteCount: listing.count, alignment: 16)
    bytes.copyBytes(from: listing)
  }

  deinit { bytes.deallocate() }

  func perform(task: Int, worker: Int, with isQuick: Bool) {
    let values = UnsafeBufferPointer(tensors[task].elements)
    let digest =
      isQuick
      ? MixDigest.digest(of: values, kernels: kernels) : CanonicalDigest.digest(of: values, kernels: kernels)
    UnsafeMutableRawBufferPointer(rebasing: bytes[places[task]...].prefix(Self.digestBytes)).copyBytes(from: digest.bytes)
  }

  /// Names and digests of the first `count` tensors.
  func listing(_ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[..<(count == 0 ? 0 : places[count - 1] + Self.digestBytes)])
  }
}
