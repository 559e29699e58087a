/// The answer to "does Table 1 still hold?", before anything else on the page.
struct PageVerdict {
  enum Tone: String {
    case good, bad, open

    /// Says without colour what the colour says.
    var mark: String {
      switch self {
      case .good: "✓"
      case .bad: "✗"
      case .open: "–"
      }
    }
  }

  struct Card {
    let title: String
    let word: String
    let detail: String
    let tone: Tone
  }

  let table: Table1
  let claims: Claims

  var cards: [Card] { [claimsCard, engineCard, distanceCard] }

  var headline: String {
    if claimsCard.tone == .bad { return "A claim of the report does not hold in these runs" }
    if !table.runs.diverged.isEmpty { return "A run diverged" }
    if engineCard.tone == .bad { return "The engine has drifted from its goldens" }
    // Of a table with rows apart it is its claims that hold, and not its numbers.
    let rest = apart == 0 ? "" : "; \(Format.count(apart, "row")) \(apart == 1 ? "is" : "are") apart from its numbers"
    if claims.count(.undecidable) == 0 { return apart == 0 ? "Table 1 holds" : "The report's claims hold" + rest }
    if claims.count(.held) == 0 { return "These runs cannot decide whether Table 1 holds" }
    return apart == 0 ? "What these runs can decide of Table 1 holds" : "What these runs can decide of the report holds" + rest
  }

  private var apart: Int { count { if case .apart = $0 { true } else { false } } }

  /// Of the rows of Table 1.
  private func count(_ isMeant: (Distance) -> Bool) -> Int {
    table.lines.filter { $0.published != nil }.map(\.distance).count(where: isMeant)
  }

  var lead: String {
    let rows = table.lines.filter { $0.published != nil && $0.result != nil }.count
    let epochs = Set(table.lines.compactMap { $0.result?.epochs }).sorted()
    let words = epochs.count == 1 ? Format.count(epochs[0], "epoch") : "\(epochs.first ?? 0) to \(epochs.last ?? 0) epochs"
    return "\(rows) of the 7 rows of Table 1 were run, \(words) each"
      + (epochs.last ?? 0 < ProtocolSettings.epochs ? "; the report's protocol has \(ProtocolSettings.epochs)." : ".")
  }

  private var claimsCard: Card {
    let tone: Tone = claims.verdict == .notHeld ? .bad : claims.count(.held) > 0 ? .good : .open
    return Card(
      title: "The report's claims", word: "\(claims.count(.held)) of \(claims.all.count) held",
      detail: "\(claims.count(.notHeld)) not held, \(claims.count(.undecidable)) not decidable from these runs", tone: tone)
  }

  /// Against our own goldens.
  private var engineCard: Card {
    let verdicts = table.engineKinds
    func count(_ kind: EngineVerdict.Kind) -> Int { verdicts.filter { $0 == kind }.count }
    let words = table.engineSummary
    let good = count(.identical) + count(.withinRounding) + count(.withinBand)
    if count(.otherBits) > 0, count(.regression) == 0 {
      return Card(title: "Engine drift", word: "bits that should be equal differ", detail: words, tone: .bad)
    }
    if count(.regression) > 0 { return Card(title: "Engine drift", word: "regression", detail: words, tone: .bad) }
    if good == verdicts.count, good > 0 {
      return Card(title: "Engine drift", word: "none", detail: words, tone: .good)
    }
    return Card(
      title: "Engine drift", word: good > 0 ? "none where checked" : "not checked", detail: words,
      tone: good > 0 ? .good : .open)
  }

  /// Against the published numbers.
  private var distanceCard: Card {
    let met = count { $0 == .meets }
    let among = count { if case .amongReruns = $0 { true } else { false } }
    let judged = apart + met + among
    if judged == 0 {
      let why = table.lines.compactMap { line -> String? in
        if case .notJudged(let why) = line.distance { why.first } else { nil }
      }
      return Card(
        title: "Distance to the report", word: "not judged", detail: why.unique.joined(separator: "; "), tone: .open)
    }
    return Card(
      title: "Distance to the report", word: "\(met) of \(judged) rows meet it",
      detail: "\(among) among others' reruns, \(apart) apart; \(count { _ in true } - judged) not judged",
      // A faithful rerun need not meet every number: being apart is something to explain, not a failure.
      tone: apart > 0 ? .open : .good)
  }
}
