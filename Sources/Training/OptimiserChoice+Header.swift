import Files
import Optimisers
import Tensors

/// How a trace's first line tells the optimiser: the kind as `optimiser`, except the protocol's, and each field under the kind's
/// name and its own, as in `adam_beta1`.
extension OptimiserChoice {
  private static let key = "optimiser"

  var members: [JSONValue.Member] {
    (kind == Self.standard.kind ? [] : [.init(Self.key, .string(kind))])
      + settings.values.map { .init("\(kind)_\($0.name)", $0.value.json) }
  }

  /// - Parameter refuse: makes the error out of what is wrong.
  init(members: [String: JSONValue], refuse: (String) -> TrainingError) throws(TrainingError) {
    let name = members[Self.key].map { $0.string ?? $0.description } ?? Self.standard.kind
    guard let kind = Self.kind(name) else { throw refuse("there is no optimiser \(name)") }
    self.init(
      try kind.reading { (field, type) throws(TrainingError) in
        guard let value = members["\(name)_\(field)"].flatMap(OptimiserValue.init), type.allows(value) else {
          throw refuse("the setting \(name)_\(field) is missing or unknown")
        }
        return value
      })
  }
}

extension OptimiserValue {
  fileprivate var json: JSONValue {
    switch self {
    case .number(let number): JSONValue(number)
    case .flag(let flag): .bool(flag)
    case .kinds(let kinds): .array(kinds.map { .string($0.rawValue) })
    }
  }

  fileprivate init?(_ json: JSONValue) {
    if let number = json.double {
      self = .number(number)
    } else if let flag = json.bool {
      self = .flag(flag)
    } else if let words = json.array {
      let kinds = words.compactMap { $0.string.flatMap(ParameterKind.init) }
      guard kinds.count == words.count else { return nil }
      self = .kinds(kinds)
    } else {
      return nil
    }
  }
}
