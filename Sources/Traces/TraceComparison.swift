/// Where two traces part, found from what they recorded alone.
///
/// Settings come first: two runs with other settings are told apart by name, and their digests say nothing more. Then
/// the lines in the order in which the runs wrote them: for each epoch the steps ascending, in each step the layers
/// and phases in order of execution, after them the step's digest; then the epoch's digest and numbers; at the end the
/// test. What only one trace has is reported when nothing that both have differs.
public struct TraceComparison: Equatable, Sendable, CustomStringConvertible {
  /// How much was compared. Nothing compared is never "identical".
  public struct Counts: Equatable, Sendable {
    public var settings = 0
    public var epochs = 0
    /// Digests in `steps` lines.
    public var steps = 0
    /// Digests in `layers` lines.
    public var layers = 0
    /// Numbers in epoch and test lines.
    public var values = 0
  }

  /// Every setting that differs, in the order of the first trace's header; those that were ignored aside.
  public let settings: [SettingDifference]
  /// The first difference, or `nil` if there is none. Found whether or not settings differ; ask `verdict` for what to
  /// tell a user.
  public let divergence: Divergence?
  /// The first number of an epoch or test line that differs.
  public let metric: MetricDifference?
  /// What was compared, up to the first difference (settings: all of them).
  public let compared: Counts

  public enum Verdict: Equatable, Sendable {
    case identical
    /// Runs with other settings: never empty.
    case settings([SettingDifference])
    case divergence(Divergence)
    /// No difference, but no epoch or step either that both traces have.
    case nothingCompared
  }

  /// Compares `first` with `second`. Settings in `ignoring`, by their dotted names (`training.epochs`), may differ.
  public init(_ first: Trace, _ second: Trace, ignoring: Set<String> = []) {
    let a = first.header.settings.filter { !ignoring.contains($0.name) }
    let b = second.header.settings.filter { !ignoring.contains($0.name) }
    settings = SettingDifference.between(a, b)
    var walk = DivergenceSearch(first, second)
    walk.counts.settings = a.count
    divergence = walk.run()
    compared = walk.counts
    metric = MetricDifference.first(first, second)
  }

  public var verdict: Verdict {
    if !settings.isEmpty { return .settings(settings) }
    if let divergence { return .divergence(divergence) }
    return compared.epochs == 0 && compared.steps == 0 && compared.layers == 0
      ? .nothingCompared : .identical
  }

  public var description: String {
    switch verdict {
    case .identical:
      "no difference in \(compared.epochs) \(compared.epochs == 1 ? "epoch" : "epochs"): \(compared.steps) step digests, "
        + "\(compared.layers) layer digests and \(compared.values) numbers compared"
    case .settings(let differences):
      differences.map(\.description).joined(separator: "; ")
    case .divergence(let divergence):
      divergence.description
    case .nothingCompared:
      "nothing was compared: the two traces have no epoch and no step in common"
    }
  }
}

/// A setting in which two headers differ. Values are JSON text; `nil` where a trace does not have the setting.
public struct SettingDifference: Equatable, Sendable, CustomStringConvertible {
  /// Dotted, as in the header: `seed`, `data.fingerprint`, `training.learning_rate`.
  public var name: String
  public var first: String?
  public var second: String?

  public var description: String {
    let subject =
      switch name {
      case "numerics": "the versions of the numeric contract differ"
      case "row": "the rows differ"
      case "profile": "the profiles differ"
      case "seed": "the seeds differ"
      case "data.name": "the datasets differ"
      case "data.fingerprint": "the data differ"
      case "parameters": "the numbers of parameters differ"
      default: "the settings differ in \(name)"
      }
    return "\(subject): \(first ?? "absent") and \(second ?? "absent")"
  }

  /// The differences of two lists of settings, in the order of the first; then what only the second has.
  public static func between(_ a: [TraceHeader.Setting], _ b: [TraceHeader.Setting]) -> [SettingDifference] {
    let inA = Dictionary(a.map { ($0.name, $0.json) }, uniquingKeysWith: { first, _ in first })
    let inB = Dictionary(b.map { ($0.name, $0.json) }, uniquingKeysWith: { first, _ in first })
    var differences: [SettingDifference] = []
    for setting in a where inB[setting.name] != setting.json {
      differences.append(
        SettingDifference(name: setting.name, first: setting.json, second: inB[setting.name]))
    }
    for setting in b where inA[setting.name] == nil {
      differences.append(SettingDifference(name: setting.name, first: nil, second: setting.json))
    }
    return differences
  }
}

/// A number that differs; `nil` where a trace does not have it.
public struct MetricDifference: Equatable, Sendable, CustomStringConvertible {
  /// `nil` for the test line.
  public var epoch: Int?
  /// Dotted, as in `EpochLine.values`.
  public var name: String
  public var first: Double?
  public var second: Double?

  public static func == (a: MetricDifference, b: MetricDifference) -> Bool {
    func same(_ a: Double?, _ b: Double?) -> Bool {
      switch (a, b) {
      case (nil, nil): true
      case (let a?, let b?): sameBits(a, b)
      default: false
      }
    }
    return a.epoch == b.epoch && a.name == b.name && same(a.first, b.first)
      && same(a.second, b.second)
  }

  public var description: String {
    func text(_ value: Double?) -> String { value.map(exactText) ?? "absent" }
    return "\(epoch.map { "epoch \($0)" } ?? "test"), \(name): \(text(first)) and \(text(second))"
  }

  /// The first that differs between two lists of numbers, compared name by name and place by place.
  public static func first(epoch: Int?, _ a: [NamedValue], _ b: [NamedValue]) -> MetricDifference? {
    for index in 0..<max(a.count, b.count) {
      guard index < a.count else {
        return MetricDifference(epoch: epoch, name: b[index].name, first: nil, second: b[index].value)
      }
      guard index < b.count, a[index].name == b[index].name else {
        return MetricDifference(
          epoch: epoch, name: a[index].name, first: a[index].value, second: b[a[index].name])
      }
      if a[index] != b[index] {
        return MetricDifference(
          epoch: epoch, name: a[index].name, first: a[index].value, second: b[index].value)
      }
    }
    return nil
  }

  /// The first number that differs in the epochs and the test that both traces have.
  static func first(_ a: Trace, _ b: Trace) -> MetricDifference? {
    for (lineOfA, lineOfB) in zip(a.epochs, b.epochs) {
      if let difference = first(epoch: lineOfA.epoch, lineOfA.values, lineOfB.values) {
        return difference
      }
    }
    guard let testOfA = a.test, let testOfB = b.test else { return nil }
    return first(epoch: nil, testOfA.values, testOfB.values)
  }
}
