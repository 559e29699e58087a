/// Axes and what is drawn between them.
struct Panel {
  let frame: Frame
  let x: Scale
  let y: Scale
  private let clip: String
  /// Values that lie beyond the axis were drawn at its edge.
  private(set) var hasBeyond = false
  /// Values that are not finite were marked.
  private(set) var hasNotFinite = false

  /// Draws grid, axes and their labels.
  ///
  /// - Parameter xTicks: `nil` for an axis whose labels somebody else draws.
  init(
    _ svg: inout SVG, _ name: String, frame: Frame, x: Scale, y: Scale, title: String, xTitle: String?, yTitle: String,
    xTicks: Int? = 6, yTicks: Int = 6
  ) {
    self.frame = frame
    self.x = x
    self.y = y
    for place in y.decades {
      let height = frame.bottom - place * frame.height
      svg.line(.init(x: frame.x, y: height), .init(x: frame.right, y: height), "gf-grid")
    }
    for tick in y.ticks(yTicks) {
      let height = frame.bottom - tick.place * frame.height
      svg.line(.init(x: frame.x, y: height), .init(x: frame.right, y: height), "gf-grid")
      svg.text(tick.label, at: .init(x: frame.x - 7, y: height + 4), .end, style: "gf-small")
    }
    if let xTicks {
      for tick in x.ticks(xTicks) {
        let across = frame.x + tick.place * frame.width
        svg.line(.init(x: across, y: frame.bottom), .init(x: across, y: frame.bottom + 4), "gf-axis")
        svg.text(tick.label, at: .init(x: across, y: frame.bottom + 17), .middle, style: "gf-small")
      }
    }
    svg.path(
      "M\(Format.coordinate(frame.x)) \(Format.coordinate(frame.y))V\(Format.coordinate(frame.bottom))"
        + "H\(Format.coordinate(frame.right))", "class=\"gf-axis\"")
    svg.text(title, at: .init(x: frame.x, y: frame.y - 14), style: "gf-title")
    if let xTitle {
      svg.text(xTitle, at: .init(x: frame.x + frame.width / 2, y: frame.bottom + 34), .middle, style: "gf-small")
    }
    let labels = y.ticks(yTicks).map { Legend.width(of: $0.label) }.max() ?? 0
    svg.text(
      yTitle, at: .init(x: frame.x - 16 - labels, y: frame.y + frame.height / 2), .middle, style: "gf-small", degrees: -90)
    clip = svg.clip(
      Frame(x: frame.x, y: frame.y - 2, width: frame.width + 2, height: frame.height + 4), name)
  }

  func across(_ value: Double) -> Double { frame.x + (x.place(value) ?? 0) * frame.width }
  func height(_ value: Double) -> Double? { y.place(value).map { frame.bottom - $0 * frame.height } }

  /// Values at whole x: a line where they are finite, a gap where not. Few points get dots, so that a single one shows.
  mutating func curve(_ svg: inout SVG, _ values: [Double], _ color: Palette.Series, style: String = "", dots: Bool) {
    var part: [SVG.Point] = []
    for (index, value) in values.enumerated() {
      guard let height = height(value) else {
        svg.polyline(part, "\(color.line) \(style)", clip: clip)
        part = []
        if !value.isFinite {
          hasNotFinite = true
          cross(&svg, .init(x: across(Double(index)), y: frame.y + 5), color)
        }
        continue
      }
      part.append(.init(x: across(Double(index)), y: height))
    }
    svg.polyline(part, "\(color.line) \(style)", clip: clip)
    for (index, value) in values.enumerated() {
      guard let height = height(value) else { continue }
      let across = across(Double(index))
      if height < frame.y - 1 {
        hasBeyond = true
        svg.polygon(
          [.init(x: across - 4, y: frame.y + 7), .init(x: across + 4, y: frame.y + 7), .init(x: across, y: frame.y)],
          color.dot)
      } else if dots {
        svg.circle(.init(x: across, y: height), radius: 2.6, color.dot)
      }
    }
  }

  /// A range at each whole x.
  func band(_ svg: inout SVG, _ ranges: [ClosedRange<Double>], _ style: String) {
    func edge(_ values: [Double]) -> [SVG.Point] {
      values.enumerated().compactMap { index, value in
        height(min(max(value, -1e12), 1e12)).map { SVG.Point(x: across(Double(index)), y: $0) }
      }
    }
    if ranges.count == 1, let low = height(ranges[0].lowerBound), let high = height(ranges[0].upperBound) {
      svg.polygon(
        [
          .init(x: across(0) - 5, y: low), .init(x: across(0) + 5, y: low), .init(x: across(0) + 5, y: high),
          .init(x: across(0) - 5, y: high),
        ], style, clip: clip)
    } else {
      svg.polygon(edge(ranges.map(\.lowerBound)) + edge(ranges.map(\.upperBound)).reversed(), style, clip: clip)
    }
  }

  /// A published number.
  func diamond(_ svg: inout SVG, x: Double, y: Double, _ style: String = "gf-hollow") {
    guard let height = height(y), height >= frame.y - 1, height <= frame.bottom + 1 else { return }
    let across = across(x)
    svg.polygon(
      [
        .init(x: across, y: height - 4.5), .init(x: across + 4.5, y: height), .init(x: across, y: height + 4.5),
        .init(x: across - 4.5, y: height),
      ], style)
  }

  /// A line at one value across the whole panel, its label to the right of it, where no curve is.
  func level(_ svg: inout SVG, _ value: Double, label: String) {
    guard let place = y.place(value), (0...1).contains(place) else { return }
    let height = frame.bottom - place * frame.height
    svg.line(.init(x: frame.x, y: height), .init(x: frame.right, y: height), "gf-line gf-thin gf-grey gf-dashed")
    svg.text(label, at: .init(x: frame.right + 4, y: height + 3), style: "gf-tiny")
  }

  private func cross(_ svg: inout SVG, _ point: SVG.Point, _ color: Palette.Series) {
    let (x, y) = (point.x, point.y)
    svg.line(.init(x: x - 3.5, y: y - 3.5), .init(x: x + 3.5, y: y + 3.5), color.line)
    svg.line(.init(x: x - 3.5, y: y + 3.5), .init(x: x + 3.5, y: y - 3.5), color.line)
  }
}
