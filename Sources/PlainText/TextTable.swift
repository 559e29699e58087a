/// A table of texts, with a title over each column.
package struct TextTable {
  package enum Alignment { case left, right }

  package let titles: [String]
  package let alignments: [Alignment]
  package private(set) var rows: [[String]] = []

  package init(_ columns: [(title: String, alignment: Alignment)]) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  package mutating func add(_ cells: [String]) {
    precondition(cells.count == titles.count, "\(cells.count) cells for \(titles.count) columns")
    rows.append(cells)
  }

  /// Columns padded to their widest cell, two spaces between them, nothing at the ends of lines.
  package var lines: [String] {
    let all = [titles] + rows
    let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return alignments[column] == .left ? row[column] + space : space + row[column]
      }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }
}
