import Traces

/// Makes a row's bands from an ensemble of seeds. The derivation stands in `golden/README.md`; in short, for each metric:
///
/// 1. Numbers go to a scale on which deviations are alike (`Metric.scale`), in whole multiples of `Metric.quantum`.
/// 2. The centre of each epoch and layer is the mean over the seeds; its variance is the ensemble's own, moderated by
///    what is known from elsewhere as if that came from `priorSeeds` more seeds: the mean variance of neighbouring
///    epochs and layers of a kind, and for accuracies the binomial variance.
/// 3. The metric's statistic is the largest |deviation| over its epochs and layers: one number however many are compared.
/// 4. Each seed is left out in turn and judged by the others. The threshold is the largest statistic found so, or what a
///    Gumbel tail fitted to them says for the metric's share of the false-alarm rate, whichever is larger.
///
/// For the mean of k runs, k seeds are left out at a time.
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
  /// `places[seed][epoch][layer]`, on the scale, in quanta.
  private let quanta: [[[Int]]]
  private let places: [[[Double]]]
  /// For each layer, the layers of its kind, itself among them.
  private let kin: [[Int]]
  /// How many epochs to each side are neighbours.
  private let reach: Int

  /// - Returns: `nil` if no layer is left to judge.
  init?(_ metric: Metric, runs: [Measurements], images: Int) {
    guard let first = runs.first else { return nil }
    var kept = first.layers
    if metric == .update {
      kept = kept.filter { layer in
        let column = first.layers.firstIndex(of: layer)!
        return runs.allSatisfy { run in run.values.allSatisfy { $0[column] >= Self.smallestUpdate } }
      }
    }
    kept = Measurements.judged(metric, kept, seeds: runs.count)
    if kept.isEmpty { return nil }
    self.init(metric, layers: kept, quanta: runs.compactMap { $0.keeping(layers: kept)?.quanta }, images: images)
  }

  /// What a band was made from; `nil` if it does not tell.
  init?(_ band: Band, images: Int) {
    guard let seeds = band.seeds else { return nil }
    let metric = band.metric, width = band.layers.count
    let centres = band.centres.map { $0.map { metric.nearestQuantum($0) } }
    self.init(
      metric, layers: band.layers,
      quanta: seeds.map { seed in
        centres.enumerated().map { epoch, row in row.enumerated().map { $1 + seed[epoch * width + $0] } }
      }, images: images)
  }

  private init(_ metric: Metric, layers: [String], quanta: [[[Int]]], images: Int) {
    self.metric = metric
    self.layers = layers
    self.images = images
    self.quanta = quanta
    places = quanta.map { $0.map { $0.map { Double($0) * metric.quantum } } }
    let kinds = layers.map(MeasuredLayer.kind)
    kin = kinds.map { kind in kinds.indices.filter { kinds[$0] == kind } }
    reach = (quanta.first?.count ?? 0) >= 10 ? 2 : 1
  }

  func quanta(ofSeed index: Int) -> [[Int]] { quanta[index] }

  /// - Parameter rate: how often a seed of the same experiment may be outside.
  func band(rate: Double) -> Band {
    let fit = self.fit(leavingOut: [])
    let threshold = sixDigits(self.threshold(rate: rate)), centres = fit.centres.map { $0.map(sixDigits) }
    return Band(
      metric: metric, threshold: threshold, layers: layers, centres: centres,
      deviations: Band.recorded(fit.deviations, metric, threshold: threshold),
      seeds: quanta.map { run in
        zip(run, centres).flatMap { row, centres in zip(row, centres).map { $0 - metric.nearestQuantum($1) } }
      })
  }

  // MARK: Centres and deviations

  private func fit(leavingOut left: Set<Int>) -> (centres: [[Double]], deviations: [[Double]]) {
    let seeds = places.indices.filter { !left.contains($0) }
    let epochs = places[0].count
    var centres: [[Double]] = [], variances: [[Double]] = []
    for epoch in 0..<epochs {
      let columns = layers.indices.map { layer in moments(seeds.map { places[$0][epoch][layer] }) }
      centres.append(columns.map(\.mean))
      variances.append(columns.map { $0.deviation * $0.deviation })
    }
    let freedom = Double(seeds.count - 1)
    let floor = metric.deviationFloor(images: images)
    // Of the layers of a layer's kind, in each epoch.
    let sums = metric.isAccuracy ? [] : variances.map { row in kin.map { $0.reduce(0) { $0 + row[$1] } } }
    let deviations = (0..<epochs).map { epoch in
      layers.indices.map { layer in
        let prior = metric.isAccuracy ? binomial(centres[epoch][layer]) : self.prior(epoch, layer, sums)
        let variance = (Self.priorSeeds * prior + freedom * variances[epoch][layer]) / (Self.priorSeeds + freedom)
        return max(variance.squareRoot(), floor)
      }
    }
    return (centres, deviations)
  }

  private func binomial(_ accuracy: Double) -> Double {
    let image = 1 / Double(images)
    let share = min(max(accuracy, image), 1 - image)
    return share * (1 - share) / Double(images)
  }

  private func prior(_ epoch: Int, _ layer: Int, _ sums: [[Double]]) -> Double {
    let near = max(0, epoch - reach)...min(sums.count - 1, epoch + reach)
    return near.reduce(0) { $0 + sums[$1][layer] } / Double(near.count * kin[layer].count)
  }

  // MARK: The threshold

  /// The largest deviation of each seed, judged by the others.
  func leftOutStatistics() -> [Double] { places.indices.map { statistic(ofMean: [$0]) } }

  /// The largest deviation of the mean of some seeds, judged by the others, in what k seeds and the others' centre scatter.
  private func statistic(ofMean group: [Int]) -> Double {
    let fit = self.fit(leavingOut: Set(group))
    // A single seed is judged without the share of the centre, as runs are.
    let k = Double(group.count)
    let share = group.count == 1 ? 1 : (1 / k + 1 / Double(places.count - group.count)).squareRoot()
    var largest = 0.0
    for epoch in places[0].indices {
      for layer in layers.indices {
        let place = group.reduce(0) { $0 + places[$1][epoch][layer] } / k
        largest = max(largest, abs(place - fit.centres[epoch][layer]) / (share * fit.deviations[epoch][layer]))
      }
    }
    return largest
  }

  /// - Parameter rate: how often a seed of the same experiment may exceed it.
  func threshold(rate: Double) -> Double {
    let statistics = leftOutStatistics()
    let largest = statistics.max() ?? 0
    return max(largest, Self.tail(statistics, rate: rate, count: Double(statistics.count)), Self.smallestThreshold)
  }

  // MARK: Means

  /// So many times the seeds are divided into groups.
  static let divisions = 8

  /// The threshold for the mean of k runs: the largest statistic of a group of k seeds that the others judge, or what a Gumbel
  /// tail says, as for one run. But the tail alone widens nothing beyond the threshold of one run, since the largest deviation of
  /// means has lighter tails.
  ///
  /// - Parameters:
  ///   - rate: how often a mean of the same experiment may exceed it.
  ///   - single: the threshold of one run.
  /// - Returns: `nil` where fewer than `Ensemble.smallestCalibrated` groups can be made.
  func threshold(ofMean k: Int, rate: Double, single: Double) -> Double? {
    let count = places.count / k
    guard count >= Ensemble.smallestCalibrated else { return nil }
    let statistics = groups(of: k).map(statistic)
    let largest = statistics.max() ?? 0
    return max(largest, min(single, Self.tail(statistics, rate: rate, count: Double(count))), Self.smallestThreshold)
  }

  /// The seeds in groups of k, in several divisions: each takes every s-th seed in turn, for the smallest strides s that have no
  /// factor in common with the number of seeds.
  private func groups(of k: Int) -> [[Int]] {
    let n = places.count
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    return (1...).lazy.filter { divisor($0, n) == 1 }.prefix(Self.divisions).flatMap { stride in
      (0..<n / k).map { group in (0..<k).map { (group * k + $0) * stride % n } }
    }
  }

  /// The value that a Gumbel distribution of the statistics' mean and standard deviation exceeds with probability `rate`,
  /// with the distance from the mean widened for what so few seeds leave unknown of both (as Student's t prediction
  /// interval is wider than the normal one). Largest values of many deviations have such tails: Gumbel 1958.
  ///
  /// - Parameter count: of statistics that do not hang on each other.
  static func tail(_ statistics: [Double], rate: Double, count: Double) -> Double {
    let (mean, deviation) = moments(statistics)
    let euler = 0.577_215_664_901_532_9
    let reach = (-naturalLog(-naturalLog(1 - rate)) - euler) * 6.0.squareRoot() / Double.pi
    let normal = StudentT.quantile(1 - rate, freedom: StudentT.almostNormal)
    let widening =
      (1 + 1 / count).squareRoot() * StudentT.quantile(1 - rate, freedom: count - 1) / normal
    return mean + reach * widening * deviation
  }
}
