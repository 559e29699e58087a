/// A table of the published numbers: plain commas, a line of names first.
struct CSVTable {
  let names: [String]
  let rows: [[String]]

  /// The published tables are part of the program: one that cannot be read is a mistake in it.
  init(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    func cells(_ line: Substring) -> [String] {
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    names = lines.first.map(cells) ?? []
    rows = lines.dropFirst().map(cells)
    precondition(!names.isEmpty && rows.allSatisfy { $0.count == names.count }, "a published table is not rectangular")
  }

  /// Each row by its columns' names.
  var records: [[String: String]] { rows.map { Dictionary(uniqueKeysWithValues: zip(names, $0)) } }
}
