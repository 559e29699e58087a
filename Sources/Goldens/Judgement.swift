import Files
import Traces

/// A run held against its golden.
public struct Judgement: Equatable, Sendable {
  /// How much was compared.
  public struct Counts: Equatable, Sendable {
    public var epochs = 0
    /// Numbers held against the reference run's or looked at for being finite.
    public var values = 0
    /// Digests of epochs, steps, layers and the test.
    public var digests = 0
    /// Numbers held against a band.
    public var banded = 0
    /// What enters the arithmetic, held against the reference run's.
    public var inputs = 0
    /// Numbers of first steps and of anchors held against other roundings.
    public var rounded = 0

    public init() {}
  }

  public let row: String
  public let profile: String
  /// `nil` if there is no run, or its trace could not be found out.
  public let seed: UInt64?
  /// Of the runs whose mean was judged; empty for a run by itself.
  public private(set) var seeds: [UInt64] = []
  /// The trace or the run's directory, for messages.
  public let run: String
  public let verdict: Verdict
  /// The largest first; empty unless the verdict is a regression.
  public let findings: [Finding]
  public let counts: Counts
  /// How the first steps and the anchors lie; `nil` where they were not judged.
  public private(set) var rounding: RoundingEnvelope.Study?
  /// Of another program's updates from what follows from its own gradients, in tolerances; `nil` for runs.
  public private(set) var largestDeparture: Double?
  /// Fewer epochs than the golden's were asked for and compared, or all of them without the test.
  public private(set) var isPrefix = false

  /// A row of which nothing can be said.
  public init(row: String, profile: String, seed: UInt64? = nil, run: String, obstacle: Verdict.Obstacle) {
    self.row = row
    self.profile = profile
    self.seed = seed
    self.run = run
    verdict = .notComparable(obstacle)
    findings = []
    counts = Counts()
  }

  /// A run that broke off for a reason that is a finding.
  public init(row: String, profile: String, seed: UInt64, run: String, brokenOff finding: Finding) {
    self.row = row
    self.profile = profile
    self.seed = seed
    self.run = run
    verdict = .regression
    findings = [finding]
    counts = Counts()
  }

  /// Another program's first steps and steps from anchors: within rounding, or a regression.
  ///
  /// - Parameters:
  ///   - lines: opening and anchors together.
  ///   - updates: what is wrong with the program's updates, given its gradients.
  ///   - largestDeparture: of its updates from what follows from its gradients, in tolerances.
  ///   - file: its name, for messages.
  public init(
    opening lines: [OpeningLine], updates: [Finding] = [], largestDeparture: Double? = nil, against golden: Golden, file: String
  ) {
    row = golden.row
    profile = golden.profile
    seed = golden.trace.header.seed
    run = file
    var counts = Counts()
    self.largestDeparture = largestDeparture
    guard let envelope = golden.rounding else {
      verdict = .notComparable(.noRounding)
      findings = []
      self.counts = counts
      return
    }
    let found = envelope.judge(lines, opening: golden.trace.opening)
    counts.rounded = found.numbers
    self.counts = counts
    rounding = found.study
    findings = Self.sorted(found.findings + updates)
    verdict = findings.isEmpty ? .withinRounding(.program) : .regression
  }

  /// The mean of several runs under fresh seeds (`MeanOfSeeds`).
  ///
  /// - Parameter traces: of the golden's row and settings; those of seeds that the ensemble has are left out.
  /// - Returns: `nil` where fewer than `MeanOfSeeds.smallest` are left, or the golden has no ensemble to hold them against.
  public init?(meanOf traces: [Trace], against golden: Golden) {
    guard let mean = MeanOfSeeds(traces, against: golden) else { return nil }
    let judged = mean.judge()
    row = golden.row
    profile = golden.profile
    seed = nil
    seeds = mean.runs.map(\.header.seed)
    run = ""
    var counts = Counts()
    counts.banded = judged.numbers
    self.counts = counts
    findings = Self.sorted(judged.findings)
    verdict = judged.findings.isEmpty ? .withinBand(.mean(runs: seeds.count)) : .regression
  }

  /// The largest first; equal ones stay in the order of the trace.
  private static func sorted(_ findings: [Finding]) -> [Finding] {
    findings.enumerated().sorted { ($1.element.size, $0.offset) < ($0.element.size, $1.offset) }.map(\.element)
  }

  /// - Parameters:
  ///   - run: its name, for messages.
  ///   - allowsPrefix: judges a run of fewer epochs, or without its test, by what it has. Otherwise the rest is missing.
  ///   - anchors: steps from the golden's anchors, made by the program that made the run.
  public init(
    _ trace: Trace, against golden: Golden, run: String, allowsPrefix: Bool = false, anchors: [OpeningLine]? = nil
  ) {
    row = trace.header.row
    profile = trace.header.profile
    seed = trace.header.seed
    self.run = run
    var comparison = Comparison(trace, golden, allowsPrefix: allowsPrefix, anchors: anchors)
    verdict = comparison.verdict()
    if case .notComparable = verdict {
      findings = []
    } else {
      findings = Self.sorted(comparison.findings)
    }
    counts = comparison.counts
    rounding = comparison.rounding
    isPrefix = comparison.isPrefix
  }
}

/// One pass over a run and its golden.
private struct Comparison {
  let trace: Trace
  let golden: Golden
  let isPrefix: Bool
  /// Of the golden's seed alone.
  let anchors: [OpeningLine]?
  var counts = Judgement.Counts()
  var findings: [Finding] = []
  var rounding: RoundingEnvelope.Study?

  init(_ trace: Trace, _ golden: Golden, allowsPrefix: Bool, anchors: [OpeningLine]?) {
    self.trace = trace
    self.golden = golden
    self.anchors = golden.rounding != nil && trace.header.seed == golden.trace.header.seed ? anchors : nil
    let made = trace.epochs.count, wanted = golden.trace.epochs.count
    // A run that was stopped before its test lacks that alone.
    isPrefix = allowsPrefix && (made < wanted || made == wanted && trace.test == nil)
  }

  private static let free: Set<String> = ["seed", "numerics"]

  mutating func verdict() -> Verdict {
    let settings = SettingDifference.between(golden.trace.header.settings, trace.header.settings)
    let foreign = settings.filter { !Self.free.contains($0.name) }
    if !foreign.isEmpty { return .notComparable(.settings(foreign)) }
    if trace.epochs.isEmpty { return .notComparable(.nothing) }

    compareShape()
    compareValues()
    compareInputs()
    let expected = isPrefix ? Golden.reduced(golden.trace, epochs: trace.epochs.count, withTest: false) : golden.trace
    let found = Golden.reduced(trace, epochs: isPrefix ? nil : golden.trace.epochs.count)
    if settings.isEmpty {
      counts.digests =
        found.epochs.count + found.steps.reduce(0) { $0 + $1.digests.count }
        + found.layers.reduce(0) { $0 + $1.entries.count } + (found.test == nil ? 0 : 1)
      let isWhole = isPrefix || trace.epochs.count == golden.trace.epochs.count
      if findings.isEmpty, isWhole, sameRun(expected, found), toldDifference == nil { return .identical }
    }
    let isRounded = judgeRounding()
    guard let bands = golden.bands else {
      return findings.isEmpty ? .notComparable(.noBands) : .regression
    }
    judge(by: bands)
    if !findings.isEmpty { return .regression }
    // A comparison that held nothing against a band has shown nothing.
    if counts.banded == 0 { return .notComparable(.noBands) }
    guard let reason = reason(settings, TraceComparison(expected, found).divergence) else { return .identical }
    return isRounded ? .withinRounding(reason) : .withinBand(reason)
  }

  private func reason(_ settings: [SettingDifference], _ divergence: Divergence?) -> Verdict.Reason? {
    if !settings.isEmpty { return .settings(settings) }
    return (divergence ?? toldDifference.map(Divergence.metric)).map(Verdict.Reason.bits)
  }

  /// Every line that both keep, by its bits. Without a test line, a shortened run has one line less.
  private func sameRun(_ a: Trace, _ b: Trace) -> Bool {
    a.header == b.header && a.epochs == b.epochs && a.steps == b.steps && a.layers == b.layers
      && (isPrefix || a.test == b.test)
  }

  // MARK: The same seed

  /// The first number of the opening, of the anchors or of the norms whose bits differ, of what both sides have: runs of older
  /// programs do not tell all of it.
  private var toldDifference: MetricDifference? {
    let lines = Array(zip(golden.trace.opening, trace.opening)) + Array(zip(golden.rounding?.anchors ?? [], anchors ?? []))
    let opening = lines.lazy.compactMap { MetricDifference.first(epoch: 0, $0.values, $1.values) }.first
    return opening
      ?? trace.norms.lazy.compactMap { line in
        golden.trace.norms.first { $0.epoch == line.epoch }.flatMap {
          MetricDifference.first(epoch: line.epoch, $0.values, line.values)
        }
      }.first
  }

  /// Inputs are equal bit for bit while their version is, whatever the arithmetic. Those that runs of older programs did not tell
  /// are not compared; digests of images hang on the seed, counts and scalars do not.
  private mutating func compareInputs() {
    let sameSeed = trace.header.seed == golden.trace.header.seed
    var expected: [[String]: JSONValue] = [:]
    let version = golden.trace.inputs.first?.version
    func key(_ line: InputsLine, _ name: String) -> [String] { [line.epoch.map { "\($0)" } ?? "", name] }
    for line in golden.trace.inputs {
      for member in line.values { expected[key(line, member.key)] = member.value }
    }
    for line in trace.inputs where line.version == version {
      for member in line.values {
        guard let wanted = expected[key(line, member.key)], sameSeed || member.value.string == nil else { continue }
        counts.inputs += 1
        if wanted != member.value {
          findings.append(
            Finding(
              .otherInput(expected: wanted.string ?? wanted.description, found: member.value.string ?? member.value.description),
              metric: "inputs.\(member.key)", epoch: line.epoch))
        }
      }
    }
  }

  /// - Returns: whether the run could be judged so.
  private mutating func judgeRounding() -> Bool {
    guard let envelope = golden.rounding, trace.header.seed == golden.trace.header.seed, !trace.opening.isEmpty else {
      return false
    }
    var lines = trace.opening
    // Of a run that is cut, the first steps that it has.
    if lines.count < golden.trace.opening.count {
      findings.append(Finding(.missing, metric: OpeningLine.point(step: lines.count) + " of the opening"))
    }
    lines += anchors ?? []
    let found = envelope.judge(lines, opening: golden.trace.opening)
    counts.rounded = found.numbers
    rounding = found.study
    findings += found.findings
    return true
  }

  // MARK: What is there at all

  private mutating func compareShape() {
    let wanted = golden.trace.epochs.count, made = trace.epochs.count
    if made > wanted {
      for epoch in wanted..<made { findings.append(Finding(.extra, metric: "line", epoch: epoch)) }
    } else if !isPrefix {
      for epoch in made..<wanted { findings.append(Finding(.missing, metric: "line", epoch: epoch)) }
    }
    if trace.test == nil, !isPrefix { findings.append(Finding(.missing, metric: "test line")) }
    for (expected, found) in zip(golden.trace.epochs, trace.epochs) {
      let names = expected.values.map(\.name), others = found.values.map(\.name)
      if names == others { continue }
      compareNames(names, others, epoch: found.epoch)
      if Set(names) == Set(others) { findings.append(Finding(.extra, metric: "another order of values", epoch: found.epoch)) }
    }
    // A run that an older program began tells norms from some epoch on.
    if let first = trace.norms.first?.epoch {
      for epoch in first..<trace.epochs.count where !trace.norms.contains(where: { $0.epoch == epoch }) {
        findings.append(Finding(.missing, metric: "norms", epoch: epoch))
      }
    }
    for found in trace.norms {
      guard let expected = golden.trace.norms.first(where: { $0.epoch == found.epoch }) else { continue }
      compareNames(expected.values.map(\.name), found.values.map(\.name), epoch: found.epoch)
    }
  }

  private mutating func compareNames(_ expected: [String], _ found: [String], epoch: Int) {
    if expected == found { return }
    for name in expected where !found.contains(name) { findings.append(Finding(.missing, metric: name, epoch: epoch)) }
    for name in found where !expected.contains(name) { findings.append(Finding(.extra, metric: name, epoch: epoch)) }
  }

  /// What needs no bands: every number is finite and possible, and the learning rate is the schedule's.
  private mutating func compareValues() {
    for line in trace.epochs {
      counts.epochs += 1
      look(at: line.values, epoch: line.epoch)
      if line.epoch < golden.trace.epochs.count {
        let expected = golden.trace.epochs[line.epoch].learningRate
        if line.learningRate.isFinite, !sameBits(expected, line.learningRate) {
          findings.append(
            Finding(.unequal(expected: expected), metric: "learning_rate", epoch: line.epoch, found: line.learningRate))
        }
      }
    }
    for line in trace.norms { look(at: line.values, epoch: line.epoch) }
    if let test = trace.test, !isPrefix { look(at: test.values.map { NamedValue("test_\($0.name)", $0.value) }, epoch: nil) }
  }

  private mutating func look(at values: [NamedValue], epoch: Int?) {
    for value in values {
      counts.values += 1
      if !value.value.isFinite {
        findings.append(Finding(.notFinite, metric: value.name, epoch: epoch, found: value.value))
      } else if !Self.isPossible(value) {
        findings.append(Finding(.impossible, metric: value.name, epoch: epoch, found: value.value))
      }
    }
  }

  /// Accuracies and shares of zeros are in 0…1; losses, rates, norms and sizes of gradients are not below zero. Of numbers that
  /// this version does not know nothing is known.
  private static func isPossible(_ value: NamedValue) -> Bool {
    let name = value.name
    if name.hasSuffix("accuracy") || name.hasSuffix(".zeros") { return (0...1).contains(value.value) }
    let isSize =
      name.hasSuffix("loss") || name == "learning_rate" || name.hasPrefix("gradient_flow.")
      || name.hasPrefix("gradient_statistics.") || name.hasPrefix("norms.")
    return !isSize || value.value >= 0
  }

  // MARK: Bands

  private mutating func judge(by bands: Bands) {
    for band in bands.bands where !(isPrefix && band.metric.isOfTest) {
      // What is missing has been found already.
      guard let run = Measurements(band.metric, of: trace)?.keeping(layers: band.layers) else { continue }
      for epoch in 0..<min(band.epochs, run.values.count) {
        for (layer, value) in run.values[epoch].enumerated() {
          counts.banded += 1
          let distance = band.distance(value, epoch: epoch, layer: layer)
          // What is not finite has been found by its own name; means over layers only hide where it is.
          if distance <= 1 || !value.isFinite { continue }
          let name = band.layers[layer]
          findings.append(
            Finding(
              .outside(band.interval(epoch: epoch, layer: layer), widths: (distance - 1) / 2),
              metric: band.metric.rawValue, epoch: band.metric.isOfTest ? nil : epoch,
              layer: name.isEmpty ? nil : name, found: value))
        }
      }
    }
  }
}
