import GradientChecking
import Kernels
import Tensors

/// A production shape on one instruction set, in binary32 and binary64 side by side.
struct PrecisionBench: Sendable, CustomStringConvertible {
  static let channels = 32
  static let classes = 100

  let set: InstructionSet
  let images: Int
  let side: Int

  /// The batch of training everywhere; without fused multiply-adds in hardware, fewer of the large images.
  static var all: [PrecisionBench] {
    InstructionSet.available.flatMap { set in
      [(32, 6), (16, 24), (8, 100)].map { side, fewer in
        PrecisionBench(set: set, images: set == .portable ? fewer : 100, side: side)
      }
    }
  }

  var description: String { "\(images)x\(side)x\(side)x\(Self.channels)" }
  var shape: [Int] { [images, side, side, Self.channels] }
  /// The shape that a layer's rows name: that of its input.
  func shape(for layer: String) -> String {
    switch layer {
    case "Linear": "\(images)x\(Self.channels) -> \(Self.classes)"
    case "SoftmaxCrossEntropy": "\(images)x\(Self.classes)"
    default: description
    }
  }

  var mode: String { "binary32, \(set.rawValue)" }
  var pixels: Int { side * side }

  func backend() throws -> Backend { try Backend(instructionSet: set, threads: 1) }

  /// |actual − expected| ≤ scale · factor, element by element.
  func row(
    _ layer: String, _ tensor: String, _ actual: Tensor<Float>, _ expected: Tensor<Double>,
    scale: Tensor<Double>, factor: Double
  ) -> GradientCheckRow {
    var tally = Tally(elementCount: actual.count)
    if expected.count == actual.count, scale.count == actual.count {
      tally.add(
        actual.pointer, expected: expected.pointer, scale: scale.pointer, factor: factor, count: actual.count)
    } else {
      tally.fail("\(actual.count) elements in binary32, \(expected.count) in binary64, \(scale.count) bounds")
    }
    return tally.row(layer: layer, tensor: tensor, shape: shape(for: layer), mode: mode)
  }
}

/// One tensor in both types, holding the same numbers, and their magnitudes.
struct TwinTensor {
  let single: Tensor<Float>
  let double: Tensor<Double>
  let magnitude: Tensor<Double>

  /// Numbers in ±`bound` around `centre`, repeating after a prime number of elements: drawing millions would take
  /// longer than computing with them.
  init(_ shape: [Int], within bound: Double = 1, around centre: Double = 0, _ generator: inout SeededGenerator) {
    single = Tensor(shape: shape)
    double = Tensor(shape: shape)
    magnitude = Tensor(shape: shape)
    let count = min(single.count, 10_007)
    let drawn = generator.uniform(centre - bound...centre + bound, count: count).map { Float($0) }
    Self.fill(single, with: drawn)
    Self.fill(double, with: drawn.map { Double($0) })
    Self.fill(magnitude, with: drawn.map { Double(abs($0)) })
  }

  /// An empty one, for outputs.
  init(shape: [Int]) {
    single = Tensor(shape: shape)
    double = Tensor(shape: shape)
    magnitude = Tensor(shape: shape)
  }

  private static func fill<S>(_ tensor: Tensor<S>, with values: [S]) {
    var place = 0
    values.withUnsafeBufferPointer { values in
      while place < tensor.count {
        let count = min(values.count, tensor.count - place)
        (tensor.pointer + place).update(from: values.baseAddress!, count: count)
        place += count
      }
    }
  }
}

/// A parameter in both types, and one that holds the magnitudes of its values and of its gradient's terms.
struct TwinParameter {
  let single: Parameter<Float>
  let double: Parameter<Double>
  let magnitude: Parameter<Double>

  init(
    _ name: String, _ shape: [Int], within bound: Double, around centre: Double = 0,
    _ generator: inout SeededGenerator
  ) {
    single = Parameter(name: name, shape: shape)
    double = Parameter(name: name, shape: shape)
    magnitude = Parameter(name: name, shape: shape)
    let twin = TwinTensor(shape, within: bound, around: centre, &generator)
    single.value.assign(twin.single.values)
    double.value.assign(twin.double.values)
    magnitude.value.assign(twin.magnitude.values)
  }
}
