import Platform

/// Gradient flow over layers and epochs: one picture a row, all with the same colours for the same sizes.
struct HeatMaps {
  let runs: RunSet
  /// Steps of colour in a decade: what is nearer than that looks the same.
  private static let shades = 3

  var figures: [Figure] {
    let decades = FlowFigures.decades(of: runs)
    return runs.rows.filter { $0.epochs > 0 }.map { figure($0, decades) }
  }

  private func figure(_ result: RowResult, _ decades: Scale) -> Figure {
    let run = result.representative
    let name = "heat-map-\(result.row)"
    let layers = run.layers
    let cell = layers.count > 20 ? 11.0 : 15.0
    let left = Double(layers.map(\.count).max() ?? 0) * 5.0 + 14
    let frame = Frame(x: left, y: 34, width: 560 - left - 14, height: cell * Double(layers.count))
    var svg = SVG(id: name, width: 560, height: 0)
    svg.text(run.name, at: .init(x: frame.x, y: 20), style: "gf-title")
    let across = frame.width / Double(result.epochs)
    var hasZero = false, hasMissing = false
    // Neighbours of a colour are one piece, and all pieces of a colour one path: a paper run has 7,500 cells.
    var pieces: [Shade: String] = [:]
    for (index, layer) in layers.enumerated() {
      let y = frame.y + Double(index) * cell
      svg.text(layer, at: .init(x: frame.x - 5, y: y + cell / 2 + 3), .end, style: layers.count > 20 ? "gf-micro" : "gf-tiny")
      var start = 0
      let shades = run.epochs.map { Shade($0.gradientFlow[layer], decades, steps: Self.shades) }
      for epoch in 1...shades.count where epoch == shades.count || shades[epoch] != shades[start] {
        let x = Format.coordinate(frame.x + Double(start) * across)
        let width = Format.coordinate(Double(epoch - start) * across)
        pieces[shades[start], default: ""] += "M\(x) \(Format.coordinate(y))h\(width)v\(Format.coordinate(cell))h-\(width)z"
        hasZero = hasZero || shades[start] == .zero
        hasMissing = hasMissing || shades[start] == .missing
        start = epoch
      }
    }
    for (shade, path) in pieces.sorted(by: { $0.key < $1.key }) { svg.path(path, shade.attributes) }
    for tick in Scale.epochs(result.epochs).ticks(8) {
      guard let epoch = Double(tick.label) else { continue }
      svg.text(
        tick.label, at: .init(x: frame.x + (epoch + 0.5) * across, y: frame.bottom + 14), .middle, style: "gf-tiny")
    }
    svg.text("epoch", at: .init(x: frame.x + frame.width / 2, y: frame.bottom + 30), .middle, style: "gf-small")
    let below = colourBar(&svg, decades, Frame(x: frame.x, y: frame.bottom + 44, width: frame.width, height: 11))
    var legend = Legend()
    if hasZero { legend.add(.cell("gf-zero"), "exactly zero") }
    if hasMissing { legend.add(.cell("gf-missing"), "missing or not finite") }
    svg.extend(to: legend.draw(&svg, at: .init(x: frame.x, y: below + 12), width: frame.width))
    return Figure(
      name: name, title: "Gradient flow of \(result.row), layer by layer and epoch by epoch",
      caption: "\(run.name), \(Format.count(result.epochs, "epoch")); the input is at the top.", svg: svg, isSmall: true)
  }

  private func colourBar(_ svg: inout SVG, _ decades: Scale, _ frame: Frame) -> Double {
    let steps = 60
    for step in 0..<steps {
      let part = frame.width / Double(steps)
      svg.path(
        "M\(Format.coordinate(frame.x + Double(step) * part)) \(Format.coordinate(frame.y))"
          + "h\(Format.coordinate(part + 0.3))v\(Format.coordinate(frame.height))h-\(Format.coordinate(part + 0.3))z",
        "fill=\"\(Palette.heat((Double(step) + 0.5) / Double(steps)))\"")
    }
    for tick in decades.ticks(6) {
      let x = frame.x + tick.place * frame.width
      svg.line(.init(x: x, y: frame.bottom), .init(x: x, y: frame.bottom + 3), "gf-axis")
      svg.text(tick.label, at: .init(x: x, y: frame.bottom + 14), .middle, style: "gf-tiny")
    }
    svg.text("mean |gradient|", at: .init(x: frame.x - 8, y: frame.y + 10), .end, style: "gf-small")
    return frame.bottom + 18
  }
}

/// The colour of a cell.
enum Shade: Hashable, Comparable {
  case missing
  case zero
  /// In thirds of a decade above the least.
  case step(Int, of: Int)

  init(_ value: Double?, _ decades: Scale, steps: Int) {
    guard let value, value.isFinite, case .log(let low, let high) = decades else { self = .missing; return }
    if value == 0 { self = .zero; return }
    guard let place = decades.place(abs(value)) else { self = .missing; return }
    let all = (high - low) * steps
    self = .step(min(max(Int((place * Double(all)).rounded(.down)), 0), all - 1), of: all)
  }

  var attributes: String {
    switch self {
    case .missing: "class=\"gf-missing\""
    case .zero: "class=\"gf-zero\""
    case .step(let step, let all): "fill=\"\(Palette.heat((Double(step) + 0.5) / Double(all)))\" shape-rendering=\"crispEdges\""
    }
  }
}
