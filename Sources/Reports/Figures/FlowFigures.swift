import LayerNames
import Traces

/// Figures 2, 3 and 5: mean |gradient| of each layer, one faint line per epoch and the last one strong; below it the same on
/// a logarithmic scale, on the same layers and, over all figures of a page, the same decades.
struct FlowFigures {
  let runs: RunSet
  let engine: EngineFindings

  /// The decades of all gradient flow that a page shows.
  static func decades(of runs: RunSet) -> Scale {
    .log(around: runs.rows.flatMap { $0.representative.epochs.flatMap { $0.gradientFlow.map(\.value) } })
  }

  func figure(_ number: Int, _ row: String) -> Figure {
    let name = "figure-\(number)"
    let model = PublishedRow.named(row).map { "\($0.model)\(row.hasSuffix("1e-2") ? ", LR 1e-2" : "")" } ?? row
    let title = "Gradient flow of \(model)"
    let about = "Mean |gradient| of each weight in the last training batch of every epoch, from the input to the output"
    guard let result = runs[row], result.epochs > 0 else {
      return Figure(
        name: name, number: "Figure \(number)", title: title, caption: about + ".",
        svg: .missing(id: name, width: 1120, "no epoch of \(row) among these runs"))
    }
    let run = result.representative
    let others = result.runs.count > 1 ? "; \(result.runs.count) seeds were run, the picture shows one" : ""
    return Figure(
      name: name, number: "Figure \(number)", title: title,
      caption: "\(about); above on a linear scale, as in the report, below on a logarithmic one. "
        + "\(run.name), \(Format.count(result.epochs, "epoch"))\(others).",
      svg: draw(name, run, result))
  }

  /// Where epochs are few, their lines can be stronger.
  static func faint(_ epochs: Int) -> String { epochs <= 10 ? "gf-few" : "gf-faint" }

  private func draw(_ name: String, _ run: RunRecord, _ result: RowResult) -> SVG {
    let layers = run.layers
    let flows = run.epochs.map { line in layers.map { line.gradientFlow[$0] ?? .nan } }
    var svg = SVG(id: name, width: 1120, height: 0)
    let frame = (x: 86.0, width: 1020.0)
    // Layers are points along x: a scale of whole numbers with half a step free on each side.
    let x = Scale.linear(-0.6, Double(layers.count) - 0.4)
    let all = flows.flatMap { $0 }
    var marks = Marks()
    var linear = Panel(
      &svg, "linear", frame: Frame(x: frame.x, y: 36, width: frame.width, height: 210), x: x,
      y: .linear(around: all + readings(of: result).map(\.range.upperBound), from: 0, ticks: 5), title: "linear scale",
      xTitle: nil, yTitle: "mean |gradient|", xTicks: nil,
      yTicks: 5)
    draw(&svg, &linear, flows, layers, result, zeroAt: nil, &marks)

    let zeros = all.contains(0)
    let decades = Self.decades(of: runs)
    var logarithmic = Panel(
      &svg, "log", frame: Frame(x: frame.x, y: 296, width: frame.width, height: 300), x: x, y: decades,
      title: "logarithmic scale", xTitle: nil, yTitle: "mean |gradient|", xTicks: nil, yTicks: 11)
    let strip = logarithmic.frame.bottom + 14
    if zeros {
      svg.line(.init(x: frame.x, y: strip), .init(x: frame.x + frame.width, y: strip), "gf-grid")
      svg.text("0", at: .init(x: frame.x - 7, y: strip + 4), .end, style: "gf-small")
    }
    draw(&svg, &logarithmic, flows, layers, result, zeroAt: zeros ? strip : nil, &marks)

    let top = (zeros ? strip : logarithmic.frame.bottom) + 10
    for (index, layer) in layers.enumerated() {
      let across = logarithmic.across(Double(index))
      svg.line(.init(x: across, y: top - 10), .init(x: across, y: top - 6), "gf-axis")
      svg.text(layer, at: .init(x: across + 3.5, y: top), .end, style: "gf-tiny", degrees: -90)
    }
    let labels = Double(layers.map(\.count).max() ?? 0) * 5.4

    var legend = Legend()
    if flows.count > 1 { legend.add(.line(.blue, Self.faint(flows.count)), "each epoch") }
    if flows.count > 2 { legend.add(.line(.orange, ""), "epoch 0") }
    legend.add(.line(.blue, "gf-strong"), "last epoch (\(flows.count - 1))")
    if marks.first { legend.add(.diamond(.orange), "epoch 0, read off the report") }
    if marks.last { legend.add(.diamond(.blue), "epoch 99, read off the report") }
    if marks.bands { legend.add(.area("gf-band"), "golden band of the last epoch") }
    if marks.zeros { legend.add(.cell("gf-dot gf-fill-vermillion"), "exactly zero") }
    if marks.missing { legend.add(.cross, "missing, or not a finite number") }
    svg.extend(to: legend.draw(&svg, at: .init(x: frame.x, y: top + labels + 26), width: frame.width) + 2)
    return svg
  }

  private struct Marks {
    var first = false, last = false, bands = false, zeros = false, missing = false
  }

  private func draw(
    _ svg: inout SVG, _ panel: inout Panel, _ flows: [[Double]], _ layers: [String], _ result: RowResult, zeroAt: Double?,
    _ marks: inout Marks
  ) {
    bands(&svg, panel, layers, result, &marks)
    for (epoch, flow) in flows.enumerated().dropLast() {
      if epoch == 0, flows.count > 2 { continue }
      panel.curve(&svg, flow, .blue, style: Self.faint(flows.count), dots: false)
    }
    if flows.count > 2 { panel.curve(&svg, flows[0], .orange, style: "gf-thin", dots: false) }
    if let last = flows.last { panel.curve(&svg, last, .blue, style: "gf-strong", dots: layers.count <= 80) }
    marks.missing = marks.missing || panel.hasNotFinite
    if let zeroAt {
      for (index, layer) in layers.enumerated() where flows.contains(where: { $0[index] == 0 }) {
        let zero = flows.filter { $0[index] == 0 }.count
        svg.circle(
          .init(x: panel.across(Double(index)), y: zeroAt), radius: 3.2, "gf-dot gf-fill-vermillion",
          title: "\(layer): exactly zero in \(Format.count(zero, "epoch"))")
        marks.zeros = true
      }
    }
    points(&svg, panel, layers, result, &marks)
  }

  /// The golden's ranges for the last epoch shown, layer by layer.
  private func bands(_ svg: inout SVG, _ panel: Panel, _ layers: [String], _ result: RowResult, _ marks: inout Marks) {
    var low: [SVG.Point] = [], high: [SVG.Point] = []
    for (index, layer) in layers.enumerated() {
      guard let band = engine.band(result.row, "gradient_flow.\(layer)"), band.ranges.indices.contains(result.epochs - 1),
        let bottom = panel.height(band.ranges[result.epochs - 1].lowerBound),
        let top = panel.height(band.ranges[result.epochs - 1].upperBound)
      else { continue }
      let across = panel.across(Double(index))
      low.append(.init(x: across, y: min(bottom, panel.frame.bottom)))
      high.append(.init(x: across, y: max(top, panel.frame.y)))
    }
    guard low.count > 1 else { return }
    svg.polygon(low + high.reversed(), "gf-band")
    marks.bands = true
  }

  /// What was read off the report's figure, where these runs are its experiment: the first epoch's, and the last's of a
  /// whole run.
  private func readings(of result: RowResult) -> [PublishedFlow] {
    guard result.isComparable else { return [] }
    let isWhole = result.epochs >= ProtocolSettings.epochs
    return PublishedFlow.all.filter { $0.row == result.row && ($0.isFirst || isWhole) }
  }

  private func points(_ svg: inout SVG, _ panel: Panel, _ layers: [String], _ result: RowResult, _ marks: inout Marks) {
    for reading in readings(of: result) {
      for (index, layer) in layers.enumerated() where reading.covers(layer) {
        // On the linear scale, what lies on the axis is not to be seen anyway.
        guard let place = panel.y.place(reading.range.upperBound), (0.01...1).contains(place) else { continue }
        let color: Palette.Series = reading.isFirst ? .orange : .blue
        if reading.range.lowerBound < reading.range.upperBound {
          interval(&svg, panel, at: index, reading.range, color)
        } else {
          panel.diamond(&svg, x: Double(index), y: reading.range.lowerBound, "gf-hollow gf-\(color.rawValue)")
        }
        marks.first = marks.first || reading.isFirst
        marks.last = marks.last || !reading.isFirst
      }
    }
  }
}

extension FlowFigures {
  /// A range that was read off for a whole group of layers.
  private func interval(
    _ svg: inout SVG, _ panel: Panel, at index: Int, _ range: ClosedRange<Double>, _ color: Palette.Series
  ) {
    guard let low = panel.height(range.lowerBound), let high = panel.height(range.upperBound) else { return }
    let across = panel.across(Double(index))
    let style = "\(color.line) gf-thin"
    svg.line(.init(x: across, y: low), .init(x: across, y: high), style)
    for y in [low, high] { svg.line(.init(x: across - 3, y: y), .init(x: across + 3, y: y), style) }
  }
}

extension PublishedFlow {
  /// Whether a reading is of a layer, or of a group that has it.
  func covers(_ label: String) -> Bool {
    let name = LayerName(label)
    let isConvolution = name?.kind == .convolution
    return switch (layer, name?.block) {
    case ("reduction block convolutions", .reduction): isConvolution
    case ("processing block convolutions", .processing): isConvolution
    case ("batch normalisation weights (gamma)", _): name?.kind == .batchNorm
    case ("reduction_block_2_conv_0 and stage 2", .processing(stage: 2, index: _)): isConvolution
    case ("reduction_block_2_conv_0 and stage 2", .reduction(stage: 2)): isConvolution && name?.index == 0
    default: label == layer
    }
  }
}
