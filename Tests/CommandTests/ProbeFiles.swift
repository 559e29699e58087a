import Files
import Kernels
import Networks
import Tensors
import TestSupport

/// A small network's weights and a batch for it, as files, to be damaged in one place.
struct ProbeFiles {
  static let images = 2
  static let side = 8
  static let classes = 3
  static let firstWeight = "layer_dict.input_conv.layer_dict.conv_0.weight"
  static let firstVariance = "layer_dict.input_conv.layer_dict.bn_0.running_var"

  var weights: SafeTensors
  var batch: SafeTensors

  init(row: String = "vgg08") throws {
    var configuration = try StandardRow.named(row).configuration.with(classes: Self.classes, side: Self.side)
    configuration.filters = 2
    let network = try Network<Float>(configuration, backend: try .init(threads: 1), capacity: 1)
    network.initialise(seed: 0)
    weights = SafeTensors()
    for (name, value) in network.state { weights[name] = value.safeTensor }
    batch = SafeTensors()
    let count = Self.images * 3 * Self.side * Self.side
    batch["images"] = SafeTensor(
      shape: [Self.images, 3, Self.side, Self.side], (0..<count).map { Float($0 * 37 % 101) / 50 - 1 })
    batch["labels"] = SafeTensor(shape: [Self.images], [Int64(0), 2])
  }

  /// Writes both and returns the probe's arguments for them.
  func arguments(in directory: TemporaryDirectory, row: String = "vgg08", out: String = "out.safetensors") throws -> [String] {
    try AtomicFile.write(weights.fileBytes, to: directory.path("weights.safetensors"))
    try AtomicFile.write(batch.fileBytes, to: directory.path("batch.safetensors"))
    return [
      "probe", "--row", row, "--weights", directory.path("weights.safetensors"), "--batch",
      directory.path("batch.safetensors"), "--out", directory.path(out),
    ]
  }
}
