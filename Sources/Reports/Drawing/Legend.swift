/// What the lines and marks of a picture are, in rows below it.
struct Legend {
  enum Mark {
    case line(Palette.Series, String)
    case area(String)
    /// A published number, in a series' colour or the text's.
    case diamond(Palette.Series?)
    /// A triangle at the axis' end.
    case beyond
    case cross
    /// A small rectangle of a class.
    case cell(String)
  }

  private var entries: [(Mark, String)] = []

  mutating func add(_ mark: Mark, _ words: String) { entries.append((mark, words)) }

  /// Draws the entries from `point` on, wrapped at `width`; returns the y below them.
  func draw(_ svg: inout SVG, at point: SVG.Point, width: Double) -> Double {
    var (x, y) = (point.x, point.y)
    for (mark, words) in entries {
      let needed = 34 + Self.width(of: words) + 20
      if x > point.x, x + needed > point.x + width { (x, y) = (point.x, y + 20) }
      draw(mark, &svg, at: .init(x: x, y: y))
      svg.text(words, at: .init(x: x + 34, y: y + 4))
      x += needed
    }
    return entries.isEmpty ? point.y : y + 20
  }

  private func draw(_ mark: Mark, _ svg: inout SVG, at point: SVG.Point) {
    let (x, y) = (point.x, point.y)
    switch mark {
    case .line(let series, let style): svg.line(.init(x: x, y: y), .init(x: x + 26, y: y), "\(series.line) \(style)")
    case .area(let style): svg.rectangle(Frame(x: x, y: y - 6, width: 26, height: 12), style)
    case .cell(let style): svg.rectangle(Frame(x: x + 7, y: y - 6, width: 12, height: 12), style)
    case .diamond(let series):
      svg.polygon(
        [.init(x: x + 13, y: y - 4.5), .init(x: x + 17.5, y: y), .init(x: x + 13, y: y + 4.5), .init(x: x + 8.5, y: y)],
        "gf-hollow \(series.map { "gf-\($0.rawValue)" } ?? "")")
    case .beyond:
      svg.polygon(
        [.init(x: x + 9, y: y + 3.5), .init(x: x + 17, y: y + 3.5), .init(x: x + 13, y: y - 3.5)], Palette.Series.grey.dot)
    case .cross:
      svg.line(.init(x: x + 9.5, y: y - 3.5), .init(x: x + 16.5, y: y + 3.5), Palette.Series.grey.line)
      svg.line(.init(x: x + 9.5, y: y + 3.5), .init(x: x + 16.5, y: y - 3.5), Palette.Series.grey.line)
    }
  }

  /// Generous, as the reader's font is not known.
  static func width(of words: String) -> Double { Double(words.count) * 6.3 }
}
