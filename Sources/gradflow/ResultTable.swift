import Files
import Networks
import PlainText
import Traces
import Training

/// The last epoch of runs, a line each, as their traces tell it.
struct ResultTable {
  private var table = TextTable([
    ("run", .left), ("parameters", .right), ("epochs", .right), ("train loss", .right), ("train acc", .right),
    ("val loss", .right), ("val acc", .right), ("test acc", .right), ("digest", .left),
  ])

  init(_ directories: [RunDirectory]) throws {
    for directory in directories {
      guard fileExists(directory.trace) else { continue }
      let trace = try TracePath.whole(directory.path)
      let name = trace.header.runName
      guard let last = trace.epochs.last else {
        table.add([name, "\(trace.header.parameters)", "0", "-", "-", "-", "-", "-", "-"])
        continue
      }
      table.add([
        name, "\(trace.header.parameters)", "\(trace.epochs.count)", Text.fixed(last.trainLoss, 4),
        Text.percent(last.trainAccuracy), Text.fixed(last.validationLoss, 4), Text.percent(last.validationAccuracy),
        trace.test.map { Text.percent($0.accuracy) } ?? "-", String(last.digest.description.prefix(16)),
      ])
    }
  }

  var lines: [String] { table.lines }
}
