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
    /// In standard deviations; infinite where the runs have no number, or a zero where there is a logarithm.
    public let distance: Double
  }

  /// A quantity of a row beside one published curve.
  public struct Line: Equatable, Sendable {
    public let row: String
    /// "course code", "Figure 4".
    public let source: String
    /// "validation loss", or a layer whose gradient it is, or a group of layers.
    public let quantity: String
    let kind: Scatter.Kind
    /// Of the epochs that both have, ascending; never empty.
    public let points: [Point]

    /// The first of the farthest.
    public var farthest: Point { points.dropFirst().reduce(points[0]) { $1.distance > $0.distance ? $1 : $0 } }
    public var last: Point { points[points.count - 1] }
  }

  public let lines: [Line]
  /// Whether some row has seeds enough for their own scatter to be the measure.
  let isMeasured: Bool

  /// Of the rows whose runs are the report's experiment, whole or only begun.
  public init(_ runs: RunSet) {
    let rows = runs.rows.filter { $0.epochs > 0 && $0.isComparable }
    lines = rows.flatMap { Self.curves($0) + Self.flows($0) }
    isMeasured = rows.contains { $0.runs.count >= Scatter.seedsToMeasure }
  }

  // MARK: Losses and accuracies

  private static let metrics: [(CurveFigures.Metric, Scatter.Kind, String)] = [
    (.trainLoss, .trainLoss, "train loss"), (.trainAccuracy, .trainAccuracy, "train accuracy"),
    (.validationLoss, .validationLoss, "validation loss"), (.validationAccuracy, .validationAccuracy, "validation accuracy"),
  ]

  private static func curves(_ result: RowResult) -> [Line] {
    let course: CourseCurve? =
      switch result.row {
      case "vgg08": .vgg08
      case "vgg38": .vgg38
      default: nil
      }
    let points = result.row == "vgg38-bn-rc-1e-2" ? PublishedPoint.figure4 : []
    return metrics.flatMap { metric, kind, name -> [Line] in
      func line(_ source: String, _ published: [(epoch: Int, value: Double)]) -> Line? {
        let points = published.compactMap { epoch, value -> Point? in
          let values = result.runs.compactMap { run in
            run.epochs.indices.contains(epoch) ? metric.value(run.epochs[epoch]) : nil
          }
          guard let sample = Sample(values) else { return nil }
          return Point(
            epoch: epoch, runs: Span(sample.mean), published: Span(value),
            distance: Scatter(kind, row: result.row, sample: sample, published: value).distance(sample.mean, value))
        }
        return points.isEmpty ? nil : Line(row: result.row, source: source, quantity: name, kind: kind, points: points)
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
    return readings.map(\.layer).unique.compactMap { layer in
      let points = readings.filter { $0.layer == layer }.compactMap { reading -> Point? in
        let epoch = reading.isFirst ? 0 : ProtocolSettings.epochs - 1
        return point(reading, epoch: epoch, result)
      }
      let figure = readings.first { $0.layer == layer }?.figure ?? 0
      return points.isEmpty
        ? nil
        : Line(row: result.row, source: "Figure \(figure)", quantity: layer, kind: .gradient, points: points)
    }
  }

  /// Of a group of layers, its lowest and its highest are held against the ends of what was read off.
  private static func point(_ reading: PublishedFlow, epoch: Int, _ result: RowResult) -> Point? {
    let layers = result.representative.layers.filter(reading.covers)
    let samples = layers.compactMap { layer in
      Sample(result.runs.compactMap { run in run.epochs.indices.contains(epoch) ? run.epochs[epoch].gradientFlow[layer] : nil })
    }.map { (sample: $0, mean: $0.values.count == 1 ? $0.values[0] : GradientClaims.geometricMean($0.values)) }
    guard let low = samples.min(by: { $0.mean < $1.mean }), let high = samples.max(by: { $0.mean < $1.mean }) else { return nil }
    func distance(_ ours: (sample: Sample, mean: Double), _ theirs: Double) -> Double {
      Scatter(.gradient, row: result.row, sample: ours.sample, published: theirs).distance(ours.mean, theirs)
    }
    return Point(
      epoch: epoch, runs: Span(low.mean, high.mean), published: Span(reading.range.lowerBound, reading.range.upperBound),
      distance: max(distance(low, reading.range.lowerBound), distance(high, reading.range.upperBound)))
  }

  // MARK: Text

  /// What is said above the table; empty where no curve was published of any row.
  var lead: String {
    "Beside published curves, at all epochs that both have: the largest distance and the last one, each at its epoch, counted "
      + "from 0, in standard deviations of what two seeds differ by ("
      + (isMeasured
        ? "with \(Scatter.seedsToMeasure) seeds and more by their own scatter, otherwise " : "too few seeds to measure it: ")
      + "what four seeds did after two epochs). Nothing is judged by it."
  }

  var table: TextTable {
    var table = TextTable([
      ("row", .left), ("beside", .left), ("quantity", .left), ("epochs", .right), ("farthest", .right), ("runs", .right),
      ("published", .right), ("last", .right), ("runs", .right), ("published", .right),
    ])
    for line in lines {
      func cells(_ point: Point) -> [String] {
        [
          "\(Format.fixed(point.distance, 1)) at \(point.epoch)", line.kind.text(point.runs), line.kind.text(point.published),
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
        Member("deviations", JSONValue(point.distance)),
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
