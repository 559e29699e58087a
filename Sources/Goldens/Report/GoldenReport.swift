import Traces

/// What a check found, for people and machines.
package struct GoldenReport {
  package enum Format: String, CaseIterable, Sendable { case text, json, junit }

  /// What the check comes to as a whole.
  package enum Outcome { case passed, failed, notComparable }

  let profile: String
  let store: GoldenStore
  let judgements: [Judgement]
  let requirement: Requirement
  /// The file that describes rows which the program does not have, where one was given.
  let matrix: String?
  /// Those that it has.
  let knownRows: [String]

  package init(
    profile: String, store: GoldenStore, judgements: [Judgement], requirement: Requirement, knownRows: [String],
    matrix: String? = nil
  ) {
    self.profile = profile
    self.store = store
    self.judgements = judgements
    self.requirement = requirement
    self.knownRows = knownRows
    self.matrix = matrix
  }

  /// A run that failed is worse than one that could not be compared; nothing compared is no success.
  package var outcome: Outcome {
    let failing = judgements.filter { !passes($0) }
    if failing.contains(where: { !isObstacle($0) }) { return .failed }
    return failing.isEmpty && compared > 0 ? .passed : .notComparable
  }

  /// The worst of all, by its name.
  var verdict: String {
    guard let worst = judgements.max(by: { $0.verdict.severity < $1.verdict.severity }) else { return "nothing compared" }
    return worst.verdict.name
  }

  /// Runs that were held against a golden.
  var compared: Int { judgements.count { !isObstacle($0) && !$0.isMean } }

  var counts: Judgement.Counts {
    judgements.reduce(into: Judgement.Counts()) { sum, judgement in
      sum.epochs += judgement.counts.epochs
      sum.values += judgement.counts.values
      sum.digests += judgement.counts.digests
      sum.banded += judgement.counts.banded
      sum.inputs += judgement.counts.inputs
      sum.rounded += judgement.counts.rounded
    }
  }

  func isObstacle(_ judgement: Judgement) -> Bool {
    if case .notComparable = judgement.verdict { true } else { false }
  }

  /// Whether some run fails for nothing but bits that should be equal.
  var isPromiseBroken: Bool {
    !requirement.allowsOtherBits && judgements.contains { $0.verdict.breaksPromise }
  }

  func passes(_ judgement: Judgement) -> Bool { judgement.verdict.passes(requirement) }

  package func text(_ format: Format) throws -> String {
    switch format {
    case .text: try textLines().joined(separator: "\n")
    case .json: json.indented
    case .junit: junit
    }
  }

  // MARK: Commands to go on with

  /// Words in a shell command, quoted where a shell would take them apart.
  private func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./=,:+@".utf8.contains(byte)
    }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  private var against: String { store.directory == "golden" ? "" : " --against \(quoted(store.directory))" }
  private var into: String { store.directory == "golden" ? "" : " --into \(quoted(store.directory))" }

  /// The option without which nothing can run a row that the program does not know.
  private func described(_ row: String) -> String {
    let isKnown = matrix == nil && knownRows.contains(row)
    return isKnown ? "" : " --matrix \(matrix.map(quoted) ?? "FILE")"
  }

  func rerun(_ judgement: Judgement) -> String {
    let seed = judgement.seed.map { " --seed \($0)" } ?? judgement.seedRange.map { " --seeds \($0)" } ?? ""
    return
      "gradflow golden check --profile \(profile) --rows \(quoted(judgement.row))\(described(judgement.row))\(seed)\(against)"
  }

  /// Where the bits part, for a run that is there.
  func bisect(_ judgement: Judgement) -> String? {
    if judgement.run.isEmpty { return nil }
    return "gradflow bisect \(quoted(judgement.run)) \(quoted(store.path(profile: profile, row: judgement.row)))"
  }

  /// How to make the run what is expected from now on.
  func accept(_ judgement: Judgement) -> String {
    let rows = "--profile \(profile) --rows \(quoted(judgement.row))\(described(judgement.row))"
    let keepsBands =
      switch judgement.verdict {
      case _ where judgement.isMean: false
      case .withinRounding, .withinBand: true
      default: false
      }
    if keepsBands {
      return "gradflow golden record \(rows) --runs \(quoted(judgement.run)) --seed \(judgement.seed ?? 0) --keep-bands\(into) "
        + "--reason '...'"
    }
    let seeds = Ensemble.needed(profile: profile)
    return "gradflow matrix \(rows) --seeds 0..\(seeds - 1) --out runs/ensemble && gradflow golden record \(rows) --runs "
      + "runs/ensemble\(into) --reason '...'"
  }

  // MARK: Annotations

  /// Lines that GitHub shows beside the job: an error for what fails, a notice for what is inside the bands only.
  package var annotations: [String] {
    judgements.compactMap { judgement in
      if judgement.verdict == .identical { return nil }
      let title = "golden \(profile) \(judgement.row)" + (judgement.seed.map { " seed \($0)" } ?? "")
      let first = judgement.findings.first.map { ": \($0)" } ?? ""
      return "::\(passes(judgement) ? "notice" : "error") title=\(Self.escaped(title, property: true))::"
        + Self.escaped("\(judgement.verdict)\(first)", property: false)
    }
  }

  private static func escaped(_ text: String, property: Bool) -> String {
    var text = text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    if property { text = text.replacing(":", with: "%3A").replacing(",", with: "%2C") }
    return text
  }
}

extension Judgement {
  var isMean: Bool { !seeds.isEmpty }
  var meanName: String { "mean of \(seeds.count) seeds" }
  /// `A..B`, which holds them all.
  fileprivate var seedRange: String? {
    guard let first = seeds.min(), let last = seeds.max() else { return nil }
    return "\(first)..\(last)"
  }
}
