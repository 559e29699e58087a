import Files
import PlainText

/// One of the report's claims, as these runs decide it.
public struct Claim: Equatable, Sendable {
  public enum Verdict: String, Equatable, Sendable {
    case held
    case notHeld = "not held"
    case undecidable = "not decidable"
  }

  public let number: Int
  /// What the report says.
  public let statement: String
  public let verdict: Verdict
  /// What was found, or why nothing can be said.
  public let findings: [String]
  /// What decides, with its thresholds.
  public let rule: String
  /// What further runs would decide it, where it is left open for want of seeds.
  public let needed: RunsNeeded
}

/// All eight claims of the report, held against a set of runs.
public struct Claims: Sendable {
  public let all: [Claim]

  public init(_ runs: RunSet) {
    all = [
      LearningClaims.deepDoesNotLearn(runs), GradientClaims.vanishes(runs), LearningClaims.shallowLearns(runs),
      AccuracyClaims.eachRemedyWorks(runs), AccuracyClaims.largerRateWithBatchNorm(runs), GradientClaims.restored(runs),
      AccuracyClaims.bothRemediesWin(runs), AccuracyClaims.overfits(runs),
    ]
  }

  public func count(_ verdict: Claim.Verdict) -> Int { all.filter { $0.verdict == verdict }.count }

  /// A claim that does not hold outweighs those that cannot be decided.
  public var verdict: Claim.Verdict {
    count(.notHeld) > 0 ? .notHeld : count(.undecidable) > 0 ? .undecidable : .held
  }

  /// "4 held, 0 not held, 4 not decidable".
  public var summary: String {
    [Claim.Verdict.held, .notHeld, .undecidable].map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
  }

  /// Claims that further seeds would decide, and these seeds by row; not those that lack a row, or have a margin too small.
  public var decidable: (claims: [Int], seeds: [String: Int]) {
    let open = all.filter { !$0.needed.seeds.isEmpty && $0.needed.decides }
    var seeds: [String: Int] = [:]
    for claim in open { seeds.merge(claim.needed.seeds) { max($0, $1) } }
    return (open.map(\.number), seeds)
  }

  // MARK: Forms

  public var text: [String] {
    var lines: [String] = []
    for claim in all {
      lines.append("claim \(claim.number)  \(claim.verdict.rawValue.padded(to: 13))  \(claim.statement)")
      lines += claim.findings.map { "           found: \($0)" }
      lines += claim.needed.words.map { "           needs: \($0)" }
      lines.append("           rule:  \(claim.rule)")
    }
    return lines + ["", summary]
  }

  public var markdown: [String] {
    var table = TextTable([("claim", .left), ("verdict", .left), ("what the report says", .left), ("found", .left)])
    for claim in all {
      table.add([
        "\(claim.number)", claim.verdict.rawValue, claim.statement, (claim.findings + claim.needed.words).joined(separator: "; "),
      ])
    }
    return table.markdown + ["", summary]
  }

  public var json: JSONValue {
    typealias Member = JSONValue.Member
    let claims = all.map { claim in
      JSONValue.object([
        Member("claim", JSONValue(claim.number)), Member("verdict", .string(claim.verdict.rawValue)),
        Member("statement", .string(claim.statement)), Member("found", .array(claim.findings.map(JSONValue.string))),
        Member("rule", .string(claim.rule)), Member("needs", .array(claim.needed.words.map(JSONValue.string))),
      ])
    }
    return .object([Member("claims", .array(claims)), Member("verdict", .string(verdict.rawValue))])
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// Why a claim cannot be decided. Thrown inside a check, which turns it into its finding.
struct Undecidable: Error {
  let reasons: [String]
  let needed: RunsNeeded

  init(_ reasons: [String], needed: RunsNeeded = RunsNeeded()) {
    self.reasons = reasons
    self.needed = needed
  }

  init(_ reason: String) { self.init([reason]) }
}

extension Claim {
  /// - Parameter check: whether the claim holds, and what was found.
  init(
    _ number: Int, _ statement: String, rule: String, check: () throws(Undecidable) -> (holds: Bool, findings: [String])
  ) {
    self.number = number
    self.statement = statement
    self.rule = rule
    do throws(Undecidable) {
      let outcome = try check()
      verdict = outcome.holds ? .held : .notHeld
      findings = outcome.findings
      needed = RunsNeeded()
    } catch {
      verdict = .undecidable
      findings = error.reasons
      needed = error.needed
    }
  }
}

extension RunSet {
  /// A row with at least one epoch, on the official data or the built-in ones, whose network is what its name says.
  func row(_ id: String) throws(Undecidable) -> RowResult {
    guard let result = self[id] else { throw Undecidable("no epoch of \(id) was run") }
    let diverged = (result.runs + result.leftOut).compactMap { run in run.diverged.map { "\(run.name): \($0)" } }
    if !diverged.isEmpty { throw Undecidable(diverged) }
    guard result.epochs > 0 else { throw Undecidable("no epoch of \(id) was run") }
    let run = result.representative
    if !ProtocolSettings.isOfficialData(run), !ProtocolSettings.isBuiltInData(run) {
      throw Undecidable("\(id) is not judged: \(ProtocolSettings.dataDeviation(of: run))")
    }
    let deviations = ProtocolSettings.networkDeviations(of: result.representative)
    if !deviations.isEmpty { throw Undecidable(deviations.map { "\(id) is another network: \($0)" }) }
    return result
  }

  /// A row that can be judged against the report: its protocol on CIFAR-100, all of it.
  func wholeRow(_ id: String) throws(Undecidable) -> RowResult {
    guard let result = self[id] else { throw Undecidable("\(id) was not run") }
    if let why = Distance.objection(to: result) { throw Undecidable("\(id): " + why.joined(separator: "; ")) }
    return result
  }
}
