/// How far an accuracy may lie from another for no other reason than the seed.
enum Noise {
  /// The standard deviation of one run's accuracy, where no seeds were run to measure it: that of counting hits among the
  /// 2,500 validation images (binomial), and a tenth more for training's own randomness.
  ///
  /// Nine reruns by others of the BN rows and the BN + RC rows (`replications.csv`) scatter by 0.8 and 1.3 points around
  /// 48 % and 60 %, pooled 1.07; the binomial gives 1.0 there. As those differ in more than their seed, this is a bound.
  static func assumed(accuracy: Double, images: Int = 2500) -> Double {
    1.1 * binomial(accuracy, images: images)
  }

  /// Standard deviation of the share of hits among `images`, each a hit with that probability.
  static func binomial(_ probability: Double, images: Int) -> Double {
    (probability * (1 - probability) / Double(images)).squareRoot()
  }

  /// How much a difference of two means must exceed to be more than noise, one-sided at 95 %.
  struct Threshold {
    let value: Double
    let words: String

    /// - Parameters:
    ///   - pool: samples of the same quantity whose scatter is taken together: with three degrees of freedom or more, the
    ///     seeds' own scatter decides, by Student's t; otherwise the assumed one.
    ///   - b: `nil` for a difference to a fixed number.
    init(_ a: Sample, _ b: Sample?, pool: [Sample]) {
      let freedom = pool.reduce(0) { $0 + $1.values.count - 1 }
      let share = 1 / Double(a.values.count) + (b.map { 1 / Double($0.values.count) } ?? 0)
      if freedom >= 3 {
        let deviation = (pool.reduce(0) { $0 + $1.squares } / Double(freedom)).squareRoot()
        value = Noise.quantile(freedom: freedom) * deviation * share.squareRoot()
        words = "the seeds' own scatter, \(Format.fixed(deviation * 100, 2)) points over \(freedom) degrees of freedom"
      } else {
        let deviation = max(Noise.assumed(accuracy: a.mean), b.map { Noise.assumed(accuracy: $0.mean) } ?? 0)
        value = Noise.quantile(freedom: nil) * deviation * share.squareRoot()
        words = "too few seeds to measure their scatter: \(Format.fixed(deviation * 100, 2)) points a run assumed"
      }
    }
  }

  /// Student's t, 95 % one-sided; without a number of degrees, the normal distribution's. Between tabulated degrees, the
  /// next lower one counts, which is the stricter.
  static func quantile(freedom: Int?) -> Double {
    guard let freedom else { return 1.645 }
    let table: [(Int, Double)] = [
      (1, 6.314), (2, 2.920), (3, 2.353), (4, 2.132), (5, 2.015), (6, 1.943), (7, 1.895), (8, 1.860), (9, 1.833),
      (10, 1.812), (12, 1.782), (15, 1.753), (20, 1.725), (30, 1.697), (60, 1.671), (120, 1.658),
    ]
    return table.last { $0.0 <= freedom }?.1 ?? 6.314
  }
}
