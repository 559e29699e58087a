import Traces

/// Table 1 as these runs give it, beside the report's.
public struct Table1: Sendable {
  public struct Line: Sendable {
    public let row: String
    /// `nil` for a row outside Table 1.
    public let published: PublishedRow?
    /// `nil` where there are no runs.
    public let result: RowResult?
    public let engine: EngineVerdict
    public let distance: Distance

    /// Whether the distance is a judgement rather than a reason for none.
    var isJudged: Bool {
      switch distance {
      case .notRun, .notJudged: false
      case .meets, .amongReruns, .apart: true
      }
    }

    var reruns: [Replication] { published.map(Replication.of) ?? [] }
  }

  /// The seven rows, whether run or not, then the others that were run.
  public let lines: [Line]
  public let runs: RunSet

  public init(_ runs: RunSet, engine: EngineFindings = .notChecked) {
    self.runs = runs
    let outside = runs.rows.filter { PublishedRow.named($0.row) == nil }
    lines =
      PublishedRow.all.map { published in
        let result = runs[published.id]
        return Line(
          row: published.id, published: published, result: result,
          engine: result == nil ? .notChecked : engine.verdict(of: published.id), distance: Distance(result, published))
      }
      + outside.map { result in
        Line(
          row: result.row, published: nil, result: result, engine: engine.verdict(of: result.row),
          distance: .notJudged(["no row of Table 1"]))
      }
  }

  /// Engine verdicts of the rows that were run.
  var engineKinds: [EngineVerdict.Kind] { lines.filter { $0.result != nil }.map(\.engine.kind) }

  /// "5 identical, 2 within-band".
  public var engineSummary: String {
    EngineVerdict.Kind.allCases.compactMap { kind in
      let count = engineKinds.filter { $0 == kind }.count
      return count == 0 ? nil : "\(count) \(kind.rawValue)"
    }.joined(separator: ", ")
  }

  /// Whether a row has left its golden's bands, has other bits than the contract promises, or diverged, which no golden allows.
  public var hasDrift: Bool {
    lines.contains { $0.engine.kind == .regression || $0.engine.kind == .otherBits } || !runs.diverged.isEmpty
  }

  /// The numbers of a line, in the order of the table's columns.
  struct Metric: Sendable {
    /// As CSV and JSON name it.
    let key: String
    let title: String
    let isAccuracy: Bool
    let ours: @Sendable (RowResult) -> Sample?
    let published: @Sendable (PublishedRow) -> Double?
    let rerun: @Sendable (Replication) -> Double?

    static let all: [Metric] = [
      Metric(
        key: "train_loss", title: "train loss", isAccuracy: false, ours: { $0.last(\.trainLoss) },
        published: { $0.trainLoss }, rerun: { $0.trainLoss }),
      Metric(
        key: "train_accuracy", title: "train acc", isAccuracy: true, ours: { $0.last(\.trainAccuracy) },
        published: { $0.trainAccuracy }, rerun: { $0.trainAccuracy }),
      Metric(
        key: "val_loss", title: "val loss", isAccuracy: false, ours: { $0.last(\.validationLoss) },
        published: { $0.validationLoss }, rerun: { $0.validationLoss }),
      Metric(
        key: "val_accuracy", title: "val acc", isAccuracy: true, ours: { $0.last(\.validationAccuracy) },
        published: { $0.validationAccuracy }, rerun: { $0.validationAccuracy }),
      Metric(
        key: "test_accuracy", title: "test acc", isAccuracy: true, ours: { $0.testAccuracy },
        published: { $0.testAccuracy }, rerun: { $0.testAccuracy }),
    ]

    /// A number for people: a loss, or an accuracy in percent.
    func text(_ value: Double) -> String {
      isAccuracy ? Format.fixed(value * 100, 2) : Format.fixed(value, 3)
    }

    func text(_ sample: Sample?) -> String {
      guard let sample else { return "-" }
      guard let deviation = sample.deviation else { return text(sample.mean) }
      return "\(text(sample.mean)) ± \(text(deviation))"
    }

    /// A range, or a single number.
    func text(_ range: ClosedRange<Double>) -> String {
      let (low, high) = (text(range.lowerBound), text(range.upperBound))
      return low == high ? low : "\(low)–\(high)"
    }

    func difference(_ result: RowResult?, _ published: PublishedRow?) -> Double? {
      guard let ours = result.flatMap(ours)?.mean, let theirs = published.flatMap(self.published) else { return nil }
      return ours - theirs
    }

    func range(_ reruns: [Replication]) -> ClosedRange<Double>? {
      let values = reruns.compactMap(rerun)
      guard let low = values.min(), let high = values.max() else { return nil }
      return low...high
    }
  }
}

extension Table1.Line {
  /// "25", or "2 of 100" where CIFAR-100 runs have made fewer epochs than the protocol.
  var epochs: String {
    guard let result else { return "-" }
    let isPart = ProtocolSettings.isOfficialData(result.representative) && result.epochs < ProtocolSettings.epochs
    return isPart ? "\(result.epochs) of \(ProtocolSettings.epochs)" : "\(result.epochs)"
  }

  var model: String { published.map { "\($0.model), \($0.learningRate)" } ?? row }

  /// Runs that the line does not count, and why, and what is known of the reruns that it is held against.
  var remarks: [String] {
    guard let result else { return [] }
    let reruns = isJudged ? Replication.remark(on: reruns, of: row).map { ["\(row), \($0)"] } ?? [] : []
    let diverged = (result.runs + result.leftOut).compactMap { run in run.diverged.map { "\(run.name): \($0)" } }
    let torn = (result.runs + result.leftOut).compactMap { run in run.trace.torn.map { "\(run.name): \($0)" } }
    let unfinished = result.runs.filter { !$0.isFinished }
    return result.leftOut.map {
      "\($0.name) is left out: it has \(Format.count($0.epochs.count, "epoch"))\($0.isFinished ? "" : " and is unfinished"), "
        + "others of its row have \(result.epochs)"
    } + unfinished.map { "\($0.name) is unfinished: its last epoch is shown, and there is no test" } + diverged + torn + reruns
  }
}
