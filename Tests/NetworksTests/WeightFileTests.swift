import Files
import Kernels
import Testing

@testable import Networks

@Suite("Weights from other programs")
struct WeightFileTests {
  private let network: Network<Float>
  private let plain: SafeTensors

  init() throws {
    let configuration = NetworkConfiguration(blocksPerStage: 0, filters: 4).with(classes: 3, side: 8)
    network = try Network(configuration, backend: Backend(threads: 1), capacity: 2)
    network.initialise(seed: 3)
    var file = SafeTensors()
    for (name, tensor) in network.state { file[name] = tensor.safeTensor }
    plain = file
  }

  private func renamed(_ name: (String) -> String) -> SafeTensors {
    var file = SafeTensors()
    for old in plain.names { file[name(old)] = plain[old] }
    return file
  }

  private var values: [[Float]] { network.state.map { $0.value.values } }

  @Test(
    "prefixes of wrappers are taken off in any combination, and are told",
    arguments: ["", "model.", "module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.model.", "module.module."])
  func prefixes(prefix: String) throws {
    let wanted = values
    network.initialise(seed: 4)
    #expect(values != wanted)
    let file = renamed { prefix + $0 }
    try network.load(file, file: "w")
    #expect(values == wanted)
    #expect(WeightName.prefixes(in: file) == (prefix.isEmpty ? [] : [prefix]))
  }

  @Test("a prefix that no wrapper has is no name of the network, and a name under two prefixes is refused")
  func refused() throws {
    #expect(throws: WeightFileError.self) { try network.load(renamed { "net." + $0 }, file: "w") }
    var twice = plain
    twice["module.logit_linear_layer.bias"] = plain["logit_linear_layer.bias"]
    let error = #expect(throws: WeightFileError.self) { try network.load(twice, file: "w") }
    #expect(error == .twice(file: "w", name: "logit_linear_layer.bias"))
    #expect(error?.description.contains("_orig_mod.") == true)
  }

  @Test("the first gradient that is not finite, from the loss backwards, is named; all finite is none")
  func gradients() throws {
    let batch = Batch<Float>(of: network.description, count: 2)
    for index in batch.images.elements.indices { batch.images.pointer[index] = Float(index % 7) / 7 }
    batch.labels.pointer[1] = 2
    try network.forward(batch, mode: .training)
    network.backward()
    #expect(network.firstNonFiniteGradient() == nil)
    for (place, value) in [(0, Float.infinity), (5, .nan), (network.parameters.count - 1, -.infinity)] {
      let gradient = network.parameters[place].gradient
      gradient.pointer[gradient.count - 1] = value
      #expect(network.firstNonFiniteGradient() == network.parameters[place].name)
    }
  }
}
