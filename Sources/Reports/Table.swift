import Files

/// A table of texts, printed in three forms.
struct Table {
  enum Alignment { case left, right }

  let columns: [(title: String, alignment: Alignment)]
  private(set) var rows: [[String]] = []

  init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  /// Columns padded to their widest cell, two spaces between them, nothing at the ends of lines.
  var text: [String] {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return columns[column].alignment == .left ? row[column] + space : space + row[column]
      }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }

  var markdown: [String] {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    return [line(columns.map(\.title)), "|" + columns.map { $0.alignment == .left ? "---|" : "---:|" }.joined()]
      + rows.map { line($0.map(Self.escapedForMarkdown)) }
  }

  /// A cell that ends neither its column nor its line, and whose angle brackets are no markup.
  static func escapedForMarkdown(_ cell: String) -> String {
    var result = ""
    for character in cell {
      switch character {
      case "|", "\\", "`": result += "\\\(character)"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case _ where character.isNewline: result += " "
      default: result.append(character)
      }
    }
    return result
  }

  var csv: [String] { ([columns.map(\.title)] + rows).map(CSV.line) }
}
