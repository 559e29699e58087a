import Files
import Foundation
import PlainText

/// The table of `gradflow bench --rows` for terminals, documents and programs.
package struct BenchTableText {
  let reports: [BenchReport]
  /// The other framework, such as "PyTorch 2.15.0".
  let peer: String?
  let batch: Int
  let steps: Int
  let threads: Int

  private var titles: [String] {
    guard let peer else { return ["row", "instruction set", "step, ms", "evaluation, ms"] }
    let name = peer.split(separator: " ").first.map(String.init) ?? peer
    return [
      "row", "instruction set", "step, ms", "\(name), ms", "ratio", "evaluation, ms", "\(name), ms", "ratio",
    ]
  }

  private var cells: [[String]] {
    reports.map { report in
      let names = [report.row, report.isa]
      func pair(_ ours: Double, _ others: Double) -> [String] {
        [Text.fixed(ours, 1), Text.fixed(others, 1), Text.fixed(ours / others, 2)]
      }
      guard peer != nil, let others = report.peer else {
        let ours = [Text.fixed(report.stepMedian, 1), Text.fixed(report.evaluationMedian, 1)]
        return names + (peer == nil ? ours : [ours[0], "-", "-", ours[1], "-", "-"])
      }
      return names + pair(report.stepMedian, BenchReport.median(others.step))
        + pair(report.evaluationMedian, BenchReport.median(others.evaluation))
    }
  }

  /// What the numbers are, in a sentence.
  private var caption: String {
    let others = peer.map { ", in turn with \($0)" } ?? ""
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
      "processor": .string(Machine.processorName), "date": .string(date), "peer": peer.map { .string($0) } ?? .null,
      "rows": .array(reports.map(\.json)),
    ])
  }
}
