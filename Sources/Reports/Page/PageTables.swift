import Files
import PlainText

/// The page's parts that are text and tables.
enum PageTables {
  static func contents(hasNights: Bool, hasRowsBeyond: Bool, hasCurves: Bool) -> String {
    """
    <nav aria-label="Contents"><a href="#table-1">Table 1</a> \
    \(hasRowsBeyond ? "<a href=\"#beyond-table-1\">Beyond Table 1</a> " : "")<a href="#claims">Claims</a> \
    \(hasNights ? "<a href=\"#nights\">Nights</a> " : "")\
    \(hasCurves ? "<a href=\"#curves\">Curves</a> " : "")<a href="#figures">Figures</a> \
    <a href="#heat-maps">Heat maps</a> <a href="#settings">Settings</a> <a href="#reproduce">Reproduce</a></nav>
    """
  }

  // MARK: Table 1

  static func table1(_ table: Table1) -> String {
    let titles = Table1.Metric.all.map { "<th scope=\"col\" class=\"number\">\(escapedForXML($0.title))</th>" }.joined()
    let bodies = table.lines.map(body).joined(separator: "\n")
    let remarks = table.lines.flatMap(\.remarks).map { "<li>\(escapedForXML($0))</li>" }.joined(separator: "\n")
    return """
      <section id="table-1">
      <h2>Table 1</h2>
      <p>The last epoch's losses and accuracies (percent), and the test accuracy with the weights of the best validation \
      epoch\(table.lines.contains { ($0.result?.runs.count ?? 0) > 1 } ? "; mean ± standard deviation over the seeds" : ""). \
      Under each row: the report's numbers, the difference where it is judged, and the range that others found who ran the \
      experiment again.</p>
      <div class="scroll" tabindex="0"><table class="results">
      <thead><tr><th scope="col">row</th><th scope="col">source</th><th scope="col" class="number">parameters</th>\
      <th scope="col" class="number">epochs</th><th scope="col" class="number">seeds</th>\(titles)</tr></thead>
      \(bodies)
      </table></div>
      <h3>Verdicts, row by row</h3>
      <p>Engine drift compares with gradflow's own goldens: it tells whether the program still computes what it did. The \
      distance to the report compares with published numbers: it tells what the experiment gives. Neither says anything of the \
      other.</p>
      <div class="scroll" tabindex="0"><table class="verdicts">
      <thead><tr><th scope="col">row</th><th scope="col">engine drift</th><th scope="col">distance to the report</th></tr></thead>
      <tbody>
      \(table.lines.map(verdict).joined(separator: "\n"))
      </tbody></table></div>
      \(remarks.isEmpty ? "" : "<ul class=\"remarks\">\(remarks)</ul>")
      </section>
      """
  }

  private static func body(_ line: Table1.Line) -> String {
    func row(_ style: String, _ head: String, _ source: String, _ cells: [String]) -> String {
      "<tr class=\"\(style)\">\(head)<td>\(source)</td>"
        + cells.map { "<td class=\"number\">\(escapedForXML($0 == "-" ? "–" : $0))</td>" }.joined()
        + "</tr>"
    }
    let result = line.result
    var rows: [(String, String, [String])] = [
      (
        "ours", "these runs",
        [result.map { Format.grouped($0.parameters) } ?? "–", line.epochs, result.map { "\($0.runs.count)" } ?? "–"]
          + Table1.Metric.all.map { metric in result == nil ? "–" : metric.text(result.flatMap(metric.ours)) }
      )
    ]
    if let published = line.published {
      rows.append(
        (
          "report", "report",
          [published.parameters, "100", "1"]
            + Table1.Metric.all.map { metric in metric.published(published).map(metric.text) ?? "–" }
        ))
      if line.isJudged {
        rows.append(
          (
            "report", "difference",
            ["", "", ""]
              + Table1.Metric.all.map { metric in
                metric.difference(result, published).map {
                  metric.isAccuracy ? Format.signed($0 * 100, 2) : Format.signed($0, 3)
                } ?? "–"
              }
          ))
      }
      if !line.reruns.isEmpty {
        rows.append(
          (
            "report", "others (\(line.reruns.count))",
            ["", "", ""]
              + Table1.Metric.all.map { metric in
                metric.range(line.reruns).map(metric.text) ?? "–"
              }
          ))
      }
    }
    let head =
      "<th scope=\"rowgroup\" rowspan=\"\(rows.count)\"><code>\(escapedForXML(line.row))</code>"
      + "<span class=\"model\">\(escapedForXML(line.model))</span></th>"
    return "<tbody>\n"
      + rows.enumerated().map { index, item in row(item.0, index == 0 ? head : "", item.1, item.2) }.joined(separator: "\n")
      + "\n</tbody>"
  }

  private static func verdict(_ line: Table1.Line) -> String {
    func badge(_ word: String, _ tone: PageVerdict.Tone, _ detail: String) -> String {
      "<span class=\"badge \(tone.rawValue)\"><span aria-hidden=\"true\">\(tone.mark)</span> \(escapedForXML(word))</span>"
        + (detail.isEmpty ? "" : " <span class=\"detail\">\(escapedForXML(detail))</span>")
    }
    let distance: PageVerdict.Tone =
      switch line.distance {
      case .meets, .amongReruns: .good
      case .apart, .notRun, .notJudged: .open
      }
    return "<tr><th scope=\"row\"><code>\(escapedForXML(line.row))</code></th><td>"
      + (line.result == nil
        ? badge("no runs", .open, "") : badge(line.engine.kind.rawValue, line.engine.kind.tone, line.engine.detail))
      + "</td><td>\(badge(line.distance.word, distance, line.distance.detail))</td></tr>"
  }

  // MARK: Beyond Table 1

  /// Nothing where no row outside Table 1 was run.
  static func beyond(_ beyond: BeyondTable1) -> String {
    beyond.lines.isEmpty ? "" : section("beyond-table-1", "Beyond Table 1", beyond.lead, beyond.table)
  }

  // MARK: Curves

  /// Nothing where no published curve is of these rows.
  static func curves(_ curves: CurveDistances) -> String {
    curves.lines.isEmpty ? "" : section("curves", "Beside published curves", curves.lead, curves.table)
  }

  /// A table with a sentence or two above it; its rows are named in the first column.
  private static func section(_ id: String, _ title: String, _ lead: String, _ table: TextTable) -> String {
    func cell(_ tag: String, _ index: Int, _ text: String) -> String {
      let style = table.alignments[index] == .right ? " class=\"number\"" : ""
      return "<\(tag)\(style)>\(escapedForXML(text == "-" ? "–" : text))</\(tag.prefix { $0 != " " })>"
    }
    let head = table.titles.indices.map { cell("th scope=\"col\"", $0, table.titles[$0]) }.joined()
    let rows = table.rows.map { row in
      "<tr><th scope=\"row\"><code>\(escapedForXML(row[0]))</code></th>"
        + row.indices.dropFirst().map { cell("td", $0, row[$0]) }.joined() + "</tr>"
    }
    return """
      <section id="\(id)">
      <h2>\(escapedForXML(title))</h2>
      <p>\(escapedForXML(lead))</p>
      <div class="scroll" tabindex="0"><table class="\(id)">
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      </section>

      """
  }

  // MARK: Claims

  static func claims(_ claims: Claims) -> String {
    let items = claims.all.map { claim in
      let tone: PageVerdict.Tone =
        switch claim.verdict {
        case .held: .good
        case .notHeld: .bad
        case .undecidable: .open
        }
      return """
        <li class="claim"><p class="statement"><span class="badge \(tone.rawValue)"><span aria-hidden="true">\(tone.mark)</span> \
        \(claim.verdict.rawValue)</span> \(escapedForXML(claim.statement))</p>
        \((claim.findings + claim.needed.words).map { "<p class=\"finding\">\(escapedForXML($0))</p>" }.joined(separator: "\n"))
        <p class="rule">Rule: \(escapedForXML(claim.rule)).</p></li>
        """
    }
    return """
      <section id="claims">
      <h2>What the report claims</h2>
      <ol class="claims">
      \(items.joined(separator: "\n"))
      </ol>
      </section>
      """
  }

  // MARK: Settings

  static func settings(_ runs: RunSet) -> String {
    let experiment = runs.experiment
    let facts: [(String, String)] = [
      ("profile", experiment.profile), ("data", experiment.dataName), ("data fingerprint", experiment.dataFingerprint),
      ("numerics contract", "version \(experiment.numerics)"),
    ]
    let names = runs.runs.flatMap { $0.header.training.map(\.key) }.unique
    let shared = names.filter { name in Set(runs.rows.map { text($0, name) }).count == 1 }
    let own = names.filter { !shared.contains($0) }
    let common = shared.map { name in (name, runs.rows.first.map { text($0, name) } ?? "") }
    let factLines = (facts + common)
      .map { "<div><dt>\(escapedForXML($0.0))</dt><dd>\(escapedForXML($0.1))</dd></div>" }
    let head = (["seeds", "epochs"] + own).map { "<th scope=\"col\">\(escapedForXML($0))</th>" }.joined()
    let lines = runs.rows.map { result in
      "<tr><th scope=\"row\"><code>\(escapedForXML(result.row))</code></th>"
        + ([RowResult.words(result.seeds), "\(result.epochs)"] + own.map { text(result, $0) }).map {
          "<td>\(escapedForXML($0))</td>"
        }
        .joined() + "</tr>"
    }
    return """
      <section id="settings">
      <h2>Settings</h2>
      <dl class="facts">
      \(factLines.joined(separator: "\n"))
      </dl>
      <div class="scroll" tabindex="0"><table>
      <thead><tr><th scope="col">row</th>\(head)</tr></thead>
      <tbody>
      \(lines.joined(separator: "\n"))
      </tbody></table></div>
      </section>
      """
  }

  private static func text(_ result: RowResult, _ setting: String) -> String {
    guard let value = result.representative.setting(setting) else { return "–" }
    return value.string ?? value.description
  }

  // MARK: Commands

  static func reproduction(_ runs: RunSet) -> String {
    let reproduction = Reproduction(runs)
    let sentence =
      reproduction.departures.isEmpty
      ? "The same commands give the same page, byte for byte, with any number of threads and on every instruction set, under "
        + "version \(runs.experiment.numerics) of the numerics contract."
      : "These commands give the same numbers, with any number of threads and on every instruction set, under version "
        + "\(runs.experiment.numerics) of the numerics contract, but not the same page: "
        + reproduction.departures.joined(separator: "; ") + "."
    return """
      <section id="reproduce">
      <h2>How to reproduce this page</h2>
      <p>\(escapedForXML(sentence))</p>
      <pre tabindex="0"><code>\(reproduction.commands.map { escapedForXML($0) }.joined(separator: "\n"))</code></pre>
      </section>
      """
  }
}

/// The commands that make these runs and their report again.
public struct Reproduction {
  public let commands: [String]
  /// In what these runs' page is not the one that the commands make; empty if in nothing.
  public let departures: [String]

  /// The program's rows that are not in Table 1: they need no matrix file.
  static let rowsBeyondTable1 = [
    "vgg38-bn-all-1e-2", "vgg38-bn-all-1e-3", "vgg38-he-1e-3", "vgg38-elu-1e-3", "vgg38-bn-rc-elu-1e-2", "vgg38-ic-1e-2",
    "vgg38-ic-rc-1e-2", "vgg38-bn-rc-ghost-1e-2", "vgg38-bn-rc-decay-1e-2", "vgg38-bn-rc-ghost-decay-1e-2", "vgg38-gn-rc-1e-2",
    "vgg38-bgn-rc-1e-2",
  ]

  public init(_ runs: RunSet) {
    let profile = runs.experiment.profile
    let out = "runs/\(profile)"
    departures = Self.departures(of: runs)
    // Rows of the same seeds and epochs are one command.
    var groups: [(options: String, rows: [String])] = []
    for result in runs.rows where result.epochs > 0 {
      var options = ""
      if result.representative.header.dataName.hasPrefix("cifar") { options += " --data DIR" }
      options += Self.seeds(result.seeds) + (result.isFinished ? " --epochs \(result.epochs)" : "")
      if let mode = result.representative.setting("batch_norm_evaluation")?.string, mode != "running" {
        options += " --bn-eval \(mode)"
      }
      if !Self.isBuiltIn(result) { options = " --matrix FILE.yaml" + options }
      if let index = groups.firstIndex(where: { $0.options == options }) {
        groups[index].rows.append(result.row)
      } else {
        groups.append((options, [result.row]))
      }
    }
    commands =
      groups.map { "gradflow matrix --profile \(profile) --rows \($0.rows.joined(separator: ","))\($0.options) --out \(out)" }
      + ["gradflow report \(out) --out report.html"]
  }

  /// Whether the program has the row under its name, with this network: a matrix file may describe another under the same.
  private static func isBuiltIn(_ result: RowResult) -> Bool {
    PublishedRow.named(result.row) == nil
      ? rowsBeyondTable1.contains(result.row) : ProtocolSettings.networkDeviations(of: result.representative).isEmpty
  }

  private static func departures(of runs: RunSet) -> [String] {
    func names(_ rows: [RowResult]) -> String { rows.map(\.row).joined(separator: ", ") }
    var departures: [String] = []
    let unfinished = runs.rows.filter { !$0.isFinished }
    if !unfinished.isEmpty { departures.append("they make whole runs of \(names(unfinished)), which here are unfinished") }
    let partial = runs.rows.filter { $0.isFinished && !$0.leftOut.isEmpty }
    if !partial.isEmpty { departures.append("here some runs of \(names(partial)) are left out") }
    if runs.runs.contains(where: \.isGolden) {
      departures.append("here runs were read from goldens, which are not checked against themselves")
    }
    let described = runs.rows.filter { !isBuiltIn($0) }
    if !described.isEmpty {
      departures.append("FILE.yaml stands for the matrix file that describes \(names(described)), which no trace names")
    }
    return departures
  }

  private static func seeds(_ seeds: [UInt64]) -> String {
    guard let first = seeds.first, let last = seeds.last else { return "" }
    if seeds.count == 1 { return " --seed \(first)" }
    if last - first == UInt64(seeds.count - 1) { return " --seeds \(first)..\(last)" }
    return " --seeds A..B (\(seeds.map(String.init).joined(separator: ", ")))"
  }
}
