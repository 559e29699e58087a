import Files

/// A picture under construction: elements of SVG 1.1, in the order in which they are painted.
///
/// Colours are classes (`Palette`), so that one picture is right on light and on dark ground. The same picture gives the
/// same bytes on every machine: coordinates have two decimals.
struct SVG {
  struct Point: Equatable {
    var x: Double
    var y: Double
  }

  enum Anchor: String { case start, middle, end }

  let width: Double
  private(set) var height: Double
  /// Begins the ids in the picture: unique on a page.
  let id: String
  private(set) var body = ""

  init(id: String, width: Double, height: Double) {
    self.id = Figure.slug(id)
    self.width = width
    self.height = height
  }

  // MARK: Elements

  mutating func line(_ a: Point, _ b: Point, _ style: String) {
    add("line", [("x1", a.x), ("y1", a.y), ("x2", b.x), ("y2", b.y)], style)
  }

  mutating func rectangle(_ frame: Frame, _ style: String, title: String? = nil) {
    add("rect", [("x", frame.x), ("y", frame.y), ("width", frame.width), ("height", frame.height)], style, title: title)
  }

  mutating func circle(_ center: Point, radius: Double, _ style: String, title: String? = nil) {
    add("circle", [("cx", center.x), ("cy", center.y), ("r", radius)], style, title: title)
  }

  mutating func polyline(_ points: [Point], _ style: String, clip: String? = nil) {
    if points.count < 2 { return }
    shape("polyline", points, style, clip: clip)
  }

  mutating func polygon(_ points: [Point], _ style: String, clip: String? = nil) {
    if points.count < 3 { return }
    shape("polygon", points, style, clip: clip)
  }

  mutating func path(_ data: String, _ attributes: String) { body += "<path d=\"\(data)\" \(attributes)/>\n" }

  /// - Parameter degrees: turned clockwise around its anchor.
  mutating func text(
    _ text: String, at point: Point, _ anchor: Anchor = .start, style: String = "gf-text", degrees: Double = 0
  ) {
    let (x, y) = (Format.coordinate(point.x), Format.coordinate(point.y))
    let turn = degrees == 0 ? "" : " transform=\"rotate(\(Format.coordinate(degrees)) \(x) \(y))\""
    body +=
      "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor.rawValue)\" class=\"\(style)\"\(turn)>"
      + "\(escapedForXML(text))</text>\n"
  }

  /// Names a region outside of which nothing shows; returns what `polyline` and `polygon` take.
  mutating func clip(_ frame: Frame, _ name: String) -> String {
    let name = "\(id)-\(name)"
    body +=
      "<clipPath id=\"\(name)\"><rect x=\"\(Format.coordinate(frame.x))\" y=\"\(Format.coordinate(frame.y))\" "
      + "width=\"\(Format.coordinate(frame.width))\" height=\"\(Format.coordinate(frame.height))\"/></clipPath>\n"
    return name
  }

  mutating func extend(to height: Double) { self.height = max(self.height, height) }

  private mutating func shape(_ name: String, _ points: [Point], _ style: String, clip: String?) {
    let list = points.map { "\(Format.coordinate($0.x)),\(Format.coordinate($0.y))" }.joined(separator: " ")
    let clipping = clip.map { " clip-path=\"url(#\($0))\"" } ?? ""
    body += "<\(name) points=\"\(list)\" class=\"\(style)\"\(clipping)/>\n"
  }

  private mutating func add(_ name: String, _ numbers: [(String, Double)], _ style: String, title: String? = nil) {
    let attributes = numbers.map { " \($0.0)=\"\(Format.coordinate($0.1))\"" }.joined()
    if let title {
      body += "<\(name)\(attributes) class=\"\(style)\"><title>\(escapedForXML(title))</title></\(name)>\n"
    } else {
      body += "<\(name)\(attributes) class=\"\(style)\"/>\n"
    }
  }

  // MARK: The whole

  /// For a page that brings the palette along.
  func inline(title: String) -> String { opening(title: title) + body + "</svg>\n" }

  /// A file of its own, with the palette and a ground.
  func file(title: String) -> String {
    var ground = SVG(id: id, width: width, height: height)
    ground.rectangle(Frame(x: 0, y: 0, width: width, height: height), "gf-ground")
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + opening(title: title)
      + "<style>\n\(Palette.styleSheet)</style>\n" + ground.body + body + "</svg>\n"
  }

  private func opening(title: String) -> String {
    let (width, height) = (Format.coordinate(width), Format.coordinate(height))
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
      + "height=\"\(height)\" role=\"img\" aria-label=\"\(escapedForXML(title))\">\n"
  }
}

/// A rectangle; y grows downwards.
struct Frame: Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
}
