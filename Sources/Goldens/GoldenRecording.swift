import Traces

/// Makes a golden from finished runs.
public enum GoldenRecording {
  /// A run with the path of its trace, for errors.
  public struct Run: Sendable {
    public var path: String
    public var trace: Trace

    public init(path: String, trace: Trace) {
      self.path = path
      self.trace = trace
    }
  }

  /// - Parameters:
  ///   - runs: of one row and profile, under any seeds, one of them the reference; several of one seed must be equal.
  ///   - epochs: that every run must have; `nil` for as many as the reference run has.
  ///   - bandsOf: a golden whose bands are kept instead of making new ones. They must hold for the reference run, and so must
  ///     what it says of other roundings.
  ///   - anchors: of the reference run's program, where it could make them.
  /// - Throws: `RecordingError`.
  public static func golden(
    row: String, profile: String, runs: [Run], referenceSeed: UInt64, epochs: Int?, reason: String,
    keepingBandsOf old: Golden? = nil, anchors: [OpeningLine]? = nil
  ) throws -> Golden {
    guard let reference = runs.first(where: { $0.trace.header.seed == referenceSeed }) else {
      throw RecordingError.noReference(row: row, seed: referenceSeed, runs: runs.count)
    }
    guard reference.trace.header.row == row, reference.trace.header.profile == profile else {
      throw RecordingError.otherRun(
        path: reference.path, expected: "\(profile) \(row)",
        found: "\(reference.trace.header.profile) \(reference.trace.header.row)")
    }
    let ensemble = try distinct(runs)
    for run in ensemble { try check(run, like: reference, epochs: epochs ?? reference.trace.epochs.count) }
    guard let old else {
      let bands = try bands(ensemble, reference: reference.trace)
      do {
        return try Golden(trace: reference.trace, reason: reason, bands: bands, path: reference.path)
      } catch {
        guard case .band(_, let metric, let problem) = error else { throw error }
        throw RecordingError.unfitBand(row: row, metric: metric, problem: problem)
      }
    }
    guard let bands = old.bands else { throw RecordingError.noBandsToKeep(row: row) }
    let judgement = Judgement(reference.trace, against: old, run: reference.path, anchors: anchors)
    switch judgement.verdict {
    case .identical, .withinRounding, .withinBand: break
    case .regression: throw RecordingError.bandsDoNotHold(row: row, findings: judgement.findings)
    case .notComparable(let obstacle): throw RecordingError.bandsOfOthers(row: row, obstacle: obstacle)
    }
    return try Golden(trace: reference.trace, reason: reason, bands: bands, path: reference.path)
  }

  /// - Parameters:
  ///   - runs: of different seeds, alike in all else and whole. In the order of their seeds.
  ///   - reference: one of them, which tells how many images each set has, and which metrics there are.
  static func bands(_ runs: [Run], reference: Trace) throws -> Bands? {
    let header = reference.header
    guard header.validationImages != nil else { throw RecordingError.noImageCount(row: header.row) }
    let ensemble = Ensemble(seeds: runs.map(\.trace.header.seed), numerics: header.numerics, profile: header.profile)
    var bands: [Band] = []
    let metrics = ensemble.metrics(in: reference), rate = ensemble.rate(metrics: metrics.count)
    for metric in metrics {
      let measurements = try runs.compactMap { run in
        let measured = Measurements(metric, of: run.trace)
        if metric.isNorm, measured == nil {
          throw RecordingError.unfinished(path: run.path, what: "no norms of every epoch, as the reference run has them")
        }
        return measured
      }
      guard measurements.count == runs.count, let images = ensemble.images(of: metric, in: reference) else { continue }
      if let rate {
        if let band = BandCalibration(metric, runs: measurements, images: images)?.band(rate: rate) { bands.append(band) }
      } else if let band = ScatterBands.band(metric, runs: measurements, images: images) {
        bands.append(band)
      }
    }
    if bands.isEmpty { return nil }
    return Bands(ensemble: ensemble, bands: bands)
  }

  // MARK: Checks

  /// One run a seed, by seed.
  private static func distinct(_ runs: [Run]) throws -> [Run] {
    var bySeed: [UInt64: Run] = [:]
    for run in runs {
      let seed = run.trace.header.seed
      guard let other = bySeed[seed] else {
        bySeed[seed] = run
        continue
      }
      // Several machines may contribute the same run twice, but not two different runs of one seed.
      if other.trace.header != run.trace.header || other.trace.epochs != run.trace.epochs || other.trace.test != run.trace.test {
        throw RecordingError.seedTwice(seed: seed, first: other.path, second: run.path)
      }
    }
    return bySeed.values.sorted { $0.trace.header.seed < $1.trace.header.seed }
  }

  private static func check(_ run: Run, like reference: Run, epochs: Int) throws {
    let differences = SettingDifference.between(reference.trace.header.settings, run.trace.header.settings)
      .filter { $0.name != "seed" }
    if !differences.isEmpty {
      throw RecordingError.mixed(path: run.path, reference: reference.path, differences: differences)
    }
    if let torn = run.trace.torn { throw RecordingError.unfinished(path: run.path, what: torn.description) }
    guard run.trace.epochs.count == epochs else {
      throw RecordingError.unfinished(path: run.path, what: "\(run.trace.epochs.count) epochs of \(epochs)")
    }
    guard let test = run.trace.test else { throw RecordingError.unfinished(path: run.path, what: "no test line") }
    let names = reference.trace.epochs.first?.values.map(\.name)
    for line in run.trace.epochs {
      if line.values.map(\.name) != names {
        throw RecordingError.unfinished(path: run.path, what: "other values in epoch \(line.epoch) than \(reference.path)")
      }
      if let value = line.values.first(where: { !$0.value.isFinite }) {
        throw RecordingError.notFinite(path: run.path, value: "epoch \(line.epoch), \(value.name)")
      }
    }
    if let value = test.values.first(where: { !$0.value.isFinite }) {
      throw RecordingError.notFinite(path: run.path, value: "test, \(value.name)")
    }
    for line in run.trace.norms {
      if let value = line.values.first(where: { !$0.value.isFinite }) {
        throw RecordingError.notFinite(path: run.path, value: "epoch \(line.epoch), \(value.name)")
      }
    }
  }
}

/// Why a golden was not recorded.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  case noReference(row: String, seed: UInt64, runs: Int)
  case otherRun(path: String, expected: String, found: String)
  case seedTwice(seed: UInt64, first: String, second: String)
  case mixed(path: String, reference: String, differences: [SettingDifference])
  case unfinished(path: String, what: String)
  case notFinite(path: String, value: String)
  case noImageCount(row: String)
  /// The bands of these runs could not judge, or would not hold for the reference run itself.
  case unfitBand(row: String, metric: String, problem: String)
  case noBandsToKeep(row: String)
  case bandsDoNotHold(row: String, findings: [Finding])
  case bandsOfOthers(row: String, obstacle: Verdict.Obstacle)

  public var description: String {
    switch self {
    case .noReference(let row, let seed, let runs):
      "\(row): none of \(runs) runs has the reference seed \(seed): make it (gradflow run \(row) --seed \(seed)), or name "
        + "another with --seed"
    case .otherRun(let path, let expected, let found):
      "\(path): a run of \(found), not of \(expected)"
    case .seedTwice(let seed, let first, let second):
      "\(first) and \(second) are different runs of seed \(seed): leave one of them out"
    case .mixed(let path, let reference, let differences):
      "\(path) is no run of the same kind as \(reference): \(differences.map(\.description).joined(separator: "; "))"
    case .unfinished(let path, let what):
      "\(path) is not whole: \(what); finish it (--resume), or leave it out"
    case .notFinite(let path, let value):
      "\(path): \(value) is not finite; what diverges cannot be a golden"
    case .noImageCount(let row):
      "\(row): the trace does not say how many validation images there are (classes, validation_per_class)"
    case .unfitBand(let row, let metric, let problem):
      "\(row): the band of \(metric) would have \(problem), so nothing was recorded; look which run stands out (gradflow golden "
        + "diff A B tells two apart), or give more seeds"
    case .noBandsToKeep(let row):
      "\(row): there are no bands to keep; record it with an ensemble of seeds"
    case .bandsDoNotHold(let row, let findings):
      "\(row): the old bands do not hold for the new run, so they cannot be kept: "
        + "\(findings.first.map(\.description) ?? "")\(findings.count > 1 ? ", and \(findings.count - 1) more" : ""); if "
        + "the change is wanted, record it with a new ensemble of seeds"
    case .bandsOfOthers(let row, let obstacle):
      "\(row): the old bands are of other runs, so they cannot be kept: \(obstacle); record it with an ensemble of seeds"
    }
  }
}
