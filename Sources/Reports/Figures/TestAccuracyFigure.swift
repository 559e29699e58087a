/// Figure 7: the test accuracy of the experiments side by side.
struct TestAccuracyFigure {
  let runs: RunSet
  let engine: EngineFindings

  var figure: Figure {
    let name = "figure-7"
    let rows = PublishedRow.all.map(\.id) + runs.rows.map(\.row).filter { PublishedRow.named($0) == nil }
    var svg = SVG(id: name, width: 1000, height: 0)
    let results = rows.map { runs[$0] }
    let tests = results.map { $0?.testAccuracy }
    let isWhole = results.map { result in result.map { Distance.objection(to: $0) == nil } ?? false }
    var visible = tests.compactMap { $0 }.flatMap(\.values)
    for (row, whole) in zip(rows, isWhole) where whole {
      if let theirs = PublishedRow.named(row)?.testAccuracy { visible.append(theirs) }
    }
    let bands = rows.map { engine.band($0, "test_accuracy")?.ranges.first }
    let panel = Panel(
      &svg, "bars", frame: Frame(x: 62, y: 36, width: 896, height: 270), x: .linear(-0.5, Double(rows.count) - 0.5),
      y: .linear(around: visible.isEmpty ? [1] : visible.map { $0 * 1.06 }, from: 0),
      title: "test accuracy, with the weights of the best validation epoch", xTitle: nil, yTitle: "accuracy (share)",
      xTicks: nil)
    let half = min(34.0, panel.frame.width / Double(rows.count) * 0.3)
    var (hasDeviation, hasReport, hasMissing, hasBand) = (false, false, false, false)
    for (index, row) in rows.enumerated() {
      let across = panel.across(Double(index))
      for (line, words) in Self.label(row).enumerated() {
        svg.text(words, at: .init(x: across, y: panel.frame.bottom + 18 + 15 * Double(line)), .middle, style: "gf-small")
      }
      if let band = bands[index], let low = panel.height(band.lowerBound), let high = panel.height(band.upperBound) {
        svg.rectangle(
          Frame(
            x: across - half - 8, y: max(high, panel.frame.y), width: 2 * half + 16,
            height: max(0, low - max(high, panel.frame.y))), "gf-band")
        hasBand = true
      }
      if let sample = tests[index], let height = panel.height(sample.mean) {
        svg.rectangle(
          Frame(x: across - half, y: height, width: 2 * half, height: panel.frame.bottom - height), Palette.Series.blue.dot,
          title: "\(row): \(Format.percent(sample.mean))")
        var top = height
        if let deviation = sample.deviation, let high = panel.height(sample.mean + deviation),
          let low = panel.height(max(0, sample.mean - deviation))
        {
          svg.line(.init(x: across, y: high), .init(x: across, y: low), "gf-error")
          for y in [high, low] { svg.line(.init(x: across - 6, y: y), .init(x: across + 6, y: y), "gf-error") }
          top = high
          hasDeviation = true
        }
        svg.text(Format.percent(sample.mean), at: .init(x: across, y: top - 6), .middle)
      } else {
        let words = results[index] == nil ? "no runs" : sampleMissing(results[index])
        svg.rectangle(
          Frame(x: across - half, y: panel.frame.bottom - 44, width: 2 * half, height: 44), "gf-missing")
        svg.text(words, at: .init(x: across, y: panel.frame.bottom - 50), .middle, style: "gf-small")
        hasMissing = true
      }
      if isWhole[index], let theirs = PublishedRow.named(row)?.testAccuracy {
        panel.diamond(&svg, x: Double(index), y: theirs)
        hasReport = true
      }
    }
    if let classes = runs.experiment.classes { panel.level(&svg, 1 / Double(classes), label: "chance") }
    var legend = Legend()
    legend.add(.cell(Palette.Series.blue.dot), "these runs")
    if hasDeviation { legend.add(.line(.grey, "gf-thin"), "standard deviation over the seeds") }
    if hasReport { legend.add(.diamond(nil), "the report") }
    if hasBand { legend.add(.area("gf-band"), "golden band") }
    if hasMissing { legend.add(.cell("gf-missing"), "missing") }
    svg.extend(to: legend.draw(&svg, at: .init(x: 62, y: 366), width: 920))
    let seeds = runs.words(of: runs.rows.map(\.row)) { result in
      "\(result.runs.count > 1 ? "mean of " : "")\(result.seedWords), \(Format.count(result.epochs, "epoch"))"
    }
    return Figure(
      name: name, number: "Figure 7", title: "Test accuracy of the experiments", caption: "\(seeds).", svg: svg)
  }

  private func sampleMissing(_ result: RowResult?) -> String { (result?.isFinished ?? false) ? "not finite" : "unfinished" }

  /// A row's name in two lines.
  static func label(_ row: String) -> [String] {
    guard let published = PublishedRow.named(row) else { return [row] }
    return [published.model, "LR \(published.learningRate)"]
  }
}
