import Traces

/// Claims 4, 5, 7 and 8: which network is better at the end of the protocol's 100 epochs on CIFAR-100. Nothing less
/// decides them, as the learning rate's cosine is tied to the epochs.
///
/// A difference counts when it exceeds noise (`Noise.Threshold`): with one seed a row, 6 to 7 points between two rows.
/// A smaller one, to either side, leaves the claim undecided, and `SeedsNeeded` says how many seeds would decide it.
enum AccuracyClaims {
  static func eachRemedyWorks(_ runs: RunSet) -> Claim {
    Claim(
      4, "BN alone and RC alone each make VGG38 learn; RC reaches a higher validation accuracy than BN.",
      rule: "vgg38-bn-1e-2, vgg38-bn-1e-3 and vgg38-rc have learned (as in claim 3), and vgg38-rc's validation accuracy "
        + "exceeds both BN rows' by more than noise"
    ) { () throws(Undecidable) in
      let residual = try runs.wholeRow("vgg38-rc")
      let normalised = [try runs.wholeRow("vgg38-bn-1e-2"), try runs.wholeRow("vgg38-bn-1e-3")]
      for result in normalised + [residual] {
        for run in result.runs where try !LearningClaims.hasLearned(run) {
          return (false, ["\(run.name) has not learned"])
        }
      }
      return try Comparison(runs).all(normalised.map { (residual, $0) }, [.validation])
    }
  }

  static func largerRateWithBatchNorm(_ runs: RunSet) -> Claim {
    Claim(
      5, "With BN, LR 1e-2 gives a higher validation accuracy than 1e-3.",
      rule: "vgg38-bn-1e-2's validation accuracy exceeds vgg38-bn-1e-3's by more than noise"
    ) { () throws(Undecidable) in
      try Comparison(runs).all(
        [(try runs.wholeRow("vgg38-bn-1e-2"), try runs.wholeRow("vgg38-bn-1e-3"))], [.validation])
    }
  }

  static func bothRemediesWin(_ runs: RunSet) -> Claim {
    Claim(
      7, "BN + RC at LR 1e-2 has the highest validation and test accuracy of all, and the deep network then beats the shallow.",
      rule: "vgg38-bn-rc-1e-2's validation and test accuracy exceed those of each other row of Table 1 by more than noise"
    ) { () throws(Undecidable) in
      let best = try runs.wholeRow("vgg38-bn-rc-1e-2")
      var others: [RowResult] = []
      for row in PublishedRow.all where row.id != best.row { others.append(try runs.wholeRow(row.id)) }
      return try Comparison(runs).all(others.map { (best, $0) }, [.validation, .test])
    }
  }

  /// 80 % and 15 points: the report's 83.22 % and 21.86 points, as it puts them in words.
  static func overfits(_ runs: RunSet) -> Claim {
    Claim(
      8, "It overfits: train accuracy over 80 %, more than 15 points above validation.",
      rule: "vgg38-bn-rc-1e-2's train accuracy exceeds 80 %, and exceeds its validation accuracy by 15 points, by more than "
        + "noise"
    ) { () throws(Undecidable) in
      let best = try runs.wholeRow("vgg38-bn-rc-1e-2")
      guard let train = best.last(\.trainAccuracy), let validation = best.last(\.validationAccuracy),
        let gap = best.last({ $0.trainAccuracy - $0.validationAccuracy })
      else { throw Undecidable("no epoch of vgg38-bn-rc-1e-2 was run") }
      // What scatters in both is the validation accuracy, or less.
      let noise = Noise.Threshold(validation, nil, pool: [validation], images: Measure.validation.images)
      return try decide([
        Margin("train accuracy \(Format.percent(train.mean)), to exceed 80 %", train.mean - 0.80, noise, of: [best]),
        Margin(
          "train less validation accuracy \(Format.fixed(gap.mean * 100, 2)) points, to exceed 15", gap.mean - 0.15, noise,
          of: [best]),
      ])
    }
  }

  // MARK: Differences

  enum Measure: String {
    case validation, test

    func sample(_ result: RowResult) -> Sample? {
      self == .validation ? result.last(\.validationAccuracy) : result.testAccuracy
    }

    var images: Int { self == .validation ? ProtocolSettings.validationImages : ProtocolSettings.testImages }
  }

  /// Compares rows by one noise, measured over all rows that were run whole.
  struct Comparison {
    private let rows: [RowResult]

    init(_ runs: RunSet) { rows = runs.rows.filter { Distance.objection(to: $0) == nil } }

    /// Whether each first row exceeds its second, in each measure.
    func all(_ pairs: [(RowResult, RowResult)], _ measures: [Measure]) throws(Undecidable) -> (holds: Bool, findings: [String]) {
      var items: [Margin] = []
      for measure in measures {
        let pool = rows.compactMap(measure.sample)
        for (first, second) in pairs {
          guard let a = measure.sample(first), let b = measure.sample(second) else {
            throw Undecidable("\(first.row) or \(second.row) has no \(measure.rawValue) accuracy")
          }
          items.append(
            Margin(
              "\(measure.rawValue) accuracy \(Format.percent(a.mean)) in \(first.row), "
                + "\(Format.percent(b.mean)) in \(second.row)",
              a.mean - b.mean, Noise.Threshold(a, b, pool: pool, images: measure.images), of: [first, second]))
        }
      }
      return try decide(items)
    }
  }

  /// What must be above zero, by more than noise.
  struct Margin {
    let what: String
    let value: Double
    let noise: Noise.Threshold
    /// The rows whose seeds scatter in it: two, or one that is held against a fixed number.
    let rows: [RowResult]

    init(_ what: String, _ value: Double, _ noise: Noise.Threshold, of rows: [RowResult]) {
      self.what = what
      self.value = value
      self.noise = noise
      self.rows = rows
    }

    var finding: String {
      "\(what): a margin of \(Format.signed(value * 100, 2)) points within noise of \(Format.fixed(noise.value * 100, 2)) "
        + "(\(noise.words))"
    }

    /// How many further seeds would decide it.
    ///
    /// Where the scatter is not measured, both ends of what is thought possible are told; the lower one is known to be the case
    /// only with as many seeds as measure it.
    func add(to needed: inout RunsNeeded) {
      func seeds(_ deviation: Double) -> Int? {
        SeedsNeeded.seeds(margin: value, deviation: deviation, rows: rows.count)
      }
      let names = rows.map(\.row).joined(separator: " and ")
      guard let most = seeds(noise.deviation) else {
        needed.decides = false
        needed.words.append(
          "\(names): a margin so small is not decided by \(SeedsNeeded.most) seeds a row, if it is what these runs show")
        return
      }
      let further = rows.map { (row: $0.row, seeds: max(1, most - $0.runs.count)) }
      for (row, count) in further { needed.seeds[row] = max(needed.seeds[row] ?? 0, count) }
      let least = noise.isMeasured ? nil : seeds(noise.least).map { max($0, Noise.seedsToMeasure(rows: rows.count)) }
      let total = further.map(\.seeds).max() ?? 0
      needed.words.append(
        "\(Format.count(total, "more seed")) of \(names) would decide it, with a chance of "
          + "\(Format.fixed(SeedsNeeded.power * 100, 0)) %, if the margin is what these runs show"
          + (least.map { ", and \(max(1, $0 - (rows.map(\.runs.count).min() ?? 1))) if seeds scatter no more than counting does" }
            ?? ""))
    }
  }

  /// Held if every margin exceeds its noise; not held if one falls below zero by more than its noise (or is no number);
  /// otherwise not to be told.
  static func decide(_ items: [Margin]) throws(Undecidable) -> (holds: Bool, findings: [String]) {
    let failed = items.filter { !($0.value >= -$0.noise.value) }
    if !failed.isEmpty { return (false, failed.map(\.what)) }
    let open = items.filter { !($0.value > $0.noise.value) }
    if !open.isEmpty {
      var needed = RunsNeeded()
      for item in open { item.add(to: &needed) }
      throw Undecidable(open.map(\.finding), needed: needed)
    }
    return (true, items.map(\.what))
  }
}
