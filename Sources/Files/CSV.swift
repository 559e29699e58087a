/// Comma-separated values. Source: RFC 4180.
public enum CSV {
  /// One line, without its end: a cell with a comma, a quote or a line break is quoted.
  ///
  /// A text that a spreadsheet would run as a formula gets an apostrophe in front, because names in traces may come from anybody.
  /// Numbers stay as they are.
  public static func line(_ cells: [String]) -> String {
    cells.map { cell in
      let isFormula = cell.first.map { "=+-@\t\r".contains($0) } == true && Double(cell) == nil && cell != "-"
      let cell = isFormula ? "'" + cell : cell
      guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
      return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }.joined(separator: ",")
  }
}
