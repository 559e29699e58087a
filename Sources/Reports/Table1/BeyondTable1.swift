import Files
import PlainText
import Traces

/// Rows that Table 1 has not beside its best one, which they vary or answer: what each has of its own, its gradient flow, its
/// last epoch, and whether its validation accuracy differs by more than seeds do.
public struct BeyondTable1: Sendable {
  /// The row of Table 1 that the others stand beside.
  public static let reference = "vgg38-bn-rc-1e-2"

  public struct Line: Sendable {
    public let result: RowResult
    /// The settings that the reference has not, or has otherwise: `batch_norm_ghost 10`.
    public let settings: [String]
    /// Against the reference; `nil` for itself, without it, and for runs of another number of epochs.
    public let difference: Difference?
  }

  /// A difference of mean validation accuracies.
  public struct Difference: Equatable, Sendable {
    public enum Word: String, Sendable { case higher, lower, withinNoise = "within noise" }

    public let value: Double
    /// What seeds do at most, one-sided at 95 % (`Noise.Threshold`).
    public let threshold: Double
    public let isMeasured: Bool

    public var word: Word { abs(value) <= threshold ? .withinNoise : value > 0 ? .higher : .lower }
  }

  /// The reference, where it was run, then the others by name; empty where no other was run.
  public let lines: [Line]

  public init(_ runs: RunSet) {
    let others = runs.rows.filter { PublishedRow.named($0.row) == nil }
    let reference = runs[Self.reference]
    lines =
      others.isEmpty
      ? []
      : (reference.map { [$0] } ?? []).map { Line(result: $0, settings: [], difference: nil) }
        + others.map {
          Line(result: $0, settings: Self.settings($0, besides: reference), difference: Self.difference($0, reference))
        }
  }

  private static func settings(_ result: RowResult, besides reference: RowResult?) -> [String] {
    guard let reference else { return [] }
    let usual = Dictionary(
      reference.representative.header.training.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    let optimiser = (own: optimiser(result), usual: self.optimiser(reference))
    return result.representative.header.training.filter { setting in
      // Of another optimiser, what it has otherwise than the reference's.
      let rest = setting.key.hasPrefix(optimiser.own + "_") ? setting.key.dropFirst(optimiser.own.count + 1) : nil
      return usual[setting.key] != setting.value && rest.flatMap { usual["\(optimiser.usual)_\($0)"] } != setting.value
    }.map { "\($0.key) \(text($0.value))" }
  }

  private static func optimiser(_ result: RowResult) -> String {
    result.representative.setting("optimiser")?.string ?? "adam"
  }

  private static func text(_ value: JSONValue) -> String {
    value.array.map { $0.map(text).joined(separator: "+") } ?? value.string ?? value.description
  }

  private static func difference(_ result: RowResult, _ reference: RowResult?) -> Difference? {
    guard let reference, reference.epochs == result.epochs, let ours = result.last(\.validationAccuracy),
      let usual = reference.last(\.validationAccuracy)
    else { return nil }
    let threshold = Noise.Threshold(
      ours, usual, pool: [ours, usual], images: result.representative.validationImages ?? ProtocolSettings.validationImages)
    return Difference(value: ours.mean - usual.mean, threshold: threshold.value, isMeasured: threshold.isMeasured)
  }

  // MARK: Text

  /// What the section says above its table.
  var lead: String {
    let words =
      switch (areMeasured.contains(true), areMeasured.contains(false)) {
      case (true, false): "by their own scatter."
      case (true, true): "by their own scatter, and where * stands by an assumed one: there too few seeds were run to measure it."
      default: "whose scatter is assumed: too few were run to measure it."
      }
    return
      "Rows outside Table 1, beside \(Self.reference). The gradient flow is the mean |gradient| of the first convolution and of "
      + "the linear layer at the end of the first epoch, lowest seed. A validation accuracy is called higher or lower where it "
      + "differs by more than seeds do, " + words
  }

  /// Of each row; its numbers are in the rows of the table itself.
  var json: JSONValue {
    typealias Member = JSONValue.Member
    return .array(
      lines.map { line in
        let difference = line.difference.map { difference in
          JSONValue.object([
            Member("value", JSONValue(difference.value)), Member("threshold", JSONValue(difference.threshold)),
            Member("noise", .string(difference.isMeasured ? "measured" : "assumed")),
            Member("verdict", .string(difference.word.rawValue)),
          ])
        }
        return .object([
          Member("row", .string(line.result.row)), Member("settings", .array(line.settings.map(JSONValue.string))),
          Member("val_accuracy_difference", difference ?? .null),
        ])
      })
  }

  /// Of each difference, whether seeds tell its noise.
  private var areMeasured: [Bool] { lines.compactMap { $0.difference?.isMeasured } }

  var table: TextTable {
    var table = TextTable([
      ("row", .left), ("what else", .left), ("seeds", .right), ("epochs", .right), ("flow: first", .right), ("last", .right),
      ("train loss", .right), ("val loss", .right), ("val acc", .right), ("test acc", .right), ("val acc, points", .right),
      ("", .left),
    ])
    let isMixed = Set(areMeasured).count == 2
    for line in lines {
      let result = line.result, flow = result.representative.epochs.first?.gradientFlow ?? []
      func metric(_ key: String) -> String {
        Table1.Metric.all.first { $0.key == key }.map { $0.text($0.ours(result)) } ?? "-"
      }
      table.add([
        result.row, line.settings.isEmpty ? "-" : line.settings.joined(separator: ", "), "\(result.runs.count)",
        "\(result.epochs)", flow.first.map { Format.scientific($0.value) } ?? "-",
        flow.last.map { Format.scientific($0.value) } ?? "-", metric("train_loss"), metric("val_loss"), metric("val_accuracy"),
        metric("test_accuracy"),
        line.difference.map {
          "\(Format.signed($0.value * 100, 2)) (\(Format.fixed($0.threshold * 100, 2))\(isMixed && !$0.isMeasured ? "*" : ""))"
        } ?? "-",
        line.difference?.word.rawValue ?? "",
      ])
    }
    return table
  }
}
