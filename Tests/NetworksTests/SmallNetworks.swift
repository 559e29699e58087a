import Kernels
import Networks
import Optimisers
import Tensors

/// Networks small enough for a debug build, with every kind of block.
enum SmallNetworks {
  static let plain = NetworkConfiguration(blocksPerStage: 1, filters: 5, classes: 7, side: 8)
  static let residual = NetworkConfiguration(blocksPerStage: 1, filters: 5, classes: 7, side: 8, isResidual: true)
  static let normalised = NetworkConfiguration(
    blocksPerStage: 1, filters: 5, classes: 7, side: 8, normalisesProcessing: true)
  static let normalisedResidual = NetworkConfiguration(
    blocksPerStage: 1, filters: 5, classes: 7, side: 8, normalisesProcessing: true, normalisesReduction: true,
    isResidual: true)
  static let shallow = NetworkConfiguration(blocksPerStage: 0, filters: 5, classes: 7, side: 8)

  static let all = [shallow, plain, residual, normalised, normalisedResidual]
}

extension Network {
  /// Some images of about unit variance and some labels, the same for the same `seed`.
  func batch(count: Int, seed: UInt32) -> Batch<S> {
    let batch = Batch<S>(of: description, count: count)
    for index in batch.images.elements.indices {
      let bits = (UInt32(truncatingIfNeeded: index) &+ seed &* 7_919) &* 2_654_435_769
      batch.images.pointer[index] = S(Float(bits >> 8) * 0x1p-23 - 1)
    }
    for image in 0..<count {
      batch.labels.pointer[image] = Int32((image * 3 + Int(seed)) % description.classes)
    }
    return batch
  }

  func parameter(_ name: String) -> Parameter<S> {
    guard let found = parameters.first(where: { $0.name == name }) else { preconditionFailure("no parameter \(name)") }
    return found
  }

  /// Everything that training changes, in order.
  var allValues: [S] { parameters.flatMap(\.value.values) + buffers.flatMap(\.value.values) }
}

/// A network with its optimiser, and what it does in a training step.
struct Trainee<S: KernelScalar> {
  let network: Network<S>
  let adam: Adam<S>

  init(_ configuration: NetworkConfiguration, backend: Backend, capacity: Int, seed: UInt64 = 1) throws {
    network = try Network(configuration, backend: backend, capacity: capacity)
    network.initialise(seed: seed)
    adam = Adam(network.parameters, backend: backend)
  }

  func step(_ batch: Batch<S>) throws {
    try network.forward(batch, mode: .training)
    network.backward()
    adam.update(learningRate: 1e-2)
  }

  func train(steps: Int, count: Int) throws {
    for index in 0..<steps {
      try step(network.batch(count: count, seed: UInt32(index)))
    }
  }
}
