import Files

/// What is wrong with the batch of a probe, or with weights that have the right names and shapes.
public enum ProbeError: Error, Equatable, CustomStringConvertible {
  case missingTensor(file: String, name: String)
  case extraTensors(file: String, names: [String])
  case wrongType(file: String, name: String, expected: String, found: String)
  case misshapen(file: String, name: String, expected: String, found: [Int])
  case notFinite(file: String, name: String, index: Int, value: Double)
  /// Finite in the file, but beyond the precision that was asked for.
  case beyondPrecision(file: String, name: String, index: Int, value: Double)
  case negativeVariance(file: String, name: String, index: Int, value: Double)
  case labelOutOfRange(file: String, index: Int, label: Int64, classes: Int)
  case impossibleSizes(file: String, problem: String)

  public var description: String {
    switch self {
    case .missingTensor(let file, let name):
      "\(file) lacks \"\(name)\": a batch holds \"images\" [N, 3, H, W] and \"labels\" [N]"
    case .extraTensors(let file, let names):
      "\(file) holds \(names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")); a batch holds \"images\" and "
        + "\"labels\" only: remove the rest"
    case .wrongType(let file, let name, let expected, let found):
      "\(file): \"\(name)\" has elements of type \(found); expected is \(expected): convert it"
    case .misshapen(let file, let name, let expected, let found):
      "\(file): \"\(name)\" has the shape \(found); expected is \(expected)"
    case .notFinite(let file, let name, let index, let value):
      "\(file): element \(index) of \"\(name)\" is \(numberText(value)); all must be finite"
    case .beyondPrecision(let file, let name, let index, let value):
      "\(file): element \(index) of \"\(name)\" is \(numberText(value)), which binary32 cannot hold: use --precision f64"
    case .negativeVariance(let file, let name, let index, let value):
      "\(file): element \(index) of \"\(name)\" is \(numberText(value)); a variance is not negative"
    case .labelOutOfRange(let file, let index, let label, let classes):
      "\(file): label \(index) is \(label); the weights have \(classes) classes, so labels are 0 to \(classes - 1)"
    case .impossibleSizes(let file, let problem):
      "\(file) asks for an impossible network: \(problem)"
    }
  }
}
