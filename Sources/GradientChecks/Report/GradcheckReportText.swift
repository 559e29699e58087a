import Files
import GradientChecking
import PlainText

/// A report of gradient checks as people and as programs read it.
package struct GradcheckReportText {
  private let report: GradientCheckReport

  package init(_ report: GradientCheckReport) { self.report = report }

  package var lines: [String] {
    var table = TextTable([
      ("layer", .left), ("tensors", .left), ("shape", .left), ("mode", .left), ("checked", .right),
      ("error / bound", .right), ("kinks", .right), ("verdict", .left),
    ])
    for row in report.byCase {
      table.add([
        row.layer, row.tensor, row.shape, row.mode, "\(row.elementsChecked)", ratio(row.worstRatio),
        "\(row.kinksSkipped)", row.passed ? "passed" : "FAILED",
      ])
    }
    return table.lines + failureLines + [summary]
  }

  private var failureLines: [String] {
    report.failures.map { row in
      "FAILED \(row.layer), \(row.tensor) (\(row.shape), \(row.mode)): \(row.failure ?? "")\n"
        + "  again: gradflow gradcheck --layer \(row.layer)"
    }
  }

  private var summary: String {
    let elements = report.rows.reduce(0) { $0 + $1.elementsChecked }
    let kinks = report.rows.reduce(0) { $0 + $1.kinksSkipped }
    return "\(report.rows.count) tensors, \(elements) elements checked, \(kinks) kinks skipped: "
      + (report.passed ? "all passed" : "\(report.failures.count) FAILED")
  }

  /// Three significant digits, without a library's formatting.
  private func ratio(_ value: Double) -> String {
    guard value.isFinite else { return numberText(value) }
    guard value >= 0.001 else { return value == 0 ? "0" : "<0.001" }
    return "\((value * 1000).rounded() / 1000)"
  }

  package var json: JSONValue {
    .members(["passed": .bool(report.passed), "checks": .array(report.rows.map(json(of:)))])
  }

  private func json(of row: GradientCheckRow) -> JSONValue {
    .members([
      "layer": .string(row.layer), "tensor": .string(row.tensor), "shape": .string(row.shape),
      "mode": .string(row.mode), "elements": JSONValue(row.elementCount), "checked": JSONValue(row.elementsChecked),
      "worst_error_over_bound": JSONValue(row.worstRatio), "kinks_skipped": JSONValue(row.kinksSkipped),
      "passed": .bool(row.passed), "failure": row.failure.map { .string($0) } ?? .null,
    ])
  }
}
