import ArgumentParser
import Files
import Goldens
import PlainText
import Traces

struct GoldenShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "A golden or a trace as tables: metrics by epoch with their bands.",
    discussion: "With --all every number stands on a line of its own, so that two of them can be compared by any diff program.")

  @Argument(help: "A golden, a trace, or a run's directory.")
  var file: String

  @Flag(help: "Print every number on a line of its own.")
  var all = false

  func run() throws {
    let (whole, golden) = try TracePath.read(file)
    let trace = golden?.trace ?? whole
    for line in head(trace, golden) { try Console.print(line) }
    for line in all ? everyNumber(trace, golden) : tables(trace, golden) { try Console.print(line) }
  }

  private func head(_ trace: Trace, _ golden: Golden?) -> [String] {
    var lines = trace.header.settings.map { "\($0.name): \($0.json)" }
    guard let golden else { return lines }
    lines.append("reason: \(golden.reason)")
    if let ensemble = golden.bands?.ensemble {
      lines += [
        "bands: \(ensemble.method.rawValue) \(ensemble.version), \(ensemble.seeds.count) seeds under contract version "
          + "\(ensemble.numerics), \(ensemble.falseAlarmRate.map { "false alarms at most \(Text.percent($0))" } ?? "not calibrated")"
          + (ensemble.isProvisional ? ", provisional" : ""),
        "ensemble: \(ensemble.seeds.map { "\($0)" }.joined(separator: " "))",
      ]
    } else {
      lines.append("bands: none")
    }
    return lines
  }

  // MARK: Tables

  private func tables(_ trace: Trace, _ golden: Golden?) -> [String] {
    var table = TextTable([
      ("epoch", .left), ("train loss", .left), ("train acc", .left), ("val loss", .left), ("val acc", .left), ("digest", .left),
    ])
    func cell(_ value: Double, _ metric: Metric, _ epoch: Int) -> String {
      func text(_ value: Double) -> String { metric.isAccuracy ? Text.percent(value) : Text.fixed(value, 4) }
      guard let band = golden?.bands?.interval(metric, epoch: epoch) else { return text(value) }
      return "\(text(value)) [\(text(band.lower)), \(text(band.upper))]"
    }
    for line in trace.epochs {
      table.add([
        "\(line.epoch)", cell(line.trainLoss, .trainLoss, line.epoch), cell(line.trainAccuracy, .trainAccuracy, line.epoch),
        cell(line.validationLoss, .validationLoss, line.epoch),
        cell(line.validationAccuracy, .validationAccuracy, line.epoch), String(line.digest.description.prefix(16)),
      ])
    }
    var lines = [""] + table.lines
    if let test = trace.test {
      lines.append(
        "test (weights of epoch \(test.epoch), counted from 0): loss \(cell(test.loss, .testLoss, 0)), accuracy \(cell(test.accuracy, .testAccuracy, 0))"
      )
    }
    if let last = trace.epochs.last {
      var flow = TextTable([
        ("gradient flow, last epoch", .left), ("mean |gradient|", .right), ("lower", .right), ("upper", .right),
      ])
      for value in last.gradientFlow {
        let band = golden?.bands?.interval(.gradientFlow, epoch: last.epoch, layer: value.name)
        flow.add([
          value.name, Text.scientific(value.value), band.map { Text.scientific($0.lower) } ?? "-",
          band.map { Text.scientific($0.upper) } ?? "-",
        ])
      }
      lines += [""] + flow.lines
    }
    return lines
  }

  // MARK: Every number

  private func everyNumber(_ trace: Trace, _ golden: Golden?) -> [String] {
    var lines: [String] = []
    for line in trace.epochs {
      for value in line.values { lines.append("epoch \(line.epoch) \(value.name): \(exactText(value.value))") }
      lines.append("epoch \(line.epoch) digest: \(line.digest)")
    }
    if let test = trace.test {
      lines.append("test epoch: \(test.epoch)")
      for value in test.values { lines.append("test \(value.name): \(exactText(value.value))") }
      lines.append("test digest: \(test.digest)")
    }
    for band in golden?.bands?.bands ?? [] {
      for epoch in 0..<band.epochs {
        for (layer, name) in band.layers.enumerated() {
          let interval = band.interval(epoch: epoch, layer: layer)
          let place = band.metric.isOfTest ? "" : " epoch \(epoch)"
          lines.append(
            "band\(place) \(band.metric.rawValue)\(name.isEmpty ? "" : "." + name): \(exactText(interval.lower)) to "
              + exactText(interval.upper))
        }
      }
    }
    return lines
  }
}
