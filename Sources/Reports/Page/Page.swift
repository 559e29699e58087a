import Files

/// The report as one page: no scripts, nothing loaded from elsewhere, and the same bytes for the same runs: no dates, no
/// hosts, no paths. With a history, dates and durations of nights stand in a section of their own; such a page is compared with
/// none.
public struct Page: Sendable {
  let runs: RunSet
  let engine: EngineFindings
  public let table: Table1
  public let claims: Claims
  public let figures: Figures
  let nights: NightCharts
  private let beyond: BeyondTable1
  private let curves: CurveDistances

  public init(_ runs: RunSet, engine: EngineFindings = .notChecked, history: NightHistory = .none) {
    self.runs = runs
    self.engine = engine
    table = Table1(runs, engine: engine)
    claims = Claims(runs)
    figures = Figures(runs, engine: engine)
    beyond = BeyondTable1(runs)
    curves = CurveDistances(runs)
    nights = NightCharts(history, profile: runs.experiment.profile)
  }

  /// Whether a check on the page was made and failed.
  public var hasFailure: Bool { table.hasDrift || claims.verdict == .notHeld }

  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(escapedForXML(title))</title>
    <style>
    \(Palette.styleSheet)\(PageStyle.sheet)</style>
    </head>
    <body>
    <main>
    \(header)
    \(PageTables.contents(hasNights: !nights.nights.isEmpty, hasRowsBeyond: !beyond.lines.isEmpty, hasCurves: !curves.lines.isEmpty))
    \(PageTables.table1(table))
    \(PageTables.beyond(beyond))\(PageTables.claims(claims))
    \(nights.nights.isEmpty ? "" : nights.section + "\n")\(PageTables.curves(curves))\(figureSections)
    \(PageTables.settings(runs))
    \(PageTables.reproduction(runs))
    </main>
    </body>
    </html>

    """
  }

  /// Nothing is run and nothing is loaded, whatever stands in the page; its style alone is its own.
  /// Source: Content Security Policy Level 3, W3C.
  private static let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

  private var title: String { "gradflow: Table 1, profile \(runs.experiment.profile)" }

  // MARK: The verdict

  private var header: String {
    let verdict = PageVerdict(table: table, claims: claims)
    let experiment = runs.experiment
    let cards = verdict.cards.map { card in
      """
      <div class="card \(card.tone.rawValue)"><p class="what">\(escapedForXML(card.title))</p>
      <p class="word"><span class="mark" aria-hidden="true">\(card.tone.mark)</span>\(escapedForXML(card.word))</p>
      <p class="detail">\(escapedForXML(card.detail))</p></div>
      """
    }
    return """
      <header>
      <p class="eyebrow">gradflow · the vanishing-gradient experiment · profile \(escapedForXML(experiment.profile)), data \
      \(escapedForXML(experiment.dataName))</p>
      <h1>\(escapedForXML(verdict.headline))</h1>
      <p class="lead">\(escapedForXML(verdict.lead))</p>
      <div class="cards">
      \(cards.joined(separator: "\n"))
      </div>
      </header>
      """
  }

  // MARK: Figures

  private var figureSections: String {
    let main = ([figures.vanishing] + figures.numbered).map(section).joined(separator: "\n")
    return """
      <section id="figures">
      <h2>Figures</h2>
      \(main)
      </section>
      <section id="heat-maps">
      <h2>Gradient flow, layer × epoch</h2>
      <p>The same colour is the same size of gradient in every picture: dark where it has vanished.</p>
      <div class="maps">
      \(figures.heatMaps.map(section).joined(separator: "\n"))
      </div>
      </section>
      """
  }

  private func section(_ figure: Figure) -> String {
    let heading = figure.isSmall ? "" : "<h3>\(escapedForXML(figure.heading))</h3>\n"
    return """
      <figure id="\(escapedForXML(figure.name))"\(figure.isSmall ? " class=\"small\"" : "")>
      \(heading)<div class="picture" tabindex="0">\(figure.inline)</div>
      <figcaption>\(escapedForXML(figure.caption))</figcaption>
      </figure>
      """
  }
}
