import Files
import PlainText

/// The same table for other programs.
extension TextTable {
  var markdown: [String] {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    return [line(titles), "|" + alignments.map { $0 == .left ? "---|" : "---:|" }.joined()]
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

  var csv: [String] { ([titles] + rows).map(CSV.line) }
}
