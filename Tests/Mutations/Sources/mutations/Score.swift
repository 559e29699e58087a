/// The share of killed mutants, by module and by rule, and the survivors, as Markdown.
struct Score {
  private let outcomes: [(mutant: Mutant, outcome: Outcome)]

  init(_ outcomes: [(Mutant, Outcome)]) { self.outcomes = outcomes.map { (mutant: $0.0, outcome: $0.1) } }

  private var killed: Int { outcomes.count { $0.outcome != .survived } }

  /// 0 without mutants: nothing shown is no success.
  var share: Double { outcomes.isEmpty ? 0 : Double(killed) / Double(outcomes.count) }

  var lines: [String] {
    var lines = ["| module | drawn | killed | share |", "|---|---|---|---|"]
    for module in Harness.modules.map(\.name) {
      lines += line(module, outcomes.filter { $0.mutant.module == module })
    }
    lines += line("all", outcomes) + ["", "| rule | drawn | killed | share |", "|---|---|---|---|"]
    for rule in Mutant.Rule.allCases { lines += line(rule.rawValue, outcomes.filter { $0.mutant.rule == rule }) }
    let survivors = outcomes.filter { $0.outcome == .survived }
    lines += ["", survivors.isEmpty ? "None survived." : "Survivors:", ""]
    return lines + survivors.map { "- \($0.mutant.number)  `\($0.mutant.description)`" }
  }

  private func line(_ name: String, _ some: [(mutant: Mutant, outcome: Outcome)]) -> [String] {
    if some.isEmpty { return [] }
    let killed = some.count { $0.outcome != .survived }
    return ["| \(name) | \(some.count) | \(killed) | \((1000 * killed / some.count + 5) / 10) % |"]
  }
}
