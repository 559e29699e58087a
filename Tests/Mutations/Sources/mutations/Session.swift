import Foundation

/// What the tests made of a mutant.
enum Outcome: Equatable {
  /// By a test that failed, a trap, or a run that took far too long.
  case killed(by: String)
  case survived
  case doesNotCompile

  var words: String {
    switch self {
    case .killed(let by): "killed by \(by)"
    case .survived: "SURVIVED"
    case .doesNotCompile: "DOES NOT COMPILE"
    }
  }

  init(words: String) {
    self =
      words.hasPrefix("killed by ")
      ? .killed(by: String(words.dropFirst(10))) : words == Self.doesNotCompile.words ? .doesNotCompile : .survived
  }
}

/// The outcomes so far, in a file beside the copy: they outlive a call that is cut.
struct Results {
  private let path: URL
  private var outcomes: [String: Outcome] = [:]

  init(path: URL, isGoingOn: Bool) throws {
    self.path = path
    if isGoingOn, let text = try? String(contentsOf: path, encoding: .utf8) {
      for line in text.split(separator: "\n") {
        let parts = line.split(separator: "\t").map(String.init)
        if parts.count == 3 { outcomes[parts[0] + parts[1]] = Outcome(words: parts[2]) }
      }
    } else {
      try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: path)
    }
  }

  private func key(_ mutant: Mutant) -> String { "\(mutant.number)" + mutant.description }

  subscript(_ mutant: Mutant) -> Outcome? { outcomes[key(mutant)] }

  mutating func note(_ mutant: Mutant, _ outcome: Outcome) throws {
    outcomes[key(mutant)] = outcome
    let file = try FileHandle(forWritingTo: path)
    try file.seekToEnd()
    try file.write(contentsOf: Data("\(mutant.number)\t\(mutant.description)\t\(outcome.words)\n".utf8))
    try file.close()
  }
}

/// Runs the tests against one mutant after the other.
struct Session {
  private let copy: MutatedCopy
  private(set) var results: Results
  /// Seconds that a test target takes without a mutant.
  private var usual: [String: Double] = [:]

  private let isRepeating: Bool

  /// - Parameter isRepeating: asks again about those that are noted as survivors.
  init(copy: MutatedCopy, results: Results, isRepeating: Bool) {
    self.copy = copy
    self.isRepeating = isRepeating
    self.results = results
  }

  mutating func judge(_ mutant: Mutant) throws -> Outcome {
    if let known = results[mutant], known != .survived || !isRepeating { return known }
    var outcome = Outcome.survived
    for target in Harness.modules.first(where: { $0.name == mutant.module })!.tests {
      let usual = try self.usual[target] ?? measure(target)
      self.usual[target] = usual
      let run = try test(target, mutant: mutant.number, seconds: 60 + 5 * usual, untilFailure: true)
      if run.isLate {
        outcome = .killed(by: "\(target): it took more than \(Int(60 + 5 * usual)) s")
      } else if let name = TestProcess.firstFailure(in: run.output) {
        outcome = .killed(by: name)
      } else if run.code != 0 {
        outcome = .killed(by: "\(target): a trap")
      }
      if outcome != .survived { break }
    }
    try results.note(mutant, outcome)
    return outcome
  }

  /// Without a mutant all must pass: otherwise every mutant would count as killed.
  private func measure(_ target: String) throws -> Double {
    let run = try test(target, mutant: 0, seconds: 3600, untilFailure: false)
    guard run.code == 0, run.output.contains("passed after") else {
      throw MutatedCopy.Failure(
        description:
          "without a mutant \(target) fails already: \(TestProcess.firstFailure(in: run.output) ?? String(run.output.suffix(2000)))"
      )
    }
    say("without a mutant: \(target) passes in \(Int(run.seconds.rounded())) s")
    return run.seconds
  }

  /// Hand-written defects have to find their text, and the formatter its lines, which stand changed in the copy.
  private func test(_ target: String, mutant: Int, seconds: Double, untilFailure: Bool) throws -> TestProcess.Result {
    try TestProcess.run(
      [
        "nice", copy.program, "--testing-library", "swift-testing", "--filter", "^\(target)\\.", "--skip", "PlantedDefectsTests",
        "--skip", "LintTests",
      ], in: copy.root, mutant: mutant, seconds: seconds, untilFailure: untilFailure)
  }
}
