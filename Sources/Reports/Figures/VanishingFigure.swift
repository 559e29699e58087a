import LayerNames
import Traces

/// What it is all about, in one picture: the mean |gradient| of every convolution on its way from the output to the input,
/// in the plain network of 38 layers and in the one with batch norm and residual connections.
struct VanishingFigure {
  let runs: RunSet

  private static let shown: [(row: String, color: Palette.Series, words: String)] = [
    ("vgg38-bn-rc-1e-2", .blue, "VGG38 with batch norm and residual connections"), ("vgg38", .vermillion, "VGG38, plain"),
  ]

  var figure: Figure {
    let name = "vanishing-gradient"
    let title = "The vanishing gradient"
    let present = Self.shown.filter { (runs[$0.row]?.epochs ?? 0) > 0 }
    guard let first = present.first, let reference = runs[first.row]?.representative else {
      return Figure(
        name: name, title: title, caption: "",
        svg: .missing(id: name, width: 1000, "no epoch of vgg38 or vgg38-bn-rc-1e-2 among these runs"))
    }
    // The convolutions and the linear layer, which both networks have.
    let layers = reference.layers.filter { LayerName($0)?.kind != .batchNorm }
    var svg = SVG(id: name, width: 1000, height: 0)
    let flows = present.map { item in
      (item, runs[item.row]?.representative.epochs.map { line in layers.map { line.gradientFlow[$0] ?? .nan } } ?? [])
    }
    var panel = Panel(
      &svg, "flow", frame: Frame(x: 72, y: 40, width: 910, height: 360),
      x: .linear(-0.6, Double(layers.count) - 0.4), y: .log(around: flows.flatMap { $0.1.flatMap { $0 } }),
      title: "Mean |gradient| of each convolution and the linear layer, from the input to the output", xTitle: nil,
      yTitle: "mean |gradient|, logarithmic", xTicks: nil, yTicks: 11)
    for (item, epochs) in flows {
      for flow in epochs.dropLast() {
        panel.curve(&svg, flow, item.color, style: FlowFigures.faint(epochs.count), dots: false)
      }
      if let last = epochs.last { panel.curve(&svg, last, item.color, style: "gf-strong", dots: true) }
    }
    for (index, layer) in layers.enumerated() {
      svg.text(
        layer, at: .init(x: panel.across(Double(index)) + 3.5, y: panel.frame.bottom + 8), .end, style: "gf-tiny",
        degrees: -90)
    }
    var legend = Legend()
    for (item, _) in flows { legend.add(.line(item.color, "gf-strong"), item.words) }
    let epochs = flows.map(\.1.count).max() ?? 0
    if epochs > 1 { legend.add(.line(.grey, FlowFigures.faint(epochs)), "earlier epochs") }
    if panel.hasNotFinite { legend.add(.cross, "missing, or not a finite number") }
    let labels = Double(layers.map(\.count).max() ?? 0) * 5.4
    svg.extend(to: legend.draw(&svg, at: .init(x: 72, y: panel.frame.bottom + labels + 30), width: 910) + 2)
    let words = flows.map { item, epochs in
      "\(runs[item.row]?.representative.name ?? item.row), \(Format.count(epochs.count, "epoch"))"
    }
    return Figure(
      name: name, title: title,
      caption: "Last training batch of each epoch. \(words.joined(separator: "; ")), data \(runs.experiment.dataName).",
      svg: svg)
  }
}
