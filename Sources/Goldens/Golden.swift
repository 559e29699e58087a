import Digests
import Files
import Traces

/// What a row of a profile should be: the reference seed's trace, bit by bit, and bands for other seeds and other bits.
///
/// The file is a trace (every reader of traces takes it for one) with further lines after it: `golden`, `ensemble`, a
/// `band` per metric, `rounding` with its `anchor` lines, and a `seal` over everything before.
public struct Golden: Equatable, Sendable {
  /// The one without an envelope of other roundings, and the one with it.
  public static let versions = 1...2
  var version: Int { rounding == nil ? Self.versions.lowerBound : Self.versions.upperBound }
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
  public static func reduced(_ trace: Trace, epochs: Int? = nil) -> Trace {
    trace.reduced(layerEpochs: layerEpochs, stepDigests: stepDigests, epochs: epochs)
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
    let expected = Ensemble(seeds: ensemble.seeds, numerics: ensemble.numerics, profile: trace.header.profile)
    guard ensemble == expected else {
      throw broken(
        "every metric", "\(ensemble.claims) from \(seeds) seeds of \(trace.header.profile), which give \(expected.claims)")
    }
    guard let images = trace.header.validationImages else {
      throw broken("every metric", "no number of validation images to rest on")
    }
    let judged = Metric.judged(seeds: seeds)
    for metric in judged where self[metric] == nil {
      throw broken(metric.rawValue, "no line, though \(seeds) seeds judge it")
    }
    for band in bands {
      let name = band.metric.rawValue
      guard judged.contains(band.metric) else { throw broken(name, "a line, though \(seeds) seeds do not judge it") }
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
    }
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
