import Files
import Traces

/// What one metric may be: for each epoch and layer a centre and a standard deviation on the metric's scale, and how many
/// deviations are allowed.
public struct Band: Equatable, Sendable {
  public let metric: Metric
  /// The largest |value − centre| / deviation that is inside.
  public let threshold: Double
  /// Columns; one without a name where the metric has no layers.
  public let layers: [String]
  /// `[epoch][layer]` on the metric's scale; one row for a metric of the test.
  public let centres: [[Double]]
  /// Alike; all above zero.
  public let deviations: [[Double]]
  /// What the ensemble's seeds had, one list a seed in the ensemble's order: epochs ascending, in each its layers; as whole
  /// multiples of the metric's quantum from the multiple that is nearest to the centre. `nil` where the golden does not keep it.
  public let seeds: [[Int]]?

  init(
    metric: Metric, threshold: Double, layers: [String], centres: [[Double]], deviations: [[Double]], seeds: [[Int]]? = nil
  ) {
    self.metric = metric
    self.threshold = threshold
    self.layers = layers
    self.centres = centres
    self.deviations = deviations
    self.seeds = seeds
  }

  /// A band as numbers of the metric's own unit.
  public struct Interval: Equatable, Sendable {
    public var lower: Double
    public var centre: Double
    public var upper: Double
  }

  public var epochs: Int { centres.count }

  /// Lower and upper end as they judge, within what the metric can be at all.
  public func interval(epoch: Int, layer: Int = 0) -> Interval {
    let centre = centres[epoch][layer], half = threshold * deviations[epoch][layer]
    func number(_ place: Double) -> Double {
      let number = metric.scale.number(at: place)
      return metric.isAccuracy ? min(max(number, 0), 1) : number
    }
    return Interval(lower: number(centre - half), centre: number(centre), upper: number(centre + half))
  }

  /// How far a number lies from the centre, in half widths of the band: up to 1 is inside. Not finite for one that is
  /// not.
  func distance(_ value: Double, epoch: Int, layer: Int) -> Double {
    guard value.isFinite else { return .infinity }
    return abs(metric.scale.apply(value) - centres[epoch][layer]) / (threshold * deviations[epoch][layer])
  }

  /// Whether no number that the metric can be is outside, in any epoch or layer: then it judges nothing. Accuracies may come to
  /// that where some seeds learn and others do not.
  public var letsEverythingIn: Bool {
    let range = metric.range
    return centres.indices.allSatisfy { epoch in
      layers.indices.allSatisfy { layer in
        let centre = centres[epoch][layer], half = threshold * deviations[epoch][layer]
        return centre - half <= range.lowerBound && centre + half >= range.upperBound
      }
    }
  }

  /// What makes the band unfit to judge anything, or one that `method` never makes; otherwise `nil`. The limits are those of the
  /// method and of what the metric can be at all:
  ///
  /// - The threshold is not below the method's smallest.
  /// - A centre is a mean of places on the scale, and so within the metric's range.
  /// - A deviation is not below what is believed of the metric at least.
  /// - A band reaches to each side no further than the metric's range is wide: numbers within the range are no further from
  ///   each other. That limits thresholds and deviations upwards.
  /// - Somewhere a number that the metric can be is outside. Accuracies alone may be anything under other seeds; the ranges of
  ///   all others are beyond what any training does.
  ///
  /// - Parameter images: of the metric's set.
  func problem(method: Ensemble.Method, images: Int) -> String? {
    guard threshold.isFinite, threshold >= method.smallestThreshold else {
      return "a threshold of \(threshold), and \(method.rawValue) makes none below \(method.smallestThreshold)"
    }
    guard !centres.isEmpty, centres.count == deviations.count else { return "no or unequal numbers of epochs" }
    if Set(layers).count != layers.count || layers.isEmpty { return "no layers, or one twice" }
    if !metric.hasLayers, layers != [""] { return "layers where the metric has none" }
    let range = metric.range, floor = sixDigits(metric.deviationFloor(images: images))
    // As `recorded` cuts it.
    let reach = metric.span * 1.00002
    for (row, others) in zip(centres, deviations) {
      guard row.count == layers.count, others.count == layers.count else { return "unequal numbers of layers" }
      for (centre, deviation) in zip(row, others) {
        guard range.contains(centre) else { return "a centre of \(centre), outside \(range)" }
        guard deviation.isFinite, deviation >= floor else { return "a deviation of \(deviation), and \(floor) is the smallest" }
        guard threshold * deviation <= reach else {
          return "\(threshold) deviations of \(deviation), wider than all that the metric can be, \(range)"
        }
      }
    }
    if letsEverythingIn, !metric.isAccuracy { return "no number that is outside in any epoch: it judges nothing" }
    return nil
  }

  /// Deviations as they are recorded, with six digits. If a band would be wider than the metric's range, its deviation is reduced
  /// until the band is just wider than the range, rounding included. Every value in the range stays inside the band.
  static func recorded(_ deviations: [[Double]], _ metric: Metric, threshold: Double) -> [[Double]] {
    deviations.map { $0.map { sixDigits(min($0, 1.00001 * metric.span / threshold)) } }
  }
}

/// The runs that a row's bands come from, and how.
public struct Ensemble: Equatable, Sendable {
  /// How bands are made.
  public enum Method: String, CaseIterable, Sendable {
    /// Derived from each seed's deviation from the other seeds: `BandCalibration`.
    case largestDeviation = "largest-deviation"
    /// Derived from the scatter of epochs within runs, because there are too few seeds: `ScatterBands`. Always provisional.
    case scatter = "scatter-of-epochs"

    /// No band that it makes is narrower than so many deviations.
    var smallestThreshold: Double {
      switch self {
      case .largestDeviation: BandCalibration.smallestThreshold
      case .scatter: ScatterBands.threshold
      }
    }
  }

  /// Versions of all methods together; goldens of another one are refused. The first took the validation set's size for all sets,
  /// judged no norms, and kept no numbers of seeds.
  public static let versions = 1...2
  /// With this many seeds or more all metrics are judged; with fewer seeds, a few named metrics.
  public static let smallestForAll = 8
  /// With fewer no threshold can be calibrated by leaving seeds out.
  public static let smallestCalibrated = 4

  public var method: Method
  /// Of the method.
  public var version = versions.upperBound
  public var seeds: [UInt64]
  /// The contract's version under which the ensemble ran: it may be older than the golden's.
  public var numerics: Int
  /// Promised for one check of the whole row, `promised(seeds:)`; `nil` where nothing could be calibrated.
  public var falseAlarmRate: Double?
  /// Fewer seeds than its profile needs.
  public var isProvisional: Bool

  /// The method for that many seeds.
  static func method(seeds: Int) -> Method { seeds >= smallestCalibrated ? .largestDeviation : .scatter }

  /// The false-alarm rate of one check of a whole row that bands from so many seeds promise.
  static func promised(seeds: Int) -> Double? {
    switch method(seeds: seeds) {
    case .scatter: nil
    case .largestDeviation: seeds >= 32 ? 0.02 : 0.05
    }
  }

  /// Seeds from which on a profile's bands are not provisional.
  public static func needed(profile: String) -> Int {
    switch profile {
    case "smoke": 32
    case "quick": 16
    default: 4
    }
  }
}

extension Ensemble {
  /// An ensemble of these seeds, with what the method says of so many.
  init(version: Int = versions.upperBound, seeds: [UInt64], numerics: Int, profile: String) {
    let method = Self.method(seeds: seeds.count)
    self.init(
      method: method, version: version, seeds: seeds, numerics: numerics, falseAlarmRate: Self.promised(seeds: seeds.count),
      isProvisional: method == .scatter || seeds.count < Self.needed(profile: profile))
  }
}

extension Ensemble {
  /// What it judges of runs like `trace`.
  func metrics(in trace: Trace) -> [Metric] {
    Metric.judged(seeds: seeds.count, version: version).filter { !$0.isNorm || Measurements($0, of: trace) != nil }
  }

  /// How often a fresh seed may be outside in one metric. Half of the promise is for seeds of a kind that the ensemble does not
  /// hold; the other half is shared out evenly among the metrics, by Bonferroni's inequality.
  func rate(metrics count: Int) -> Double? { falseAlarmRate.map { $0 / 2 / Double(count) } }

  /// Whether goldens keep what each seed had.
  var keepsSeeds: Bool { method == .largestDeviation && version >= 2 }

  /// How many images a metric's set has.
  func images(of metric: Metric, in trace: Trace) -> Int? {
    let validation = trace.header.validationImages
    if version == 1 { return validation }
    func examples(_ epoch: Int?) -> Int? {
      trace.inputs.filter { $0.epoch == epoch }.flatMap(\.values).first { $0.key == "examples" }?.value.int
    }
    // Traces of older programs do not tell the sizes of the other sets.
    switch metric {
    case .trainAccuracy: return examples(0) ?? validation
    case .testAccuracy: return examples(nil) ?? validation
    default: return validation
    }
  }
}

/// All bands of a row.
public struct Bands: Equatable, Sendable {
  public let ensemble: Ensemble
  /// In the order of `Metric.allCases`.
  public let bands: [Band]

  public subscript(_ metric: Metric) -> Band? { bands.first { $0.metric == metric } }

  /// The band of one number, by the layer's label; `nil` if that is not judged.
  public func interval(_ metric: Metric, epoch: Int = 0, layer: String = "") -> Band.Interval? {
    guard let band = self[metric], let column = band.layers.firstIndex(of: layer),
      band.centres.indices.contains(epoch)
    else { return nil }
    return band.interval(epoch: epoch, layer: column)
  }
}
