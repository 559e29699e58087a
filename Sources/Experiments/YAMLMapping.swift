import Yams

/// What is wrong with a matrix file, and where.
public struct MatrixFileError: Error, Equatable, CustomStringConvertible {
  public let file: String
  public let line: Int?
  public let problem: String

  public var description: String {
    "\(file)\(line.map { ":\($0)" } ?? ""): \(problem); `gradflow list --yaml` prints a file that is right"
  }
}

extension YamlError {
  /// The line of a syntax error.
  var line: Int? {
    switch self {
    case .reader(_, let offset, _, let text):
      offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  /// The parser's words, without the excerpt.
  var reason: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
    case .reader(let problem, _, _, _): problem
    case .duplicatedKeysInMapping(let keys, _): "a key stands twice: \(keys)"
    default: "\(self)"
    }
  }
}

/// A YAML mapping, each of whose keys must be one of those that it may have.
struct YAMLMapping {
  struct Located<Value> {
    let value: Value
    let file: String
    let line: Int?

    func error(_ problem: String) -> MatrixFileError { MatrixFileError(file: file, line: line, problem: problem) }
  }

  private let file: String
  private let line: Int?
  private let what: String
  private var entries: [(key: String, node: Node)] = []

  /// - Parameters:
  ///   - what: the mapping is, for messages.
  ///   - keys: all that it may have. A misspelt one is told of before the one that is missing then.
  init(_ node: Node, file: String, what: String, keys: [String]) throws(MatrixFileError) {
    self.file = file
    self.what = what
    line = node.mark?.line
    guard let mapping = node.mapping else {
      throw MatrixFileError(file: file, line: line, problem: "\(what) must be a mapping of keys to values")
    }
    var merged: [Node] = []
    for (key, value) in mapping {
      // YAML's merge key: `<<: *defaults`, or a list of such.
      if key.scalar?.string == "<<", key.scalar?.style == .plain {
        merged.append(contentsOf: value.sequence.map(Array.init) ?? [value])
        continue
      }
      guard let name = key.scalar?.string else {
        throw MatrixFileError(file: file, line: key.mark?.line, problem: "a key of \(what) is not a word")
      }
      if entries.contains(where: { $0.key == name }) {
        throw MatrixFileError(file: file, line: key.mark?.line, problem: "\"\(name)\" stands twice in \(what)")
      }
      guard keys.contains(name) else {
        throw MatrixFileError(
          file: file, line: key.mark?.line,
          problem: "\"\(name)\" is not a key of \(what); it has \(keys.joined(separator: ", "))")
      }
      entries.append((name, value))
    }
    // What stands in the mapping itself counts before what it merges, and of that the first that has a key.
    for node in merged {
      guard node.mapping != nil else {
        throw MatrixFileError(
          file: file, line: node.mark?.line, problem: "\"<<\" takes a mapping, as in <<: *name, or a list of them")
      }
      let more = try YAMLMapping(node, file: file, what: what, keys: keys)
      for entry in more.entries where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
    }
  }

  private func node(_ key: String) -> Node? {
    entries.first { $0.key == key }?.node
  }

  private func required(_ key: String) throws(MatrixFileError) -> Node {
    guard let node = self.node(key) else {
      throw MatrixFileError(file: file, line: line, problem: "\(what) has no \"\(key)\"")
    }
    return node
  }

  private func located<Value>(_ value: Value, _ node: Node) -> Located<Value> {
    Located(value: value, file: file, line: node.mark?.line)
  }

  private func wrong(_ key: String, _ node: Node, _ wanted: String) -> MatrixFileError {
    let found = node.scalar.map { "\"\($0.string)\"" } ?? "a list or mapping"
    return MatrixFileError(file: file, line: node.mark?.line, problem: "\(key) is \(found); it takes \(wanted)")
  }

  // MARK: Values

  private func string(_ key: String, _ node: Node) throws(MatrixFileError) -> Located<String> {
    guard let scalar = node.scalar, !scalar.string.contains(where: { $0.isNewline || $0 == "\"" || $0 == "\\" }) else {
      throw wrong(key, node, "one line of text without quotes and backslashes")
    }
    return located(scalar.string, node)
  }

  func string(_ key: String) throws(MatrixFileError) -> Located<String> {
    try string(key, required(key))
  }

  func optionalString(_ key: String) throws(MatrixFileError) -> Located<String>? {
    guard let node = self.node(key) else { return nil }
    return try string(key, node)
  }

  private func integer(_ key: String, _ node: Node, _ range: ClosedRange<Int>) throws(MatrixFileError) -> Located<Int> {
    guard let value = node.scalar.flatMap({ Int($0.string) }), range.contains(value) else {
      throw wrong(key, node, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return located(value, node)
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(MatrixFileError) -> Located<Int> {
    try integer(key, required(key), range)
  }

  func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(MatrixFileError) -> Located<Int>? {
    guard let node = self.node(key) else { return nil }
    return try integer(key, node, range)
  }

  func number(_ key: String, above low: Double, upTo high: Double) throws(MatrixFileError) -> Located<Double> {
    let node = try required(key)
    guard let value = node.scalar.flatMap({ Double($0.string) }), value > low, value <= high else {
      throw wrong(key, node, "a number above \(low), at most \(high)")
    }
    return located(value, node)
  }

  func optionalNumber(
    _ key: String, from low: Double, upTo high: Double
  ) throws(MatrixFileError) -> Located<Double>? {
    guard let node = self.node(key) else { return nil }
    guard let value = node.scalar.flatMap({ Double($0.string) }), value >= low, value <= high else {
      throw wrong(key, node, "a number from \(low) to \(high)")
    }
    return located(value, node)
  }

  /// - Parameters:
  ///   - wanted: what the key takes, for the message.
  ///   - read: `nil` for what it does not take.
  func optionalValue<Value>(
    _ key: String, _ wanted: String, _ read: (Node) -> Value?
  ) throws(MatrixFileError) -> Located<Value>? {
    guard let node = self.node(key) else { return nil }
    guard let value = read(node) else { throw wrong(key, node, wanted) }
    return located(value, node)
  }

  func boolean(_ key: String) throws(MatrixFileError) -> Located<Bool> {
    let node = try required(key)
    // YAML's core schema: https://yaml.org/spec/1.2.2/#1032-tag-resolution
    let values = ["true": true, "True": true, "TRUE": true, "false": false, "False": false, "FALSE": false]
    guard let value = node.scalar.flatMap({ values[$0.string] }) else { throw wrong(key, node, "true or false") }
    return located(value, node)
  }

  func sequence(_ key: String) throws(MatrixFileError) -> Located<[Node]> {
    let node = try required(key)
    guard let sequence = node.sequence else { throw wrong(key, node, "a list") }
    return located(Array(sequence), node)
  }

  func optionalSequence(_ key: String) throws(MatrixFileError) -> Located<[Node]>? {
    guard let node = self.node(key) else { return nil }
    guard let sequence = node.sequence else { throw wrong(key, node, "a list") }
    return located(Array(sequence), node)
  }

  func mapping(_ key: String, keys: [String]) throws(MatrixFileError) -> YAMLMapping {
    try YAMLMapping(required(key), file: file, what: key, keys: keys)
  }

  func optionalMapping(_ key: String, keys: [String]) throws(MatrixFileError) -> YAMLMapping? {
    guard let node = self.node(key) else { return nil }
    return try YAMLMapping(node, file: file, what: key, keys: keys)
  }
}
