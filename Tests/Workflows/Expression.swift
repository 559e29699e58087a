import Foundation

/// What stands between `${{` and `}}`: names such as `inputs.profile`, words in quotes, numbers, `||`, `==`, `!=` and `always()`.
public struct ExpressionContext: Sendable {
  /// By full name, `inputs.profile`.
  public var values: [String: String]

  public init(_ values: [String: String]) { self.values = values }

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
    guard var text = condition else { return true }
    if text.hasPrefix("${{"), text.hasSuffix("}}") { text = String(text.dropFirst(3).dropLast(2)) }
    let value = try value(text)
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
    if text == "always()" { return "true" }
    if text.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") { return String(text.dropFirst().dropLast()) }
    if Int(text) != nil { return text }
    guard let value = values[text] else { throw WorkflowError("the expression \"\(text)\" has no value") }
    return value
  }
}
