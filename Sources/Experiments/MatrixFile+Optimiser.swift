import Optimisers
import Tensors
import Yams

/// A row's optimiser in a matrix file: its kind, and fields that are not to have their usual values.
///
///     optimiser: {kind: adamw, weight_decay: 0.05, no_decay: [bias, gamma, beta]}
enum MatrixFileOptimiser {
  static let key = "optimiser"
  private static let kind = "kind"

  /// - Returns: the protocol's where the row names none.
  static func read(_ row: YAMLMapping) throws(MatrixFileError) -> OptimiserChoice {
    let all = OptimiserChoice.kinds.flatMap { $0.fieldTypes.map(\.name) }
    guard let anyKind = try row.optionalMapping(key, keys: [kind] + all) else { return .standard }
    let name = try anyKind.string(kind)
    guard let settings = OptimiserChoice.kind(name.value) else {
      let known = OptimiserChoice.kinds.map { $0.kind }.joined(separator: ", ")
      throw name.error("there is no optimiser \"\(name.value)\"; there are \(known)")
    }
    // Again, so that a field of another kind is refused.
    guard let entry = try row.optionalMapping(key, keys: [kind] + settings.fieldTypes.map(\.name)) else { return .standard }
    return OptimiserChoice(
      try settings.reading { (field, type) throws(MatrixFileError) in
        try entry.optionalValue(field, type.description) { node in
          OptimiserValue(node, as: type).flatMap { type.allows($0) ? $0 : nil }
        }?.value
      })
  }

  /// What `read` reads.
  static func text(_ choice: OptimiserChoice) -> String {
    let fields = choice.settings.values.map { "\($0.name): \($0.value.yaml)" }
    return "{\((["\(kind): \(choice.kind)"] + fields).joined(separator: ", "))}"
  }
}

extension OptimiserValue {
  fileprivate init?(_ node: Node, as type: OptimiserFieldType) {
    switch type {
    case .fraction, .positive, .share:
      guard let number = node.scalar.flatMap({ Double($0.string) }) else { return nil }
      self = .number(number)
    case .flag:
      guard let flag = node.scalar.flatMap({ Bool($0.string) }) else { return nil }
      self = .flag(flag)
    case .kinds:
      guard let nodes = node.sequence else { return nil }
      let kinds = nodes.compactMap { $0.scalar.flatMap { ParameterKind(rawValue: $0.string) } }
      guard kinds.count == nodes.count else { return nil }
      self = .kinds(kinds)
    }
  }

  fileprivate var yaml: String {
    switch self {
    case .number(let number): "\(number)"
    case .flag(let flag): "\(flag)"
    case .kinds(let kinds): "[\(kinds.map(\.rawValue).joined(separator: ", "))]"
    }
  }
}
