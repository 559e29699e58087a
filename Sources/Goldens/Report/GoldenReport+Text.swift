import PlainText

extension GoldenReport {
  /// How many findings of a run are shown; JSON and JUnit have all.
  private static let shown = 10

  func textLines() throws -> [String] {
    var lines = ["golden check: profile \(profile), against \(store.directory)"]
    lines += isStudy ? try studyLines : runLines
    for judgement in judgements where judgement.verdict != .identical {
      // With many seeds, runs without findings are not listed.
      if isStudy, passes(judgement), !judgement.isMean { continue }
      lines += [""] + details(judgement)
    }
    let counts = counts
    lines += [
      "",
      "compared: \(compared) of \(judgements.count { !$0.isMean }) runs, \(Set(judgements.map(\.row)).count) rows, \(counts.epochs) epochs, "
        + "\(counts.values) numbers, \(counts.digests) digests, \(counts.banded) numbers against bands, \(counts.inputs) inputs, "
        + "\(counts.rounded) numbers against other roundings",
      "verdict: \(verdict)\(complaint)",
    ]
    return lines
  }

  /// What is asked beyond bands, where that is what a run lacks.
  private var complaint: String {
    if outcome == .passed || !["within-band", "within-rounding"].contains(verdict) { return "" }
    if !isPromiseBroken, requirement.level != .withinBand { return ", where \(requirement.level.name) is required" }
    if requirement.level == .identical { return ", where identical is required" }
    return ", and bits differ that the contract promises equal; --allow-other-bits lets them pass"
  }

  // MARK: A line a run

  private var runLines: [String] {
    var table = TextTable([
      ("row", .left), ("seed", .right), ("verdict", .left), ("epochs", .right), ("numbers", .right), ("digests", .right),
      ("in bands", .right), ("findings", .right),
    ])
    for judgement in judgements {
      let counts = judgement.counts
      table.add([
        judgement.row, judgement.seed.map { "\($0)" } ?? (judgement.isMean ? "mean" : "-"), judgement.verdict.name,
        "\(counts.epochs)",
        "\(counts.values)", "\(counts.digests)", "\(counts.banded)", "\(judgement.findings.count)",
      ])
    }
    return table.lines
  }

  private func details(_ judgement: Judgement) -> [String] {
    let name = judgement.row + (judgement.seed.map { " seed \($0)" } ?? (judgement.isMean ? " \(judgement.meanName)" : ""))
    var lines = ["\(name): \(judgement.verdict)"]
    if judgement.isPrefix { lines[0] += " (the first \(judgement.counts.epochs) epochs)" }
    for finding in judgement.findings.prefix(Self.shown) { lines.append("  \(finding)") }
    let more = judgement.findings.count - Self.shown
    if more > 0 { lines.append("  and \(more) more (--format json has all)") }
    switch judgement.verdict {
    case .identical: break
    case .withinRounding(.settings(let differences)), .withinBand(.settings(let differences)):
      // Another seed is no news; another contract version is there to be accepted.
      if differences.contains(where: { $0.name == "numerics" }) { lines.append("  accept:    \(accept(judgement))") }
    case .withinRounding(.program), .withinBand(.program), .withinRounding(.mean), .withinBand(.mean): break
    case .withinRounding(.bits), .withinBand(.bits):
      lines += bisect(judgement).map { ["  bisect:    \($0)"] } ?? []
      lines += ["  run again: \(rerun(judgement))", "  accept:    \(accept(judgement))"]
    case .regression:
      lines += ["  run again: \(rerun(judgement))"]
      lines += bisect(judgement).map { ["  bisect:    \($0)"] } ?? []
      lines += ["  accept:    \(accept(judgement))"]
    case .notComparable(.noGolden), .notComparable(.noBands), .notComparable(.noRounding), .notComparable(.settings):
      lines.append("  record:    \(accept(judgement))")
    case .notComparable(.noRun), .notComparable(.nothing), .notComparable(.unreadable):
      lines.append("  run:       \(rerun(judgement))")
    }
    return lines
  }

  // MARK: A line a row, for many seeds

  /// Whether rows were run under so many seeds that how often they fail is what matters.
  private var isStudy: Bool {
    Dictionary(grouping: judgements, by: \.row).values.contains { $0.count >= 8 }
  }

  private var studyLines: [String] {
    get throws {
      var table = TextTable([
        ("row", .left), ("runs", .right), ("identical", .right), ("within-rounding", .right), ("within-band", .right),
        ("regression", .right),
        ("not comparable", .right), ("regressions", .right), ("promised at most", .right),
      ])
      var rows: [String] = []
      for judgement in judgements where !rows.contains(judgement.row) { rows.append(judgement.row) }
      for row in rows {
        let own = judgements.filter { $0.row == row && !$0.isMean }
        func count(_ name: String) -> Int { own.count { $0.verdict.name == name } }
        let ensemble = try store.golden(profile: profile, row: row)?.bands?.ensemble
        table.add([
          row, "\(own.count)", "\(count("identical"))", "\(count("within-rounding"))", "\(count("within-band"))",
          "\(count("regression"))",
          "\(count("not comparable"))", Text.percent(Double(count("regression")) / Double(own.count)),
          ensemble?.falseAlarmRate.map(Text.percent) ?? "-",
        ])
      }
      return table.lines
    }
  }
}
