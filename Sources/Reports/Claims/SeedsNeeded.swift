import Goldens

/// How many seeds a claim that is left open would need: the power calculation of a t-test.
enum SeedsNeeded {
  /// The chance, at least, that so many seeds decide, if the true margin is the one that was seen.
  static let power = 0.8
  /// More than anybody runs.
  static let most = 100

  /// Seeds of each row in question, in all; `nil` if `most` are too few.
  ///
  /// With n seeds a row the threshold is t₉₅·s·√(2/n) and the difference of the means scatters by s·√(2/n), with 2(n − 1)
  /// degrees of freedom; against a fixed number, √(1/n) and n − 1. So n is the least with margin ≥ (t₉₅ + t₈₀)·s·√(2/n).
  ///
  /// - Parameters:
  ///   - margin: the difference that was seen, of either sign.
  ///   - deviation: s, of one run.
  ///   - rows: how many rows scatter: 2, or 1 for a difference to a fixed number.
  static func seeds(margin: Double, deviation: Double, rows: Int) -> Int? {
    guard margin.isFinite, deviation.isFinite else { return nil }
    return (2...most).first { seeds in
      let freedom = Double(rows * (seeds - 1))
      let quantiles = StudentT.quantile(0.95, freedom: freedom) + StudentT.quantile(power, freedom: freedom)
      return abs(margin) >= quantiles * deviation * (Double(rows) / Double(seeds)).squareRoot()
    }
  }
}

/// What further runs would decide a claim.
public struct RunsNeeded: Equatable, Sendable {
  /// Further seeds by row, in the order of the claim; the same for all that are compared.
  public var seeds: [String: Int] = [:]
  /// Whether these seeds would decide the claim as a whole: not where one of its margins needs more than anybody runs.
  public var decides = true
  /// In words, without this machine's time for it.
  public var words: [String] = []

  public var isEmpty: Bool { words.isEmpty }
}
