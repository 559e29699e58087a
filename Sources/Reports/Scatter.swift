import Platform

/// How far one number of a run lies from that of another seed: a standard deviation, in decades for losses and gradients.
struct Scatter {
  enum Quantity: Equatable {
    case metric(CurveFigures.Metric)
    /// Mean |gradient| of a layer.
    case gradient(layer: String)

    /// As `scatter.csv` calls it.
    var name: String {
      switch self {
      case .metric(let metric): metric.rawValue
      case .gradient(let layer): layer
      }
    }

    var isLogarithmic: Bool {
      switch self {
      case .metric(let metric): metric.isLoss
      case .gradient: true
      }
    }
  }

  /// As many seeds tell their scatter themselves: three degrees of freedom, as in `Noise.Threshold`.
  static let seedsToMeasure = Noise.seedsToMeasure(rows: 1)

  private let quantity: Quantity
  /// Of the difference between the mean of the runs and one other run; `nil` where it is not known.
  private let deviation: Double?

  /// - Parameters:
  ///   - sample: what the row's runs have, not empty.
  ///   - published: what another run had.
  init(_ quantity: Quantity, row: String, sample: Sample, published: Double) {
    self.quantity = quantity
    let recorded = Self.recorded(quantity, row: row).map { unit in
      max(unit * Self.unit(quantity, sample.mean), unit * Self.unit(quantity, published))
    }
    let one = Self.measured(quantity, sample) ?? recorded
    deviation = one.map { $0 * (1 + 1 / Double(sample.values.count)).squareRoot() }
  }

  /// Standard deviations from one to the other; infinite for what is no number on the scale, `nil` where no scatter is known.
  func distance(_ ours: Double, _ theirs: Double) -> Double? {
    func place(_ value: Double) -> Double { quantity.isLogarithmic ? log10(value) : value }
    guard ours.isFinite, ours > 0 || !quantity.isLogarithmic else { return .infinity }
    guard let deviation else { return nil }
    let difference = abs(place(ours) - place(theirs))
    return difference == 0 ? 0 : difference / deviation
  }

  /// Accuracies scatter by a multiple of √(p(1 − p)).
  private static func unit(_ quantity: Quantity, _ value: Double) -> Double {
    quantity.isLogarithmic || !value.isFinite ? 1 : max(value * (1 - value), 0).squareRoot()
  }

  /// Of several seeds, at least what a band of a golden has at least: the binomial's of an accuracy, 10⁻⁵ decades of a loss,
  /// 0.01 of a gradient (golden/README.md).
  private static func measured(_ quantity: Quantity, _ sample: Sample) -> Double? {
    guard sample.values.count >= seedsToMeasure,
      sample.values.allSatisfy({ $0.isFinite && ($0 > 0 || !quantity.isLogarithmic) }),
      let deviation = (quantity.isLogarithmic ? Sample(sample.values.map { log10($0) }) : sample)?.deviation
    else { return nil }
    let least: Double =
      switch quantity {
      case .metric(.trainLoss), .metric(.validationLoss): 1e-5
      case .metric(.trainAccuracy): Noise.binomial(sample.mean, images: ProtocolSettings.trainingImages)
      case .metric(.validationAccuracy): Noise.least(accuracy: sample.mean)
      case .gradient: 0.01
      }
    return max(deviation, least)
  }

  /// What four seeds of the row scattered by in the first two epochs on CIFAR-100: `scatter.csv`, the root mean squares over both
  /// epochs of the deviations in the bands of `golden/short` (`ScatterTests`); of accuracies in units of √(p(1 − p)). After 100
  /// epochs it is not measured. The losses of plain `vgg38` are not there (`nil`): they stay where they are under every seed, and
  /// their bands have the least that a band has, which tells nothing of what seeds do.
  ///
  /// Bands judge the gradients of three layers; any other layer has the root mean square of these.
  private static func recorded(_ quantity: Quantity, row: String) -> Double? {
    guard let recorded = all[row] else { preconditionFailure("no scatter of \(row), beside whose curves nothing was published") }
    if let deviation = recorded[quantity.name] { return deviation }
    guard case .gradient = quantity else { return nil }
    let layers = recorded.filter { CurveFigures.Metric(rawValue: $0.key) == nil }.values
    return (layers.reduce(0) { $0 + $1 * $1 } / Double(layers.count)).squareRoot()
  }

  /// By row, then quantity.
  static let all: [String: [String: Double]] = {
    var all: [String: [String: Double]] = [:]
    for record in CSVTable(PackageResources.scatter_csv).records {
      guard let row = record["row"], let quantity = record["quantity"], let deviation = record["deviation"].flatMap(Double.init)
      else { preconditionFailure("scatter.csv: \(record)") }
      all[row, default: [:]][quantity] = deviation
    }
    return all
  }()
}
