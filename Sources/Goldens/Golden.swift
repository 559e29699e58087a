import Digests
import Files
import Traces

/// What a row of a profile should be: the reference seed's trace, bit by bit, and bands for other seeds and other bits.
///
/// The file is a trace (every reader of traces takes it for one) with further lines after it: `golden`, `ensemble`, a
/// `band` per metric with the numbers of its `seeds`, `rounding` with its `anchor` lines, and a `seal` over everything before.
public struct Golden: Equatable, Sendable {
  /// The one without an envelope of other roundings, the one with it, and the one that keeps the numbers of the ensemble's seeds.
  public static let versions = 1...3
  var version: Int { bands?.ensemble.keepsSeeds == true ? 3 : rounding == nil ? 1 : 2 }
  /// What a golden file decompresses to at most: a hundred epochs of the deepest row are below ten megabytes.
  public static let sizeLimit = 64 << 20
  /// Layers' digests are kept of the first epoch and steps' digests of whole epochs up to this number: a change of the
  /// arithmetic shows in the first steps.
  static let layerEpochs = 1, stepDigests = 1000

  /// The reference run, with the digests that goldens keep.
  public let trace: Trace
  /// Why it was recorded.
  public let reason: String
  /// `nil` where there were too few seeds: then equal bits are all that can be asked.
  public let bands: Bands?
  /// `nil` where it was recorded without one: then other bits of the same seed are judged by the bands alone.
  public let rounding: RoundingEnvelope?

  public var row: String { trace.header.row }
  public var profile: String { trace.header.profile }

  /// - Parameters:
  ///   - trace: a whole run.
  ///   - path: for errors.
  public init(
    trace: Trace, reason: String, bands: Bands?, rounding: RoundingEnvelope? = nil, path: String
  ) throws(GoldenError) {
    self.trace = Self.reduced(trace)
    self.reason = reason
    self.bands = bands
    self.rounding = rounding
    try check(path: path)
  }

  /// A golden that no recording makes, for tests of what judges by it.
  init(unchecked trace: Trace, bands: Bands?, rounding: RoundingEnvelope? = nil) {
    self.trace = Self.reduced(trace)
    reason = ""
    self.bands = bands
    self.rounding = rounding
  }

  /// Reads and checks a golden file.
  ///
  /// - Throws: `FileError`, `ZstdError`, `TraceError`, `GoldenError`. A file that is cut or damaged anywhere is refused.
  public init(path: String) throws {
    try self.init(content: try Zstd.readFile(path, limit: Self.sizeLimit), path: path)
  }

  /// What goldens keep of a trace.
  public static func reduced(_ trace: Trace, epochs: Int? = nil, withTest: Bool = true) -> Trace {
    trace.reduced(layerEpochs: layerEpochs, stepDigests: stepDigests, epochs: epochs, withTest: withTest)
  }

  /// Whether a trace was read from a file that calls itself a golden.
  public static func isGolden(_ trace: Trace) -> Bool { trace.unknown.contains { $0["golden"] != nil } }

  // MARK: Checks

  private func check(path: String) throws(GoldenError) {
    guard !trace.epochs.isEmpty else { throw .incomplete(path: path, missing: "epoch") }
    guard let test = trace.test else { throw .incomplete(path: path, missing: "test line") }
    for line in trace.epochs {
      if let value = line.values.first(where: { !$0.value.isFinite }) {
        throw .notFinite(path: path, value: "epoch \(line.epoch), \(value.name)")
      }
    }
    if let value = test.values.first(where: { !$0.value.isFinite }) {
      throw .notFinite(path: path, value: "test, \(value.name)")
    }
    for line in trace.norms {
      if let value = line.values.first(where: { !$0.value.isFinite }) {
        throw .notFinite(path: path, value: "epoch \(line.epoch), \(value.name)")
      }
    }
    try bands?.check(against: trace, path: path)
    if let rounding {
      let count = min(OpeningLine.steps, trace.stepDigests[0]?.count ?? OpeningLine.steps)
      guard trace.opening.count == count else {
        throw .rounding(path: path, problem: "an opening of \(trace.opening.count) steps, not of \(count)")
      }
      if let problem = rounding.problem(opening: trace.opening) { throw .rounding(path: path, problem: problem) }
    }
  }
}

extension Bands {
  /// Whether these bands can judge runs like `trace`. The method must make such bands from this number of seeds; they must cover
  /// every metric, epoch and layer that it would; and the reference run must lie inside them.
  func check(against trace: Trace, path: String) throws(GoldenError) {
    func broken(_ metric: String, _ problem: String) -> GoldenError { .band(path: path, metric: metric, problem: problem) }
    let seeds = Set(ensemble.seeds).count
    guard seeds == ensemble.seeds.count, seeds >= 1 else { throw broken("every metric", "an ensemble of \(seeds) seeds") }
    let expected = Ensemble(
      version: ensemble.version, seeds: ensemble.seeds, numerics: ensemble.numerics, profile: trace.header.profile)
    guard ensemble == expected else {
      throw broken(
        "every metric", "\(ensemble.claims) from \(seeds) seeds of \(trace.header.profile), which give \(expected.claims)")
    }
    if trace.header.validationImages == nil { throw broken("every metric", "no number of validation images to rest on") }
    let judged = ensemble.metrics(in: trace), rate = ensemble.rate(metrics: judged.count)
    for metric in judged where self[metric] == nil {
      throw broken(metric.rawValue, "no line, though \(seeds) seeds judge it")
    }
    for band in bands {
      let name = band.metric.rawValue
      guard judged.contains(band.metric), let images = ensemble.images(of: band.metric, in: trace) else {
        throw broken(name, "a line, though \(seeds) seeds do not judge it")
      }
      if let problem = band.problem(method: ensemble.method, images: images) { throw broken(name, problem) }
      let expected = band.metric.isOfTest ? 1 : trace.epochs.count
      guard band.epochs == expected else { throw broken(name, "\(band.epochs) epochs, not \(expected)") }
      guard let run = Measurements(band.metric, of: trace), let kept = run.keeping(layers: band.layers) else {
        throw broken(name, "layers that the trace does not have")
      }
      // Which updates were left out as mostly rounding is a matter of all seeds, which the file does not have.
      let layers = Measurements.judged(band.metric, run.layers, seeds: seeds)
      guard band.metric == .update || band.layers == layers else {
        throw broken(name, "\(band.layers.count) layers, not the \(layers.count) that \(seeds) seeds judge")
      }
      for (epoch, values) in kept.values.enumerated() {
        for (layer, value) in values.enumerated() where !(band.distance(value, epoch: epoch, layer: layer) <= 1) {
          let place = [band.metric.isOfTest ? "" : "epoch \(epoch)", band.layers[layer]].filter { !$0.isEmpty }
          throw broken(name, "the reference run outside" + (place.isEmpty ? "" : " (\(place.joined(separator: ", ")))"))
        }
      }
      if let problem = problem(ofSeeds: band, images: images, rate: rate, reference: kept, in: trace) {
        throw broken(name, problem)
      }
    }
  }

  /// Where the seeds' numbers are kept, the band is the one that the method makes of them, and the reference run's are its own.
  private func problem(
    ofSeeds band: Band, images: Int, rate: Double?, reference: Measurements, in trace: Trace
  ) -> String? {
    guard ensemble.keepsSeeds else {
      return band.seeds == nil ? nil : "numbers of seeds, which this version of the method keeps not"
    }
    guard let seeds = band.seeds, let rate else { return "no numbers of the seeds" }
    let cells = band.epochs * band.layers.count
    guard seeds.count == ensemble.seeds.count, seeds.allSatisfy({ $0.count == cells }) else {
      return "not \(cells) numbers of each of \(ensemble.seeds.count) seeds"
    }
    guard let calibration = BandCalibration(band, images: images) else { return "no numbers of the seeds" }
    // A reference run of a later contract has numbers of its own.
    if ensemble.numerics == trace.header.numerics, let index = ensemble.seeds.firstIndex(of: trace.header.seed),
      calibration.quanta(ofSeed: index) != reference.quanta
    {
      return "other numbers of the reference run's seed than the run has"
    }
    let anew = calibration.band(rate: rate)
    func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1.1e-5 * abs(b) }
    let isSame =
      isNear(band.threshold, anew.threshold)
      && zip(band.centres.joined(), anew.centres.joined()).allSatisfy(isNear)
      && zip(band.deviations.joined(), anew.deviations.joined()).allSatisfy(isNear)
    return isSame ? nil : "another threshold, centre or deviation than the method makes of its seeds' numbers"
  }
}

extension Ensemble {
  /// What it says of itself, for errors.
  fileprivate var claims: String {
    "\(method.rawValue), a false-alarm rate of \(falseAlarmRate.map { "\($0)" } ?? "nothing"), "
      + (isProvisional ? "provisional" : "not provisional")
  }
}

extension TraceHeader {
  /// How many images the validation set has, where the settings say it.
  var validationImages: Int? {
    func setting(_ name: String) -> Int? { training.first { $0.key == name }?.value.int }
    guard let classes = setting("classes"), let perClass = setting("validation_per_class") else { return nil }
    let (images, overflow) = classes.multipliedReportingOverflow(by: perClass)
    return overflow || images <= 0 ? nil : images
  }
}
