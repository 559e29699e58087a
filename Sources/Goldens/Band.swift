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

  /// What makes the band unfit to judge anything, or `nil`. No band that was recorded has any of this; a file that was
  /// edited may.
  var problem: String? {
    guard threshold.isFinite, (1...1e6).contains(threshold) else { return "a threshold of \(threshold)" }
    guard !centres.isEmpty, centres.count == deviations.count else { return "no or unequal numbers of epochs" }
    for (row, others) in zip(centres, deviations) {
      guard row.count == layers.count, others.count == layers.count else { return "unequal numbers of layers" }
      for (centre, deviation) in zip(row, others) {
        guard centre.isFinite else { return "a centre of \(centre)" }
        guard deviation.isFinite, deviation > 0, deviation < 1e6 else { return "a deviation of \(deviation)" }
        if metric.isAccuracy, !(0...1).contains(centre) { return "a centre of \(centre) for an accuracy" }
      }
    }
    if Set(layers).count != layers.count || layers.isEmpty { return "no layers, or one twice" }
    if !metric.hasLayers, layers != [""] { return "layers where the metric has none" }
    return nil
  }
}

/// The runs that a row's bands come from, and how.
public struct Ensemble: Equatable, Sendable {
  /// How bands are made.
  public enum Method: String, CaseIterable, Sendable {
    /// From the deviations of each seed from the others: `BandCalibration`.
    case largestDeviation = "largest-deviation"
    /// From how epochs scatter within runs, for want of seeds: `ScatterBands`. Always provisional.
    case scatter = "scatter-of-epochs"
  }

  /// Of all methods together; goldens of another version are refused.
  public static let methodVersion = 1
  /// From so many seeds on all metrics are judged; below, a few.
  public static let smallestForAll = 8
  /// With fewer no threshold can be calibrated by leaving seeds out.
  public static let smallestCalibrated = 4

  public var method: Method
  public var seeds: [UInt64]
  /// The contract's version under which the ensemble ran: it may be older than the golden's.
  public var numerics: Int
  /// Promised for one check of the whole row; `nil` where nothing could be calibrated.
  public var falseAlarmRate: Double?
  /// Fewer seeds than its profile needs.
  public var isProvisional: Bool

  /// Seeds from which on a profile's bands are not provisional.
  public static func needed(profile: String) -> Int {
    switch profile {
    case "smoke": 32
    case "quick": 16
    default: 4
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
