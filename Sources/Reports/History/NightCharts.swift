import Files

/// The last nights as one small chart a row: test accuracy, time and verdict, a column a night.
struct NightCharts {
  /// As many as a small chart can show apart.
  static let count = 30

  /// Oldest first.
  let nights: [Night]
  /// In the order of the last night's, then those that only earlier ones had.
  let rows: [String]

  init(_ history: NightHistory, profile: String) {
    nights = history.last(Self.count, of: profile)
    rows = nights.reversed().flatMap { $0.rows.map(\.row) }.unique
  }

  // MARK: The page's section

  /// Empty before the first night.
  var section: String {
    guard let first = nights.first, let last = nights.last else { return "" }
    return """
      <section id="nights">
      <h2>The last nights</h2>
      <p>\(nights.count == 1 ? "One night" : "\(nights.count) nights") of this profile, from \(escapedForXML(first.began)) to \
      \(escapedForXML(last.began)); one column a night, the newest on the right. Above, the test accuracy (the mean over the \
      seeds); in the middle, how long the row's runs took together; below, their verdict against the goldens. Equal bits give an \
      equal accuracy: a step in it is a change of the program.</p>
      <div class="nights">
      \(rows.map(card).joined(separator: "\n"))
      </div>
      </section>
      """
  }

  private func card(_ row: String) -> String {
    let entries = nights.map { $0[row] }
    let verdict = entries.last.flatMap { $0 }?.verdict
    let tone = verdict?.tone ?? .open
    let word = verdict?.rawValue ?? "no runs"
    return """
      <figure class="night">
      <h3><code>\(escapedForXML(row))</code> <span class="badge \(tone.rawValue)"><span aria-hidden="true">\(tone.mark)</span> \
      \(escapedForXML(word))</span></h3>
      \(chart(row, entries).inline(title: "\(row): the last nights"))</figure>
      """
  }

  // MARK: A chart

  private func chart(_ row: String, _ entries: [Night.Row?]) -> SVG {
    var svg = SVG(id: "nights-\(row)", width: 340, height: 190)
    let across = Frame(x: 12, y: 0, width: 316, height: 0)
    line(
      &svg, entries.map { $0?.testAccuracy }, in: Frame(x: across.x, y: 24, width: across.width, height: 48), .blue,
      title: "test accuracy", text: { Format.percent($0) })
    line(
      &svg, entries.map { $0?.seconds }, in: Frame(x: across.x, y: 104, width: across.width, height: 38), .grey, from: 0,
      title: "time", text: Self.time)
    for (index, entry) in entries.enumerated() {
      let x = place(index, across)
      let title = "\(nights[index].began): \(entry?.verdict.rawValue ?? "no runs")"
      guard let entry else { continue }
      // Without colour, height and the cross say the same.
      switch entry.verdict.tone {
      case .good:
        svg.rectangle(Frame(x: x - 3.5, y: 160, width: 7, height: 14), Palette.Series.green.dot, title: title)
      case .bad:
        svg.rectangle(Frame(x: x - 3.5, y: 160, width: 7, height: 14), "gf-missing", title: title)
        svg.line(.init(x: x - 4, y: 161), .init(x: x + 4, y: 173), Palette.Series.vermillion.line)
        svg.line(.init(x: x - 4, y: 173), .init(x: x + 4, y: 161), Palette.Series.vermillion.line)
      case .open:
        svg.rectangle(Frame(x: x - 3.5, y: 168, width: 7, height: 6), Palette.Series.grey.dot, title: title)
      }
    }
    svg.text("verdict", at: .init(x: across.x, y: 186), style: "gf-tiny")
    return svg
  }

  private func place(_ index: Int, _ frame: Frame) -> Double {
    frame.x + (Scale.epochs(nights.count).place(Double(index)) ?? 0.5) * frame.width
  }

  /// One figure over the nights: a line, with gaps where a night has none, a dot a night, and the last value in words.
  private func line(
    _ svg: inout SVG, _ values: [Double?], in frame: Frame, _ color: Palette.Series, from floor: Double? = nil, title: String,
    text: (Double) -> String
  ) {
    let known = values.compactMap { $0 }.filter(\.isFinite)
    var words = title
    if let last = values.last.flatMap({ $0 }) { words += ": \(text(last))" } else { words += ": none this night" }
    if let least = known.min(), let most = known.max(), most > least { words += " (\(text(least)) to \(text(most)))" }
    svg.text(words, at: .init(x: frame.x, y: frame.y - 10), style: "gf-small")
    svg.line(.init(x: frame.x - 6, y: frame.bottom + 4), .init(x: frame.right + 6, y: frame.bottom + 4), "gf-axis")
    let scale = Scale.linear(around: known, from: floor, ticks: 2)
    var part: [SVG.Point] = []
    for (index, value) in values.enumerated() {
      guard let place = value.flatMap(scale.place) else {
        svg.polyline(part, color.line)
        part = []
        continue
      }
      let point = SVG.Point(x: self.place(index, frame), y: frame.bottom - place * frame.height)
      part.append(point)
      svg.circle(point, radius: 2.6, color.dot, title: "\(nights[index].began): \(text(value ?? 0))")
    }
    svg.polyline(part, color.line)
  }

  /// "45 s", "12 min", "5 h 30 min".
  static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    if seconds < 10 { return "\(Format.fixed(seconds, 1)) s" }
    let minutes = Int((seconds / 60).rounded())
    if minutes < 2 { return "\(Int(seconds.rounded())) s" }
    return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }
}

extension EngineVerdict.Kind {
  var tone: PageVerdict.Tone {
    switch self {
    case .identical, .withinRounding, .withinBand: .good
    case .otherBits, .regression: .bad
    case .notComparable, .noGolden, .notChecked: .open
    }
  }
}
