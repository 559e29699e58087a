import Tensors

/// An optimiser in a word, as the command line takes it: `adam`, `sgd,momentum=0.9,nesterov=true`,
/// `adamw,weight_decay=0.05,no_decay=bias+gamma+beta`.
extension OptimiserChoice {
  /// - Throws: `OptimiserTextError` for a kind or a field that there is not, or a value that a field does not take.
  public init(parsing text: String) throws(OptimiserTextError) {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let name = words.first.map(String.init) ?? ""
    guard let kind = Self.kind(name) else {
      throw OptimiserTextError(
        "there is no optimiser \"\(name)\"; there are \(Self.kinds.map { $0.kind }.joined(separator: ", "))")
    }
    var given: [String: String] = [:]
    let known = kind.fieldTypes.map(\.name)
    for word in words.dropFirst() {
      let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2, known.contains(sides[0]) else {
        throw OptimiserTextError(
          "\(name) has no setting \"\(word)\"; it has \(known.map { $0 + "=..." }.joined(separator: ", "))")
      }
      guard given.updateValue(sides[1], forKey: sides[0]) == nil else {
        throw OptimiserTextError("\(name)'s \(sides[0]) is given twice")
      }
    }
    self.init(
      try kind.reading { (field, type) throws(OptimiserTextError) in
        guard let text = given[field] else { return nil }
        guard let value = OptimiserValue(text, as: type), type.allows(value) else {
          throw OptimiserTextError("\(name)'s \(field) is \"\(text)\"; it takes \(type.description)")
        }
        return value
      })
  }

  /// What `init(parsing:)` reads: the kind, and the settings that have not their usual values.
  public var text: String {
    let usual = Dictionary(uniqueKeysWithValues: Self.usualValues(of: type(of: settings)))
    let settings = settings.values.filter { usual[$0.name] != $0.value }.map { "\($0.name)=\($0.value.text)" }
    return ([kind] + settings).joined(separator: ",")
  }

  private static func usualValues(of kind: any OptimiserSettings.Type) -> [(String, OptimiserValue)] {
    kind.init().values.map { ($0.name, $0.value) }
  }
}

extension OptimiserValue {
  fileprivate var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .flag(let flag): "\(flag)"
    case .kinds(let kinds): kinds.map(\.rawValue).joined(separator: "+")
    }
  }

  fileprivate init?(_ text: String, as type: OptimiserFieldType) {
    switch type {
    case .fraction, .positive, .share:
      guard let number = Double(text) else { return nil }
      self = .number(number)
    case .flag:
      guard let flag = Bool(text) else { return nil }
      self = .flag(flag)
    case .kinds:
      let words = text.isEmpty ? [] : text.split(separator: "+", omittingEmptySubsequences: false)
      let kinds = words.compactMap { ParameterKind(rawValue: String($0)) }
      guard kinds.count == words.count else { return nil }
      self = .kinds(kinds)
    }
  }
}

/// What is wrong with the words for an optimiser.
public struct OptimiserTextError: Error, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
