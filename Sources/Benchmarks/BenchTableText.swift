import Files
import Foundation
import PlainText

/// The table of `gradflow bench --rows` for terminals, documents and programs.
package struct BenchTableText {
  let reports: [BenchReport]
  /// The other frameworks, such as "PyTorch 2.15.0 (fp32, channels_last)".
  let peers: [String]
  let batch: Int
  let steps: Int
  let threads: Int

  /// The first word, and of several peers what they compute with.
  private var shortNames: [String] {
    peers.map { name in
      let word = name.split(separator: " ").first.map(String.init) ?? name
      guard peers.count > 1, let kind = name.split(separator: "(").last?.split(whereSeparator: { ",)".contains($0) }).first
      else { return word }
      return "\(word) \(kind)"
    }
  }

  private var titles: [String] {
    let others = shortNames.flatMap { ["\($0), ms", "ratio"] }
    return ["row", "instruction set", "step, ms"] + others + ["evaluation, ms"] + others
  }

  private var cells: [[String]] {
    reports.map { report in
      func others(_ ours: Double, _ times: (BenchReport.Peer) -> [Double]) -> [String] {
        peers.indices.flatMap { index -> [String] in
          guard index < report.peers.count else { return ["-", "-"] }
          let theirs = BenchReport.median(times(report.peers[index]))
          return [Text.fixed(theirs, 1), Text.fixed(ours / theirs, 2)]
        }
      }
      return [report.row, report.isa, Text.fixed(report.stepMedian, 1)] + others(report.stepMedian, \.step)
        + [Text.fixed(report.evaluationMedian, 1)] + others(report.evaluationMedian, \.evaluation)
    }
  }

  /// What the numbers are, in a sentence.
  private var caption: String {
    let others = peers.isEmpty ? "" : ", in turn with \(peers.joined(separator: " and "))"
    return "\(date), \(Machine.processorName), \(threads) threads, batch \(batch): medians of \(steps) steps\(others)"
  }

  private var date: String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withFullDate]
    return formatter.string(from: Date())
  }

  package var lines: [String] {
    var table = TextTable(titles.enumerated().map { ($1, $0 < 2 ? .left : .right) })
    for row in cells { table.add(row) }
    return table.lines + ["", caption]
  }

  package var markdown: [String] {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let rule = "|" + titles.indices.map { $0 < 2 ? "---|" : "---:|" }.joined()
    return [line(titles), rule] + cells.map { line(["`\($0[0])`"] + $0.dropFirst()) } + ["", caption + "."]
  }

  package var json: JSONValue {
    .members([
      "processor": .string(Machine.processorName), "date": .string(date), "peer": peers.first.map { .string($0) } ?? .null,
      "rows": .array(reports.map(\.json)),
    ])
  }
}
