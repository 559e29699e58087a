import Foundation

/// One deliberate mistake in the harness, which stands in a copy of the source beside others: behind its name, so that a
/// build serves all. What it changes is therefore an expression or a statement.
struct HarnessDefect {
  enum Form {
    /// `(isPlanted("id") ? (replace) : (find))`
    case expression
    /// `if isPlanted("id") { replace } else { find }`
    case statement
  }

  let id: String
  let what: String
  /// Path below the package's root.
  let file: String
  /// Stands in the file exactly once, and holds `find` exactly once.
  let place: String
  let find: String
  let replace: String
  let form: Form
  /// The tests that must notice it, as `swift test --filter` takes them.
  let tests: String

  init(
    _ id: String, _ what: String, _ file: String, within place: String? = nil, _ find: String, _ replace: String,
    form: Form = .expression, noticedBy tests: String
  ) {
    self.id = id
    self.what = what
    self.file = file
    self.place = place ?? find
    self.find = find
    self.replace = replace
    self.form = form
    self.tests = tests
  }

  init(_ id: String, _ what: String, _ file: String, statement find: String, _ replace: String, noticedBy tests: String) {
    self.init(id, what, file, find, replace, form: .statement, noticedBy: tests)
  }

  /// What is wrong with the text of its place; `nil` if it can be planted there.
  func objection(in text: String) -> String? {
    let places = text.components(separatedBy: place).count - 1
    if places != 1 { return "its text stands \(places) times in \(file), not once" }
    let finds = place.components(separatedBy: find).count - 1
    return finds == 1 ? nil : "\(find) stands \(finds) times in its place, not once"
  }

  func planted(in text: String) -> String {
    let name = "isPlanted(\"\(id)\")"
    let changed =
      switch form {
      case .expression: "(\(name) ? (\(replace)) : (\(find)))"
      case .statement: "if \(name) { \(replace) } else { \(find) }"
      }
    return text.replacingOccurrences(of: place, with: place.replacingOccurrences(of: find, with: changed))
  }
}
