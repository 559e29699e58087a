import Files
import Traces

/// A run's metrics as a table for any tool: a line an epoch, a column a number, exact.
public enum MetricsCSV {
  /// Columns are named as in the trace (`gradient_flow.input_conv_conv_0`). The test's numbers stand in the line of the
  /// epoch whose weights were tested.
  public static func lines(_ trace: Trace) -> [String] {
    let names = trace.epochs.flatMap { $0.values.map(\.name) }.unique
    let test = trace.test?.values.map(\.name) ?? []
    return [CSV.line(["epoch"] + names + test.map { "test_\($0)" })]
      + trace.epochs.map { epoch in
        let values = Dictionary(epoch.values.map { ($0.name, exactText($0.value)) }, uniquingKeysWith: { first, _ in first })
        let tested = trace.test.flatMap { $0.epoch == epoch.epoch ? $0.values.map { exactText($0.value) } : nil }
        return CSV.line(
          ["\(epoch.epoch)"] + names.map { values[$0] ?? "" } + (tested ?? test.map { _ in "" }))
      }
  }
}
