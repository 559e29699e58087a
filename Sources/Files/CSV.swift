/// Comma-separated values. Source: RFC 4180.
public enum CSV {
  /// One line, without its end: a cell with a comma, a quote or a line break is quoted.
  public static func line(_ cells: [String]) -> String {
    cells.map { cell in
      guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
      return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }.joined(separator: ",")
  }
}
