import Digests
import Kernels
import Networks
import Tensors
import Testing

@Suite("The digest of a training state")
struct StateDigestTests {
  @Test("is SHA-256 over the documented bytes, on any number of threads", arguments: [1, 3])
  func documented(threads: Int) throws {
    let backend = try Backend(threads: threads)
    let trainee = try Trainee<Float>(SmallNetworks.normalisedResidual, backend: backend, capacity: 4)
    try trainee.train(steps: 2, count: 4)
    let (network, adam) = (trainee.network, trainee.adam)
    let evaluated = network.parameters.map { ($0.name, $0.value) } + network.buffers.map { ($0.name, $0.value) }
    let moments =
      network.parameters.indices.map { (network.parameters[$0].name + ".first", adam.state[0].tensors[$0]) }
      + network.parameters.indices.map { (network.parameters[$0].name + ".second", adam.state[1].tensors[$0]) }

    func bytes(_ tensors: [(String, Tensor<Float>)], _ digest: (Tensor<Float>) -> Digest) -> [UInt8] {
      tensors.flatMap { Array($0.0.utf8) + [0] + digest($0.1).bytes }
    }
    func sha(_ bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { Digest(of: $0) } }
    func exact(_ tensor: Tensor<Float>) -> Digest {
      sha(tensor.values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
    }
    func mixed(_ tensor: Tensor<Float>) -> Digest {
      MixDigest.digest(of: UnsafeBufferPointer(tensor.elements), kernels: backend.kernels(for: Float.self))
    }
    let updates: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0]
    let digest = StateDigest(network, adam)
    #expect(digest.full() == sha(bytes(evaluated + moments, exact) + updates))
    #expect(digest.quick() == sha(bytes(evaluated + moments, mixed) + updates))
    #expect(digest.evaluated() == sha(bytes(evaluated, exact)))
    // What one kind leaves behind must not show in another.
    #expect(digest.full() == sha(bytes(evaluated + moments, exact) + updates))
  }
}
