import Digests
import Kernels
import Networks
import Optimisers
import Tensors
import Testing
import Training

@Suite("The digest of a training state")
struct StateDigestTests {
  @Test("is SHA-256 over the documented bytes, on any number of threads", arguments: [1, 3])
  func documented(threads: Int) throws {
    let backend = try Backend(threads: threads)
    let configuration = NetworkConfiguration(
      blocksPerStage: 1, filters: 5, classes: 7, side: 8, normalisesProcessing: true, normalisesReduction: true,
      isResidual: true)
    let network = try Network<Float>(configuration, backend: backend, capacity: 4)
    network.initialise(seed: 1)
    let adam = Adam(network.parameters, backend: backend)
    let batch = network.makeBatch()
    for index in batch.images.elements.indices { batch.images.pointer[index] = Float(index * 37 % 101) / 50 - 1 }
    for _ in 0..<2 {
      try network.forward(batch, mode: .training)
      network.backward()
      adam.update(learningRate: 1e-2)
    }
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
