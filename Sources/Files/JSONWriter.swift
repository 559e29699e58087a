extension JSONValue: CustomStringConvertible {
  /// Compact JSON, members in order.
  public var description: String {
    var writer = JSONWriter(indents: false)
    writer.write(self)
    return writer.text
  }

  /// JSON for people: two spaces a level, one member a line, no newline at the end.
  public var indented: String {
    var writer = JSONWriter(indents: true)
    writer.write(self)
    return writer.text
  }
}

private struct JSONWriter {
  let indents: Bool
  private(set) var text = ""
  private var level = 0

  init(indents: Bool) { self.indents = indents }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let number): text += number
    case .string(let string): write(string)
    case .array(let values):
      write("[", values, "]") { writer, value in writer.write(value) }
    case .object(let members):
      write("{", members, "}") { writer, member in
        writer.write(member.key)
        writer.text += writer.indents ? ": " : ":"
        writer.write(member.value)
      }
    }
  }

  private mutating func write<Item>(
    _ opening: String, _ items: [Item], _ closing: String, _ writeItem: (inout JSONWriter, Item) -> Void
  ) {
    text += opening
    level += 1
    for (index, item) in items.enumerated() {
      if index > 0 { text += "," }
      breakLine()
      writeItem(&self, item)
    }
    level -= 1
    if !items.isEmpty { breakLine() }
    text += closing
  }

  private mutating func breakLine() {
    if indents { text += "\n" + String(repeating: "  ", count: level) }
  }

  private mutating func write(_ string: String) {
    // Nearly every string is copied whole.
    if !string.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
      text += "\"\(string)\""
      return
    }
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..."\u{1f}":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
