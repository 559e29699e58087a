import Foundation

/// What stands between `${{` and `}}`: names such as `inputs.profile`, words in quotes, numbers, `||`, `==`, `!=`,
/// `always()` and `!cancelled()`: here nothing is cancelled.
public struct ExpressionContext: Sendable {
  /// By full name, `inputs.profile`.
  public var values: [String: String]

  public init(_ values: [String: String]) { self.values = values }

  private static let afterFailure = ["always()", "!cancelled()"]

  /// Whether a step or a job with that condition is made also where one before it, or one that it needs, failed.
  public static func isMadeAfterFailure(_ condition: String?) -> Bool {
    guard let condition else { return false }
    return afterFailure.contains(bare(condition))
  }

  /// A condition may stand in an expression's brackets or without.
  private static func bare(_ condition: String) -> String {
    let isExpression = condition.hasPrefix("${{") && condition.hasSuffix("}}")
    return (isExpression ? String(condition.dropFirst(3).dropLast(2)) : condition).trimmingCharacters(in: .whitespaces)
  }

  /// A text with its expressions replaced by their values.
  public func substituted(_ text: String) throws -> String {
    var parts = text.components(separatedBy: "${{")
    var result = parts.removeFirst()
    for part in parts {
      guard let end = part.range(of: "}}") else { throw WorkflowError("an expression has no end: \(part)") }
      result += try value(String(part[..<end.lowerBound])) + part[end.upperBound...]
    }
    return result
  }

  /// Whether a step or a job with that condition is made.
  public func holds(_ condition: String?) throws -> Bool {
    guard let condition else { return true }
    let value = try value(Self.bare(condition))
    return value != "false" && !value.isEmpty
  }

  func value(_ text: String) throws -> String {
    let text = text.trimmingCharacters(in: .whitespaces)
    // The first that is not empty.
    let choices = text.components(separatedBy: "||")
    if choices.count > 1 { return try choices.map(value).first { !$0.isEmpty && $0 != "false" } ?? "" }
    for (sign, isEqual) in [("==", true), ("!=", false)] {
      let sides = text.components(separatedBy: sign)
      if sides.count == 2 { return try "\((value(sides[0]) == value(sides[1])) == isEqual)" }
    }
    if Self.afterFailure.contains(text) { return "true" }
    if text.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") { return String(text.dropFirst().dropLast()) }
    if Int(text) != nil { return text }
    guard let value = values[text] else { throw WorkflowError("the expression \"\(text)\" has no value") }
    return value
  }
}
