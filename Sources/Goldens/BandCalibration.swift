import Traces

/// Makes a row's bands from an ensemble of seeds. The derivation stands in `golden/README.md`; in short, for each metric:
///
/// 1. Numbers go to a scale on which deviations are alike (`Metric.scale`).
/// 2. The centre of each epoch and layer is the mean over the seeds; its variance is the ensemble's own, moderated by
///    what is known from elsewhere as if that came from `priorSeeds` more seeds: the mean variance of neighbouring
///    epochs and layers of a kind, and for accuracies the binomial variance.
/// 3. The metric's statistic is the largest |deviation| over its epochs and layers: one number however many are compared.
/// 4. Each seed is left out in turn and judged by the others. The threshold is the largest statistic found so, or what a
///    Gumbel tail fitted to them says for the metric's share of the false-alarm rate, whichever is larger.
struct BandCalibration {
  /// Weight of the prior variance, in seeds.
  static let priorSeeds = 8.0
  /// No band is narrower than so many standard deviations.
  static let smallestThreshold = 3.0
  /// A layer in which a seed's update was ever smaller is not judged by it: such updates are mostly rounding.
  static let smallestUpdate = 1e-6

  let metric: Metric
  let layers: [String]
  let images: Int
  /// `places[seed][epoch][layer]`, on the scale.
  private let places: [[[Double]]]
  /// For each layer, the layers of its kind, itself among them.
  private let kin: [[Int]]
  /// How many epochs to each side are neighbours.
  private let reach: Int

  /// - Returns: `nil` if no layer is left to judge.
  init?(_ metric: Metric, runs: [Measurements], images: Int) {
    guard let first = runs.first else { return nil }
    self.metric = metric
    self.images = images
    var kept = first.layers
    if metric == .update {
      kept = kept.filter { layer in
        let column = first.layers.firstIndex(of: layer)!
        return runs.allSatisfy { run in run.values.allSatisfy { $0[column] >= Self.smallestUpdate } }
      }
    }
    kept = Measurements.judged(metric, kept, seeds: runs.count)
    if kept.isEmpty { return nil }
    layers = kept
    places = runs.compactMap { $0.keeping(layers: kept) }.map { $0.values.map { $0.map(metric.scale.apply) } }
    let kinds = kept.map(MeasuredLayer.kind)
    kin = kinds.map { kind in kinds.indices.filter { kinds[$0] == kind } }
    reach = first.values.count >= 10 ? 2 : 1
  }

  func band(rate: Double) -> Band {
    let fit = self.fit(leavingOut: nil)
    let threshold = sixDigits(self.threshold(rate: rate))
    return Band(
      metric: metric, threshold: threshold, layers: layers, centres: fit.centres.map { $0.map(sixDigits) },
      deviations: Band.recorded(fit.deviations, metric, threshold: threshold))
  }

  // MARK: Centres and deviations

  private func fit(leavingOut left: Int?) -> (centres: [[Double]], deviations: [[Double]]) {
    let seeds = places.indices.filter { $0 != left }
    let epochs = places[0].count
    var centres: [[Double]] = [], variances: [[Double]] = []
    for epoch in 0..<epochs {
      let columns = layers.indices.map { layer in moments(seeds.map { places[$0][epoch][layer] }) }
      centres.append(columns.map(\.mean))
      variances.append(columns.map { $0.deviation * $0.deviation })
    }
    let freedom = Double(seeds.count - 1)
    let floor = metric.deviationFloor(images: images)
    let deviations = (0..<epochs).map { epoch in
      layers.indices.map { layer in
        let prior = self.prior(epoch, layer, centres, variances)
        let variance = (Self.priorSeeds * prior + freedom * variances[epoch][layer]) / (Self.priorSeeds + freedom)
        return max(variance.squareRoot(), floor)
      }
    }
    return (centres, deviations)
  }

  private func prior(_ epoch: Int, _ layer: Int, _ centres: [[Double]], _ variances: [[Double]]) -> Double {
    if metric.isAccuracy {
      let image = 1 / Double(images)
      let share = min(max(centres[epoch][layer], image), 1 - image)
      return share * (1 - share) / Double(images)
    }
    let near = max(0, epoch - reach)...min(variances.count - 1, epoch + reach)
    let sum = near.reduce(0) { sum, epoch in kin[layer].reduce(sum) { $0 + variances[epoch][$1] } }
    return sum / Double(near.count * kin[layer].count)
  }

  // MARK: The threshold

  /// The largest deviation of each seed, judged by the others.
  func leftOutStatistics() -> [Double] {
    places.indices.map { seed in
      let fit = self.fit(leavingOut: seed)
      var largest = 0.0
      for epoch in places[seed].indices {
        for layer in layers.indices {
          let deviation = abs(places[seed][epoch][layer] - fit.centres[epoch][layer]) / fit.deviations[epoch][layer]
          largest = max(largest, deviation)
        }
      }
      return largest
    }
  }

  /// - Parameter rate: how often a seed of the same experiment may exceed it.
  func threshold(rate: Double) -> Double {
    let statistics = leftOutStatistics()
    let largest = statistics.max() ?? 0
    return max(largest, Self.tail(statistics, rate: rate), Self.smallestThreshold)
  }

  /// The value that a Gumbel distribution of the statistics' mean and standard deviation exceeds with probability `rate`,
  /// with the distance from the mean widened for what so few seeds leave unknown of both (as Student's t prediction
  /// interval is wider than the normal one). Largest values of many deviations have such tails: Gumbel 1958.
  static func tail(_ statistics: [Double], rate: Double) -> Double {
    let (mean, deviation) = moments(statistics)
    let count = Double(statistics.count)
    let euler = 0.577_215_664_901_532_9
    let reach = (-naturalLog(-naturalLog(1 - rate)) - euler) * 6.0.squareRoot() / Double.pi
    let normal = StudentT.quantile(1 - rate, freedom: StudentT.almostNormal)
    let widening =
      (1 + 1 / count).squareRoot() * StudentT.quantile(1 - rate, freedom: count - 1) / normal
    return mean + reach * widening * deviation
  }
}
