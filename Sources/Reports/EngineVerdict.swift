/// Whether the engine still computes what it computed when the goldens were recorded. It says nothing of the report's
/// numbers, and the distance to those says nothing of the engine: tables keep the two apart.
public struct EngineVerdict: Equatable, Sendable {
  public enum Kind: String, Equatable, Sendable, CaseIterable {
    case identical
    /// The same seed with other rounding.
    case withinRounding = "within-rounding"
    case withinBand = "within-band"
    /// Inside the bands, with bits that settings, seed and contract version promise equal.
    case otherBits = "other bits"
    case regression
    case notComparable = "not comparable"
    case noGolden = "no golden"
    /// Nobody asked: no goldens were given.
    case notChecked = "not checked"
  }

  public let kind: Kind
  /// What was compared, and what is outside; may be empty.
  public let detail: String

  public init(_ kind: Kind, detail: String = "") {
    self.kind = kind
    self.detail = detail
  }

  public static let notChecked = EngineVerdict(.notChecked)
}

/// What the goldens have to say of a set of runs.
public struct EngineFindings: Sendable {
  /// The verdict of each row.
  public var verdicts: [String: EngineVerdict]
  /// The interval that each metric may lie in, by row and epoch.
  public var bands: [String: [MetricBand]]

  public init(verdicts: [String: EngineVerdict] = [:], bands: [String: [MetricBand]] = [:]) {
    self.verdicts = verdicts
    self.bands = bands
  }

  public static let notChecked = EngineFindings()

  func verdict(of row: String) -> EngineVerdict { verdicts[row] ?? .notChecked }

  func band(_ row: String, _ metric: String) -> MetricBand? { bands[row]?.first { $0.metric == metric } }
}

/// The range of one metric of one row, epoch by epoch.
public struct MetricBand: Equatable, Sendable {
  /// As the trace names it: `val_loss`, `gradient_flow.input_conv_conv_0`; `test_accuracy` has one entry.
  public let metric: String
  /// `ranges[e]` is epoch e's.
  public let ranges: [ClosedRange<Double>]

  public init(metric: String, ranges: [ClosedRange<Double>]) {
    self.metric = metric
    self.ranges = ranges
  }
}
