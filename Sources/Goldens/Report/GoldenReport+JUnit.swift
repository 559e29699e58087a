import Files

extension GoldenReport {
  /// The report as JUnit XML, a test case a run: a regression is a failure, what cannot be compared an error.
  var junit: String {
    var lines: [String] = []
    var failures = 0, errors = 0
    for judgement in judgements {
      let name = judgement.row + (judgement.seed.map { " seed \($0)" } ?? "")
      let opening = "    <testcase classname=\"golden.\(Self.xml(profile))\" name=\"\(Self.xml(name))\">"
      let text = ([judgement.verdict.description] + judgement.findings.map(\.description)).joined(separator: "\n")
      let counts = judgement.counts
      let counted =
        "\(counts.epochs) epochs, \(counts.values) numbers, \(counts.digests) digests, \(counts.banded) against bands, "
        + "\(counts.inputs) inputs, \(counts.rounded) against rounding"
      lines.append(opening)
      if !passes(judgement) {
        let element = isObstacle(judgement) ? "error" : "failure"
        if isObstacle(judgement) { errors += 1 } else { failures += 1 }
        let message = judgement.findings.first.map { "\(judgement.verdict.name): \($0)" } ?? judgement.verdict.description
        lines.append(
          "      <\(element) type=\"\(Self.xml(judgement.verdict.name))\" message=\"\(Self.xml(message))\">"
            + Self.xml(text + "\nrun again: \(rerun(judgement))\naccept: \(accept(judgement))") + "</\(element)>")
      }
      lines.append("      <system-out>\(Self.xml("\(judgement.verdict)\ncompared: \(counted)"))</system-out>")
      lines.append("    </testcase>")
    }
    let totals = "tests=\"\(judgements.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    return
      ([
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites \(totals)>",
        "  <testsuite name=\"gradflow golden check \(Self.xml(profile))\" \(totals) skipped=\"0\">",
      ] + lines + ["  </testsuite>", "</testsuites>"]).joined(separator: "\n")
  }

  /// Text as an element's content or an attribute.
  private static func xml(_ text: String) -> String { escapedForXML(text, isAttribute: true) }
}
