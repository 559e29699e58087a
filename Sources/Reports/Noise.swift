import Goldens

/// How far an accuracy may lie from another for no other reason than the seed.
enum Noise {
  /// The least standard deviation that one run's accuracy can have: that of counting hits among the 2,500 validation images
  /// (binomial), and a tenth more for training's own randomness.
  ///
  /// Nine reruns by others of the BN rows and the BN + RC rows (`replications.csv`) scatter by 0.8 and 1.3 points around
  /// 48 % and 60 %, pooled 1.07; the binomial gives 1.0 there. They come from one assignment and may share a seed, so this
  /// bounds what seeds do from below: within it nothing can be called apart.
  static func least(accuracy: Double, images: Int = ProtocolSettings.validationImages) -> Double {
    1.1 * binomial(accuracy, images: images)
  }

  /// How many times the least deviation seeds were seen to scatter: validation accuracies of `golden/short`, four seeds of
  /// each row that learns, after two epochs on CIFAR-100: 1.0 to 3.8 times, pooled 2.6. What they scatter after 100 epochs is
  /// not measured, so a difference between single runs counts only beyond this.
  static let measuredWidening = 2.6

  /// The standard deviation of one run's accuracy, where too few seeds were run to measure it: what counting these images
  /// leaves open, and what seeds differ by beyond that, which more images do not make smaller. The latter is what was seen
  /// in 2,500 validation images without their counting: √(2.6² − 1) of their least deviation. Sets of fewer images go with
  /// profiles that train on fewer, whose seeds scatter more: there it is so many times their own.
  static func assumed(accuracy: Double, images: Int = ProtocolSettings.validationImages) -> Double {
    let counting = least(accuracy: accuracy, images: images)
    let seeds = (measuredWidening * measuredWidening - 1).squareRoot() * max(counting, least(accuracy: accuracy))
    return (counting * counting + seeds * seeds).squareRoot()
  }

  /// As many seeds of each of these rows have the three degrees of freedom from which their scatter is measured.
  static func seedsToMeasure(rows: Int) -> Int { 1 + (degreesToMeasure + rows - 1) / rows }

  private static let degreesToMeasure = 3

  /// Standard deviation of the share of hits among `images`, each a hit with that probability.
  static func binomial(_ probability: Double, images: Int) -> Double {
    (probability * (1 - probability) / Double(images)).squareRoot()
  }

  /// How much a difference of two means must exceed to be more than noise, one-sided at 95 %.
  struct Threshold {
    let value: Double
    let words: String
    /// Standard deviation of one run.
    let deviation: Double
    /// The least that it can be: that of counting.
    let least: Double
    /// Whether the seeds' own scatter gave the deviation.
    let isMeasured: Bool

    /// - Parameters:
    ///   - pool: samples of the same quantity whose scatter is taken together: with three degrees of freedom or more, the
    ///     seeds' own scatter decides, by Student's t, but never less than counting does; otherwise the assumed one. A sample
    ///     whose values are all the same tells nothing of seeds: a network that gives every image the same answer has that
    ///     accuracy under each.
    ///   - b: `nil` for a difference to a fixed number.
    ///   - images: of the set that the accuracies are of.
    init(_ a: Sample, _ b: Sample?, pool: [Sample], images: Int) {
      let pool = pool.filter { sample in sample.values.contains { $0 != sample.values[0] } }
      let freedom = pool.reduce(0) { $0 + $1.values.count - 1 }
      let means = ([a] + (b.map { [$0] } ?? [])).map(\.mean)
      let share = 1 / Double(a.values.count) + (b.map { 1 / Double($0.values.count) } ?? 0)
      isMeasured = freedom >= Noise.degreesToMeasure
      least = means.map { Noise.least(accuracy: $0, images: images) }.max() ?? 0
      if isMeasured {
        let seen = (pool.reduce(0) { $0 + $1.squares } / Double(freedom)).squareRoot()
        deviation = max(seen, least)
        value = Noise.quantile(freedom: freedom) * deviation * share.squareRoot()
        words =
          "the seeds' own scatter, \(Format.fixed(seen * 100, 2)) points over \(freedom) degrees of freedom"
          + (seen < least ? "; counting alone scatters by \(Format.fixed(least * 100, 2))" : "")
      } else {
        deviation = means.map { Noise.assumed(accuracy: $0, images: images) }.max() ?? 0
        value = Noise.quantile(freedom: nil) * deviation * share.squareRoot()
        words = "too few seeds to measure their scatter: \(Format.fixed(deviation * 100, 2)) points a run assumed"
      }
    }
  }

  /// Student's t, 95 % one-sided; without a number of degrees, the normal distribution's.
  static func quantile(freedom: Int?) -> Double {
    StudentT.quantile(0.95, freedom: freedom.map(Double.init) ?? StudentT.almostNormal)
  }
}
