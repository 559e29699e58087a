import Files
import Goldens
import Traces

extension EngineFindings {
  /// Judges by the goldens in a directory; where there is none, nothing is checked.
  ///
  /// - Throws: as `init(judging:by:)`.
  public init(judging runs: RunSet, byAnyIn directory: String) throws {
    self = isDirectory(directory) ? try EngineFindings(judging: runs, by: GoldenStore(directory: directory)) : .notChecked
  }

  /// Judges every run of a set by the golden of its row, and resolves the bands for the figures. A run of fewer epochs than
  /// its golden's is judged by those that it has.
  ///
  /// - Throws: what reading a golden throws: a damaged one is refused, not left out.
  public init(judging runs: RunSet, by store: GoldenStore) throws {
    self.init()
    for result in runs.rows {
      // A run that diverged is no run of any golden's row, whether the row has one or not.
      let diverged = (result.runs + result.leftOut).compactMap { run in
        run.diverged.map {
          Judgement(row: run.row, profile: runs.experiment.profile, seed: run.seed, run: run.name, brokenOff: Finding($0))
        }
      }
      if !diverged.isEmpty {
        verdicts[result.row] = EngineVerdict(diverged)
        continue
      }
      if result.epochs == 0 { continue }
      let judged = (result.runs + result.leftOut).filter { !$0.isGolden && !$0.epochs.isEmpty }
      if judged.isEmpty {
        verdicts[result.row] = .notChecked
        continue
      }
      let profile = runs.experiment.profile
      guard let golden = try store.golden(profile: profile, row: result.row) else {
        verdicts[result.row] = EngineVerdict(.noGolden)
        continue
      }
      let judgements = judged.map { Judgement($0.trace, against: golden, run: $0.name, allowsPrefix: true) }
      verdicts[result.row] = EngineVerdict(judgements)
      // Bands belong to the golden's own settings and data.
      if verdicts[result.row]?.kind != .notComparable, let found = golden.bands {
        bands[result.row] = found.bands.flatMap(MetricBand.resolving)
      }
    }
  }
}

extension EngineVerdict {
  /// The worst of a row's runs speaks for the row.
  init(_ judgements: [Judgement]) {
    guard let worst = judgements.max(by: { $0.verdict.severity < $1.verdict.severity }) else {
      self = .notChecked
      return
    }
    let compared = judgements.reduce(0) { $0 + $1.counts.values }
    let epochs = worst.isPrefix ? ", the epochs that were made" : ""
    let scope = "\(Format.count(judgements.count, "run")), \(Format.grouped(compared)) values\(epochs)"
    switch worst.verdict {
    case .identical: self.init(.identical, detail: scope)
    case .withinRounding(.bits(let divergence)), .withinBand(.bits(let divergence)):
      self.init(.otherBits, detail: "\(scope); bits that should be equal differ: \(divergence)")
    case .withinRounding(let reason): self.init(.withinRounding, detail: scope + Self.differing(reason))
    case .withinBand(let reason): self.init(.withinBand, detail: scope + Self.differing(reason))
    case .regression:
      let first = worst.findings.first.map { "\($0)" } ?? ""
      let more = worst.findings.count > 1 ? "; and \(worst.findings.count - 1) more" : ""
      let name = worst.seed.map { runName(row: worst.row, seed: $0) } ?? worst.row
      self.init(.regression, detail: "\(name): \(first)\(more)")
    case .notComparable(.noGolden): self.init(.noGolden)
    case .notComparable(.settings(let differences)):
      self.init(.notComparable, detail: differences.map(\.description).joined(separator: "; "))
    case .notComparable(.noBands): self.init(.notComparable, detail: "the golden has no bands, and the bits differ")
    case .notComparable(let obstacle): self.init(.notComparable, detail: "\(obstacle)")
    }
  }
}

extension EngineVerdict {
  /// The settings that differ, where that is why bits do.
  private static func differing(_ reason: Verdict.Reason) -> String {
    guard case .settings(let differences) = reason else { return "" }
    return "; \(differences.map(\.name).joined(separator: " and ")) differs"
  }
}

extension MetricBand {
  /// A golden's band, epoch by epoch in the metric's own unit; one entry a layer where it has layers. What no figure shows
  /// is left out.
  static func resolving(_ band: Band) -> [MetricBand] {
    switch band.metric {
    case .trainLoss, .trainAccuracy, .validationLoss, .validationAccuracy, .testAccuracy, .gradientFlow: break
    case .testLoss, .gradientFlowMean, .update, .updateMean, .weightNorm, .bufferNorm: return []
    }
    return band.layers.indices.map { layer in
      let ranges = (0..<band.epochs).map { epoch in
        let interval = band.interval(epoch: epoch, layer: layer)
        return interval.lower...max(interval.lower, interval.upper)
      }
      let name = band.metric.rawValue + (band.metric.hasLayers ? ".\(band.layers[layer])" : "")
      return MetricBand(metric: name, ranges: ranges)
    }
  }
}
