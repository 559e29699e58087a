/// One mechanical change of one place in the source.
struct Mutant: Sendable {
  enum Rule: String, CaseIterable, Sendable {
    case relation = "relational operator"
    case one = "±1"
    case tenth = "10 %"
    case condition = "dropped condition"
    case call = "dropped call"
  }

  /// Its place in the list of all mutants of all modules, from 1; 0 is the program as it is.
  let number: Int
  let module: String
  /// Below the package's root.
  let file: String
  let line: Int
  let rule: Rule
  let original: String
  let replacement: String

  /// What it is, for people and for the file of results.
  var description: String {
    func short(_ text: String) -> String {
      let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return line.count <= 70 ? line : line.prefix(67) + "..."
    }
    let after = replacement.isEmpty ? "dropped" : "→ \(short(replacement))"
    return "\(file.dropFirst("Sources/".count)):\(line), \(rule.rawValue): \(short(original)) \(after)"
  }
}

/// A place in a file at which mutants stand.
struct Site {
  enum Form { case expression, statement }

  /// In UTF-8 bytes.
  let range: Range<Int>
  let form: Form
  let line: Int
  let variants: [(rule: Mutant.Rule, text: String)]
}
