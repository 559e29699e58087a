import Files
import Kernels

/// A file's images and labels: `images` [N, 3, side, side], F64, F32, F16 or BF16, already normalised; `labels` [N], I64.
struct ProbeBatch {
  static let imagesName = "images"
  static let labelsName = "labels"

  let count: Int
  let side: Int
  private let file: String
  private let pixels: [Double]
  private let labels: [Int64]

  /// - Throws: `ProbeError` for tensors that are missing, extra, of a wrong type or shape, or not finite.
  init(_ file: ProbeFile) throws(ProbeError) {
    self.file = file.name
    let content = file.content
    let extra = content.names.filter { $0 != Self.imagesName && $0 != Self.labelsName }
    let images = try Self.tensor(Self.imagesName, of: file)
    let labels = try Self.tensor(Self.labelsName, of: file)
    if !extra.isEmpty { throw .extraTensors(file: file.name, names: extra) }

    let channels = NetworkConfiguration.imageChannels
    let shape = images.shape
    guard shape.count == 4, shape[0] > 0, shape[1] == channels, shape[2] == shape[3] else {
      throw .misshapen(
        file: file.name, name: Self.imagesName,
        expected: "[N, \(channels), H, W] with N at least 1 and H and W the same", found: shape)
    }
    count = shape[0]
    side = shape[2]
    guard let pixels = images.doubles else {
      throw .wrongType(file: file.name, name: Self.imagesName, expected: "F64, F32, F16 or BF16", found: images.type.rawValue)
    }
    if let index = pixels.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(file: file.name, name: Self.imagesName, index: index, value: pixels[index])
    }
    self.pixels = pixels

    guard labels.type == .i64, let integers = labels.integers else {
      throw .wrongType(file: file.name, name: Self.labelsName, expected: "I64", found: labels.type.rawValue)
    }
    guard labels.shape == [count] else {
      throw .misshapen(
        file: file.name, name: Self.labelsName, expected: "[\(count)], one label an image", found: labels.shape)
    }
    self.labels = integers
  }

  private static func tensor(_ name: String, of file: ProbeFile) throws(ProbeError) -> SafeTensor {
    guard let tensor = file.content[name] else { throw .missingTensor(file: file.name, name: name) }
    return tensor
  }

  /// The batch as a network takes it.
  ///
  /// - Throws: `ProbeError` for a label that the network has no class for, or a pixel that its precision cannot hold.
  func batch<S>(for network: Network<S>) throws(ProbeError) -> Batch<S> {
    let batch = network.makeBatch()
    let classes = network.description.classes
    for (index, label) in labels.enumerated() {
      guard (0..<Int64(classes)).contains(label) else {
        throw .labelOutOfRange(file: file, index: index, label: label, classes: classes)
      }
      batch.labels.pointer[index] = Int32(label)
    }
    let values = pixels.map { S($0) }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .beyondPrecision(file: file, name: Self.imagesName, index: index, value: pixels[index])
    }
    PlaneOrder(images: count, side: side).interleave(values, into: batch.images)
    return batch
  }
}
