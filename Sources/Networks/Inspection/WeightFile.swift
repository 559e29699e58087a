import Files
import Kernels
import Tensors

/// What is wrong with a file of weights, by the names of its tensors.
public enum WeightFileError: Error, Equatable, CustomStringConvertible {
  case missing(file: String, names: [String])
  case extra(file: String, names: [String])
  case shape(file: String, name: String, expected: [Int], found: [Int])
  case type(file: String, name: String, found: String)
  /// The same tensor under two names that differ in what wrappers put before them.
  case twice(file: String, name: String)
  /// Not finite in the file, or not any more in the precision that is computed in.
  case nonFinite(file: String, name: String, index: Int, value: Double)

  public var description: String {
    switch self {
    case .missing(let file, let names):
      "\(file) lacks \(Self.list(names)): it does not belong to this row, or is not a state dict of the course code"
    case .extra(let file, let names):
      "\(file) holds \(Self.list(names)), which this row's network does not have: is it another row's?"
    case .shape(let file, let name, let expected, let found):
      "\(file): \(name) has the shape \(found); this network's is \(expected)"
    case .type(let file, let name, let found): "\(file): \(name) is of type \(found); weights are F64, F32, F16 or BF16"
    case .twice(let file, let name):
      "\(file) holds \(name) twice, with different prefixes (\(WeightName.prefixes.joined(separator: ", "))): remove one"
    case .nonFinite(let file, let name, let index, let value):
      "\(file): element \(index) of \(name) is \(numberText(value))"
        + (value.isFinite ? ", which binary32 cannot hold: compute in binary64" : "; weights must be finite")
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}

extension Network {
  /// Parameters and buffers under the course code's names, in the order in which the signal meets them.
  public var state: [(name: String, value: Tensor<S>)] {
    let values = Dictionary(
      uniqueKeysWithValues: parameters.map { ($0.name, $0.value) } + buffers.map { ($0.name, $0.value) })
    return description.state.compactMap { specification in
      values[specification.name].map { (specification.name, $0) }
    }
  }

  /// Loads parameters and buffers; nothing is changed unless all of them are right.
  ///
  /// Prefixes that wrappers add to names (`WeightName`) and entries `num_batches_tracked` are accepted. Any other tensor that is
  /// missing, extra or of the wrong shape is refused by name. F64 values are rounded to S; F16 and BF16 are exact in it.
  ///
  /// - Parameters:
  ///   - file: for messages.
  ///   - prefix: of the entries to look at; others are left alone.
  public func load(_ tensors: SafeTensors, file: String, prefix: String = "") throws(WeightFileError) {
    var found: [String: SafeTensor] = [:]
    for name in tensors.names where name.hasPrefix(prefix) {
      let short = WeightName.plain(String(name.dropFirst(prefix.count)))
      if short.hasSuffix(".num_batches_tracked") { continue }
      guard found.updateValue(tensors[name]!, forKey: short) == nil else { throw .twice(file: file, name: short) }
    }
    let state = state
    let names = Set(state.map(\.name))
    let missing = state.map(\.name).filter { found[$0] == nil }
    if !missing.isEmpty { throw .missing(file: file, names: missing) }
    let extra = found.keys.filter { !names.contains($0) }.sorted()
    if !extra.isEmpty { throw .extra(file: file, names: extra) }
    var loaded: [(Tensor<S>, [S])] = []
    for (name, value) in state {
      guard let tensor = found[name] else { continue }
      guard tensor.shape == value.shape else {
        throw .shape(file: file, name: name, expected: value.shape, found: tensor.shape)
      }
      guard let numbers = tensor.doubles else { throw .type(file: file, name: name, found: tensor.type.rawValue) }
      let converted = numbers.map { S($0) }
      if let index = converted.firstIndex(where: { !$0.isFinite }) {
        throw .nonFinite(file: file, name: name, index: index, value: numbers[index])
      }
      loaded.append((value, converted))
    }
    for (tensor, values) in loaded { tensor.assign(values) }
  }
}

extension Tensor {
  /// The tensor as an entry of a safetensors file, of its own precision.
  public var safeTensor: SafeTensor {
    // One of the two is the identity; a cast of the whole array would look at each element.
    func entry<Element: SafeTensorElement>(_: Element.Type) -> SafeTensor {
      pointer.withMemoryRebound(to: Element.self, capacity: count) {
        SafeTensor(shape: shape, UnsafeBufferPointer(start: $0, count: count))
      }
    }
    return S.self == Float.self ? entry(Float.self) : entry(Double.self)
  }
}
