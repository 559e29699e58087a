import SwiftOperators
import SwiftParser
import SwiftSyntax

/// Finds the places of a file that the rules change.
///
/// Left alone: what is not compiled here (the branches of `#if` but the first), patterns and raw values, which must be
/// literals, arguments of `precondition` and its like, as what they guard ends the process, and how much memory is set aside
/// or given back, as no result differs.
final class SiteFinder: SyntaxVisitor {
  private(set) var sites: [Site] = []
  private let source: [UInt8]
  private let lines: SourceLocationConverter

  init(_ text: String, file: String) {
    source = Array(text.utf8)
    let tree = OperatorTable.standardOperators.foldAll(Parser.parse(source: text)) { _ in }
    lines = SourceLocationConverter(fileName: file, tree: tree)
    super.init(viewMode: .sourceAccurate)
    walk(tree)
    // Outer sites before the sites in them.
    sites.sort { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) }
  }

  private func range(_ node: some SyntaxProtocol) -> Range<Int> {
    node.positionAfterSkippingLeadingTrivia.utf8Offset..<node.endPositionBeforeTrailingTrivia.utf8Offset
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: source[range], as: UTF8.self) }

  private func add(_ node: some SyntaxProtocol, as form: Site.Form = .expression, _ variants: [(Mutant.Rule, String)]) {
    let line = lines.location(for: node.positionAfterSkippingLeadingTrivia).line
    let range = range(node)
    if let index = sites.firstIndex(where: { $0.range == range && $0.form == form }) {
      sites[index] = Site(
        range: range, form: form, line: line, variants: sites[index].variants + variants.map { (rule: $0.0, text: $0.1) })
    } else {
      sites.append(Site(range: range, form: form, line: line, variants: variants.map { (rule: $0.0, text: $0.1) }))
    }
  }

  // MARK: Operators

  private static let relations = [
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
  ]

  override func visit(_ node: InfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
    guard let symbol = node.operator.as(BinaryOperatorExprSyntax.self) else { return .visitChildren }
    let left = text(range(node.leftOperand)), right = text(range(node.rightOperand))
    if let others = Self.relations[symbol.operator.text] {
      add(node, others.map { (.relation, "\(left) \($0) \(right)") })
    } else if ["&&", "||"].contains(symbol.operator.text) {
      add(node, [(.condition, left), (.condition, right)])
    }
    return .visitChildren
  }

  // MARK: Constants

  override func visit(_ node: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    let digits = node.literal.text.replacing("_", with: "")
    let value =
      digits.hasPrefix("0x")
      ? Int(digits.dropFirst(2), radix: 16)
      : digits.hasPrefix("0b") ? Int(digits.dropFirst(2), radix: 2) : digits.hasPrefix("0o") ? nil : Int(digits)
    guard let value, value < 1 << 40 else { return .skipChildren }
    var variants: [(Mutant.Rule, String)] = [(.one, "\(value + 1)")]
    if value > 0 { variants.append((.one, "\(value - 1)")) }
    if value >= 15 { variants.append((.tenth, "\(value + value / 10)")) }
    add(node, variants)
    return .skipChildren
  }

  override func visit(_ node: FloatLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    guard let value = Double(node.literal.text.replacing("_", with: "")), value != 0 else { return .skipChildren }
    add(node, [(.tenth, "\(value * 1.1)"), (.tenth, "\(value * 0.9)")])
    return .skipChildren
  }

  override func visit(_ node: ExpressionPatternSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: EnumCaseElementSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

  // MARK: Conditions

  override func visit(_ node: ConditionElementSyntax) -> SyntaxVisitorContinueKind {
    guard case .expression(let condition) = node.condition else { return .visitChildren }
    switch node.parent?.parent?.kind {
    case .guardStmt: add(condition, [(.condition, "true")])
    case .ifExpr: add(condition, [(.condition, "true"), (.condition, "false")])
    // After `while true` no value is returned: without it the function would not compile.
    case .whileStmt where text(range(condition)) != "true": add(condition, [(.condition, "false")])
    default: break
    }
    return .visitChildren
  }

  override func visit(_ node: WhereClauseSyntax) -> SyntaxVisitorContinueKind {
    add(node.condition, [(.condition, "true")])
    return .visitChildren
  }

  override func visit(_ node: TernaryExprSyntax) -> SyntaxVisitorContinueKind {
    add(node.condition, [(.condition, "true"), (.condition, "false")])
    return .visitChildren
  }

  // MARK: Calls

  private static let ending: Set = ["precondition", "preconditionFailure", "fatalError", "assert", "assertionFailure", "exit"]

  override func visit(_ node: CodeBlockItemSyntax) -> SyntaxVisitorContinueKind {
    var expression = node.item.as(ExprSyntax.self)
    while let inner = expression?.as(TryExprSyntax.self)?.expression ?? expression?.as(AwaitExprSyntax.self)?.expression {
      expression = inner
    }
    guard let call = expression?.as(FunctionCallExprSyntax.self) else { return .visitChildren }
    let callee = text(range(call.calledExpression))
    // `.case(…)` and `Type(…)` alone are values.
    if callee.first == "." || callee.first?.isUppercase == true { return .visitChildren }
    if isMemory(callee) { return .skipChildren }
    if Self.ending.contains(callee) || callee.hasSuffix(".init") || callee.hasSuffix(".exit") || isReturned(node) {
      return .visitChildren
    }
    add(node.item, as: .statement, [(.call, "")])
    return .visitChildren
  }

  private func isMemory(_ callee: String) -> Bool { callee.hasSuffix(".reserveCapacity") || callee.hasSuffix(".deallocate") }

  /// Whether the statement is alone in a function, property or closure, whose value it then may be.
  private func isReturned(_ node: CodeBlockItemSyntax) -> Bool {
    guard let list = node.parent?.as(CodeBlockItemListSyntax.self), list.count == 1 else { return false }
    if let function = list.parent?.parent?.as(FunctionDeclSyntax.self) { return function.signature.returnClause != nil }
    return list.parent?.is(AccessorBlockSyntax.self) == true || list.parent?.is(ClosureExprSyntax.self) == true
  }

  override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    let callee = text(range(node.calledExpression))
    return Self.ending.contains(callee) || isMemory(callee) ? .skipChildren : .visitChildren
  }

  override func visit(_ node: IfConfigDeclSyntax) -> SyntaxVisitorContinueKind {
    if let elements = node.clauses.first?.elements { walk(elements) }
    return .skipChildren
  }
}
