import Files
import Platform
import PlainText
import Traces

/// How far runs lie from published curves, at every epoch that both have: the curves that shipped with the course code, points of
/// the report's Figure 4, and gradient flow read off its Figures 2, 3 and 5.
///
/// A distance is told in standard deviations of what two seeds differ by, so that all quantities have one scale. It decides
/// nothing: `Distance` judges the end of a run.
public struct CurveDistances: Sendable {
  /// One number, or the lowest and the highest of a group of layers.
  public struct Span: Equatable, Sendable {
    public let low: Double
    public let high: Double

    init(_ low: Double, _ high: Double) { (self.low, self.high) = (low, high) }
    init(_ value: Double) { self.init(value, value) }
  }

  public struct Point: Equatable, Sendable {
    /// Counted from 0.
    public let epoch: Int
    /// Means over the seeds; of the gradient, geometric ones.
    public let runs: Span
    public let published: Span
    /// In standard deviations; infinite where the runs have no number, or a zero where there is a logarithm; `nil` where it is
    /// not known what seeds differ by.
    public let distance: Double?

    /// What the farthest is found by: without a distance, the difference itself.
    fileprivate var size: Double { distance ?? abs(runs.low - published.low) }
  }

  /// A quantity of a row beside one published curve.
  public struct Line: Equatable, Sendable {
    public let row: String
    public let seeds: Int
    /// "course code", "Figure 4".
    public let source: String
    /// "validation loss", or a layer whose gradient it is, or a group of layers.
    public let quantity: String
    /// `nil` for gradients.
    let metric: CurveFigures.Metric?
    /// Of the epochs that both have, ascending; never empty.
    public let points: [Point]

    init(_ result: RowResult, source: String, quantity: String, metric: CurveFigures.Metric?, points: [Point]) {
      (row, seeds) = (result.row, result.runs.count)
      (self.source, self.quantity, self.metric, self.points) = (source, quantity, metric, points)
    }

    /// The first of the farthest.
    public var farthest: Point { points.dropFirst().reduce(points[0]) { $1.size > $0.size ? $1 : $0 } }
    public var last: Point { points[points.count - 1] }

    func text(_ span: Span) -> String {
      func text(_ value: Double) -> String {
        guard let metric else { return Format.scientific(value) }
        return metric.isLoss ? Format.fixed(value, 3) : Format.percent(value)
      }
      let (low, high) = (text(span.low), text(span.high))
      return low == high ? low : "\(low)–\(high)"
    }
  }

  public let lines: [Line]

  /// Of the rows whose runs are the report's experiment, whole or only begun.
  public init(_ runs: RunSet) {
    lines = runs.rows.filter(\.isComparable).flatMap { Self.curves($0) + Self.flows($0) }
  }

  // MARK: Losses and accuracies

  private static func curves(_ result: RowResult) -> [Line] {
    let course = CourseCurve.named(result.row), points = PublishedPoint.figure4.filter { $0.row == result.row }
    return CurveFigures.Metric.allCases.flatMap { metric -> [Line] in
      func line(_ source: String, _ published: [(epoch: Int, value: Double)]) -> Line? {
        let points = published.filter { $0.epoch < result.epochs }.compactMap { epoch, value -> Point? in
          guard let sample = Sample(result.runs.map { metric.value($0.epochs[epoch]) }) else { return nil }
          let scatter = Scatter(.metric(metric), row: result.row, sample: sample, published: value)
          return Point(
            epoch: epoch, runs: Span(sample.mean), published: Span(value), distance: scatter.distance(sample.mean, value))
        }
        return points.isEmpty ? nil : Line(result, source: source, quantity: metric.words, metric: metric, points: points)
      }
      return [
        course.flatMap { line("course code", metric.values($0).enumerated().map { ($0.offset, $0.element) }) },
        line("Figure 4", points.compactMap { point in metric.value(point).map { (point.epoch, $0) } }),
      ].compactMap { $0 }
    }
  }

  // MARK: Gradient flow

  private static func flows(_ result: RowResult) -> [Line] {
    let readings = PublishedFlow.all.filter { $0.row == result.row }
    return readings.reduced(by: \.layer).compactMap { first in
      let points = readings.filter { $0.layer == first.layer }.compactMap { point($0, result) }
      return points.isEmpty
        ? nil : Line(result, source: "Figure \(first.figure)", quantity: first.layer, metric: nil, points: points)
    }
  }

  /// Of a group of layers, its lowest and its highest are held against the ends of what was read off; one that is no number is
  /// both.
  private static func point(_ reading: PublishedFlow, _ result: RowResult) -> Point? {
    let epoch = reading.isFirst ? 0 : ProtocolSettings.epochs - 1
    guard epoch < result.epochs else { return nil }
    typealias Mean = (layer: String, sample: Sample, value: Double)
    let means = result.representative.layers.filter(reading.covers).compactMap { layer -> Mean? in
      guard let sample = Sample(result.runs.compactMap { $0.epochs[epoch].gradientFlow[layer] }) else { return nil }
      return (layer, sample, sample.values.count == 1 ? sample.values[0] : GradientClaims.geometricMean(sample.values))
    }
    let unknown = means.first { !$0.value.isFinite }
    guard let low = unknown ?? means.min(by: { $0.value < $1.value }),
      let high = unknown ?? means.max(by: { $0.value < $1.value })
    else { return nil }
    func distance(_ ours: Mean, _ theirs: Double) -> Double? {
      Scatter(.gradient(layer: ours.layer), row: result.row, sample: ours.sample, published: theirs).distance(ours.value, theirs)
    }
    return Point(
      epoch: epoch, runs: Span(low.value, high.value), published: Span(reading.range.lowerBound, reading.range.upperBound),
      distance: [distance(low, reading.range.lowerBound), distance(high, reading.range.upperBound)].compactMap { $0 }.max())
  }

  // MARK: Text

  /// What is said above the table.
  var lead: String {
    let isMeasured = lines.contains { $0.seeds >= Scatter.seedsToMeasure }
    let hasUnknown = lines.contains { $0.points.contains { $0.distance == nil } }
    let assumed = "as four seeds of the row scatter in the first two epochs"
    return
      "Beside published curves, at all epochs that both have: the largest distance and the last one, each at its epoch, counted "
      + "from 0; in standard deviations of what seeds differ by, "
      + (isMeasured ? "by their own scatter from \(Scatter.seedsToMeasure) seeds on, otherwise \(assumed)" : assumed)
      + (hasUnknown ? " (- where no scatter is known: losses of a network that does not learn)" : "")
      + ". Nothing is judged by it: the largest of 100 distances would often be above 2 by chance."
  }

  var table: TextTable {
    var table = TextTable([
      ("row", .left), ("beside", .left), ("quantity", .left), ("epochs", .right), ("farthest", .right), ("runs", .right),
      ("published", .right), ("last", .right), ("runs", .right), ("published", .right),
    ])
    for line in lines {
      func cells(_ point: Point) -> [String] {
        [
          "\(point.distance.map { Format.fixed($0, 1) } ?? "-") at \(point.epoch)", line.text(point.runs),
          line.text(point.published),
        ]
      }
      table.add([line.row, line.source, line.quantity, "\(line.points.count)"] + cells(line.farthest) + cells(line.last))
    }
    return table
  }

  var json: JSONValue {
    typealias Member = JSONValue.Member
    func point(_ point: Point) -> JSONValue {
      func span(_ span: Span) -> JSONValue { .array([JSONValue(span.low), JSONValue(span.high)]) }
      return .object([
        Member("epoch", JSONValue(point.epoch)), Member("runs", span(point.runs)), Member("published", span(point.published)),
        Member("deviations", point.distance.map { JSONValue($0) } ?? .null),
      ])
    }
    return .array(
      lines.map { line in
        .object([
          Member("row", .string(line.row)), Member("beside", .string(line.source)), Member("quantity", .string(line.quantity)),
          Member("epochs", JSONValue(line.points.count)), Member("farthest", point(line.farthest)),
          Member("last", point(line.last)),
        ])
      })
  }
}
