import LayerNames
import Traces

/// One metric of one run as numbers, laid out alike for all runs of a row: rows are epochs (one for the test), columns
/// are layers (one, without a name, where the metric has none).
struct Measurements: Equatable, Sendable {
  let metric: Metric
  let layers: [String]
  /// `values[epoch][layer]`, in the metric's own unit.
  let values: [[Double]]

  /// - Returns: `nil` if the trace has no test line and the metric is of the test, or has no layers to take it of, or does not
  ///   tell it in every epoch.
  init?(_ metric: Metric, of trace: Trace) {
    func single(_ key: (EpochLine) -> Double) -> [[Double]] { trace.epochs.map { [key($0)] } }
    self.metric = metric
    let norms = metric.isNorm ? Self.norms(metric, trace) : []
    layers =
      metric.isNorm
      ? norms.first?.map(\.name) ?? []
      : metric.hasLayers ? trace.epochs.first.map { Self.layered(metric, $0).map(\.name) } ?? [] : [""]
    switch metric {
    case .trainLoss: values = single(\.trainLoss)
    case .trainAccuracy: values = single(\.trainAccuracy)
    case .validationLoss: values = single(\.validationLoss)
    case .validationAccuracy: values = single(\.validationAccuracy)
    case .testLoss, .testAccuracy:
      guard let test = trace.test else { return nil }
      values = [[metric == .testLoss ? test.loss : test.accuracy]]
    case .gradientFlow, .update:
      values = trace.epochs.map { Self.layered(metric, $0).map(\.value) }
    case .gradientFlowMean, .updateMean:
      let layered: Metric = metric == .updateMean ? .update : .gradientFlow
      values = trace.epochs.map { [Self.geometricMean(Self.layered(layered, $0).map(\.value), metric.scale)] }
    case .weightNorm, .bufferNorm:
      values = norms.map { $0.map(\.value) }
    }
    if values.isEmpty || layers.isEmpty || values.contains(where: { $0.count != layers.count }) { return nil }
  }

  private static func layered(_ metric: Metric, _ line: EpochLine) -> [NamedValue] {
    metric == .gradientFlow
      ? line.gradientFlow : line.gradientStatistics.map { NamedValue($0.name, $0.update) }
  }

  /// Of every epoch; empty unless all have them.
  private static func norms(_ metric: Metric, _ trace: Trace) -> [[NamedValue]] {
    guard trace.norms.map(\.epoch) == trace.epochs.map(\.epoch) else { return [] }
    return trace.norms.map { metric == .weightNorm ? $0.parameters : $0.buffers }
  }

  /// The number whose place on the scale is the mean of the others'.
  private static func geometricMean(_ values: [Double], _ scale: Scale) -> Double {
    if values.isEmpty || values.contains(where: { !$0.isFinite }) { return .nan }
    return scale.number(at: values.map(scale.apply).reduce(0, +) / Double(values.count))
  }

  /// The layers that an ensemble of so many seeds judges.
  static func judged(_ metric: Metric, _ layers: [String], seeds: Int) -> [String] {
    metric.hasLayers && seeds < Ensemble.smallestForAll ? MeasuredLayer.few(layers) : layers
  }

  func keeping(layers kept: [String]) -> Measurements? {
    let columns = kept.compactMap { layers.firstIndex(of: $0) }
    guard columns.count == kept.count else { return nil }
    return Measurements(metric: metric, layers: kept, values: values.map { row in columns.map { row[$0] } })
  }

  /// Places on the metric's scale.
  var quanta: [[Int]] { values.map { $0.map { metric.nearestQuantum(metric.scale.apply($0)) } } }

  private init(metric: Metric, layers: [String], values: [[Double]]) {
    self.metric = metric
    self.layers = layers
    self.values = values
  }
}

/// Layers by the names that measurements have: labels, or names of parameters.
enum MeasuredLayer {
  /// What layers of a kind share: their stage, and whether they are convolutions, batch norms or biases. Numbers within
  /// a stage do not matter: `block_1_3_conv_0` and `block_1_0_conv_1` are both "block 1 conv".
  static func kind(_ name: String) -> String {
    if let layer = LayerName(name) { return layer.family }
    let parameter = ParameterName(name)
    return parameter.layer.map { "\($0.family) \(parameter.entry)" } ?? name
  }

  /// The first and the last convolution and the last layer: what ensembles of few seeds judge.
  static func few(_ layers: [String]) -> [String] {
    let convolutions = layers.filter { (LayerName($0) ?? ParameterName($0).layer)?.kind == .convolution }
    var few: [String] = []
    for name in [convolutions.first, convolutions.last, layers.last] {
      if let name, !few.contains(name) { few.append(name) }
    }
    return few
  }
}
