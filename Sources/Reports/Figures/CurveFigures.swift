import Platform
import Traces

/// Figures 1, 4 and 6: losses and accuracies over the epochs.
struct CurveFigures {
  let runs: RunSet
  let engine: EngineFindings

  /// A number of every epoch.
  enum Metric: String, CaseIterable {
    case trainLoss = "train_loss"
    case trainAccuracy = "train_accuracy"
    case validationLoss = "val_loss"
    case validationAccuracy = "val_accuracy"

    var isLoss: Bool { self == .trainLoss || self == .validationLoss }

    var words: String {
      switch self {
      case .trainLoss: "train loss"
      case .trainAccuracy: "train accuracy"
      case .validationLoss: "validation loss"
      case .validationAccuracy: "validation accuracy"
      }
    }

    func value(_ line: EpochLine) -> Double {
      switch self {
      case .trainLoss: line.trainLoss
      case .trainAccuracy: line.trainAccuracy
      case .validationLoss: line.validationLoss
      case .validationAccuracy: line.validationAccuracy
      }
    }

    func values(_ curve: CourseCurve) -> [Double] {
      switch self {
      case .trainLoss: curve.trainLoss
      case .trainAccuracy: curve.trainAccuracy
      case .validationLoss: curve.validationLoss
      case .validationAccuracy: curve.validationAccuracy
      }
    }

    func value(_ point: PublishedPoint) -> Double? {
      switch self {
      case .trainLoss: point.trainLoss
      case .trainAccuracy: point.trainAccuracy
      case .validationLoss: point.validationLoss
      case .validationAccuracy: point.validationAccuracy
      }
    }
  }

  /// One line of a panel.
  struct Series {
    let row: String
    let metric: Metric
    let color: Palette.Series
    let words: String
    var style: String { metric == .trainLoss || metric == .trainAccuracy ? "gf-thin" : "gf-strong" }
  }

  // MARK: The figures

  var figure1: Figure {
    func series(_ train: Metric, _ validation: Metric) -> [Series] {
      [
        Series(row: "vgg08", metric: train, color: .sky, words: "VGG08 train"),
        Series(row: "vgg08", metric: validation, color: .blue, words: "VGG08 validation"),
        Series(row: "vgg38", metric: train, color: .orange, words: "VGG38 train"),
        Series(row: "vgg38", metric: validation, color: .vermillion, words: "VGG38 validation"),
      ]
    }
    return figure(
      1, "Loss and accuracy of VGG08 and VGG38",
      "The shallow network beside the deep one. The level lines are those of a guess that is the same for every image.",
      panels: [
        ("(a) loss per epoch", series(.trainLoss, .validationLoss)),
        ("(b) accuracy per epoch", series(.trainAccuracy, .validationAccuracy)),
      ])
  }

  var figure4: Figure {
    let row = "vgg38-bn-rc-1e-2"
    func series(_ train: Metric, _ validation: Metric) -> [Series] {
      [
        Series(row: row, metric: train, color: .sky, words: "train"),
        Series(row: row, metric: validation, color: .blue, words: "validation"),
      ]
    }
    return figure(
      4, "Accuracy and loss of VGG38 BN + RC, LR 1e-2", "The same depth, with batch norm and residual connections.",
      panels: [
        ("(a) accuracy per epoch", series(.trainAccuracy, .validationAccuracy)),
        ("(b) loss per epoch", series(.trainLoss, .validationLoss)),
      ], points: row)
  }

  var figure6: Figure {
    figure(
      6, "Loss of VGG38 BN + RC with learning rates 1e-2 and 1e-3", "What the base learning rate changes.",
      panels: [
        (
          "loss per epoch",
          [
            Series(row: "vgg38-bn-rc-1e-2", metric: .trainLoss, color: .sky, words: "LR 1e-2 train"),
            Series(row: "vgg38-bn-rc-1e-2", metric: .validationLoss, color: .blue, words: "LR 1e-2 validation"),
            Series(row: "vgg38-bn-rc-1e-3", metric: .trainLoss, color: .orange, words: "LR 1e-3 train"),
            Series(row: "vgg38-bn-rc-1e-3", metric: .validationLoss, color: .vermillion, words: "LR 1e-3 validation"),
          ]
        )
      ])
  }

  // MARK: Drawing

  private func figure(
    _ number: Int, _ title: String, _ caption: String, panels: [(title: String, series: [Series])],
    points: String? = nil
  ) -> Figure {
    let name = "figure-\(number)"
    let wanted = panels[0].series.map(\.row).unique
    let present = wanted.filter { (runs[$0]?.epochs ?? 0) > 0 }
    guard !present.isEmpty else {
      return Figure(
        name: name, number: "Figure \(number)", title: title, caption: caption,
        svg: .missing(id: name, width: 1000, "no epoch of \(wanted.joined(separator: " or ")) among these runs"))
    }
    let epochs = present.compactMap { runs[$0]?.epochs }.max() ?? 1
    var svg = SVG(id: name, width: 1000, height: 0)
    let space = 1000 / Double(panels.count)
    var marks = Marks()
    for (index, part) in panels.enumerated() {
      let frame = Frame(x: Double(index) * space + 62, y: 36, width: space - 100, height: 270)
      draw(&svg, part.series, title: part.title, frame: frame, epochs: epochs, points: points, &marks)
    }
    var legend = Legend()
    for series in panels[0].series.reduced(by: \.words) {
      if present.contains(series.row) {
        legend.add(.line(series.color, series.style), series.words)
      } else {
        legend.add(.cell("gf-missing"), "\(series.words): no runs")
      }
    }
    if marks.course { legend.add(.line(.grey, "gf-dashed"), "dashed: the curve shipped with the course code") }
    if marks.points { legend.add(.diamond(nil), "read off the report") }
    if marks.seeds { legend.add(.area("gf-area gf-fill-blue"), "range of the seeds") }
    if marks.bands { legend.add(.area("gf-golden gf-grey gf-fill-grey"), "golden band") }
    if marks.beyond { legend.add(.beyond, "beyond the axis") }
    if marks.notFinite { legend.add(.cross, "not a finite number") }
    svg.extend(to: legend.draw(&svg, at: .init(x: 62, y: 366), width: 920))
    return Figure(
      name: name, number: "Figure \(number)", title: title,
      caption: caption + " " + runWords(present, missing: wanted.filter { !present.contains($0) }), svg: svg)
  }

  /// What a figure's legend must explain.
  private struct Marks {
    var course = false, points = false, seeds = false, bands = false, beyond = false, notFinite = false
  }

  private func draw(
    _ svg: inout SVG, _ series: [Series], title: String, frame: Frame, epochs: Int, points: String?,
    _ marks: inout Marks
  ) {
    let isLoss = series[0].metric.isLoss
    var visible: [Double] = []
    for item in series { visible += runs[item.row]?.runs.flatMap { $0.epochs.map(item.metric.value) } ?? [] }
    let guess = log(Double(runs.experiment.classes ?? 1))
    if isLoss {
      // One wild epoch of a validation loss must not press everything else flat.
      let trained = series.filter { $0.metric == .trainLoss }.flatMap { item in
        runs[item.row]?.runs.flatMap { $0.epochs.map(item.metric.value) } ?? []
      }
      let cap = max(1.6 * guess, 1.1 * (trained.filter(\.isFinite).max() ?? 0))
      visible = visible.map { min($0, cap) }
    }
    for item in series {
      guard epochs > 1, runs[item.row]?.isComparable == true, let curve = CourseCurve.named(item.row) else { continue }
      visible += item.metric.values(curve).prefix(epochs)
    }
    var panel = Panel(
      &svg, isLoss ? "loss" : "accuracy", frame: frame, x: .epochs(epochs),
      y: .linear(around: visible + (isLoss ? [guess] : []), from: isLoss ? nil : 0), title: title, xTitle: "epoch",
      yTitle: isLoss ? "cross-entropy (nats)" : "accuracy (share)", xTicks: epochs > 30 ? 10 : 13)
    if let classes = runs.experiment.classes, classes > 1 {
      if isLoss {
        panel.level(&svg, guess, label: "ln \(classes)")
      } else {
        panel.level(&svg, 1 / Double(classes), label: "chance")
      }
    }
    for item in series {
      if let band = engine.band(item.row, item.metric.rawValue), runs[item.row] != nil {
        // In its line's colour, light: four of them may lie over each other.
        let style = "gf-golden gf-\(item.color.rawValue) gf-fill-\(item.color.rawValue)"
        panel.band(&svg, Array(band.ranges.prefix(epochs)), style)
        marks.bands = true
      }
    }
    for item in series {
      guard let result = runs[item.row], result.epochs > 0 else { continue }
      if result.runs.count > 1 {
        panel.band(&svg, result.ranges(item.metric.value), item.color.area)
        marks.seeds = true
      }
      if epochs > 1, result.isComparable, let curve = CourseCurve.named(item.row) {
        panel.curve(&svg, Array(item.metric.values(curve).prefix(epochs)), item.color, style: "gf-dashed", dots: false)
        marks.course = true
      }
      panel.curve(&svg, result.means(item.metric.value), item.color, style: item.style, dots: epochs <= 30)
    }
    if let points, let result = runs[points], result.isComparable {
      for item in series {
        for point in PublishedPoint.figure4 where point.row == item.row && point.epoch < epochs {
          guard let value = item.metric.value(point) else { continue }
          panel.diamond(&svg, x: Double(point.epoch), y: value)
          marks.points = true
        }
      }
    }
    marks.beyond = marks.beyond || panel.hasBeyond
    marks.notFinite = marks.notFinite || panel.hasNotFinite
  }

  private func runWords(_ present: [String], missing: [String]) -> String {
    let words = runs.words(of: present) { result in
      "\(result.runs.count > 1 ? "mean of " : "")\(result.seedWords), \(Format.count(result.epochs, "epoch"))"
    }
    return ([words] + missing.map { "\($0): no runs" }).joined(separator: "; ") + "."
  }
}

extension RowResult {
  /// The mean over the seeds, epoch by epoch.
  func means(_ value: (EpochLine) -> Double) -> [Double] {
    (0..<epochs).map { epoch in Sample(runs.map { value($0.epochs[epoch]) })?.mean ?? .nan }
  }

  /// The smallest and the largest value among the seeds, for each epoch.
  func ranges(_ value: (EpochLine) -> Double) -> [ClosedRange<Double>] {
    (0..<epochs).compactMap { epoch in
      let values = runs.map { value($0.epochs[epoch]) }.filter(\.isFinite)
      guard let low = values.min(), let high = values.max() else { return nil }
      return low...high
    }
  }
}

extension Array where Element: Hashable {
  /// Each once, in the order of their first places.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}

extension Array {
  /// The first of each key.
  func reduced<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
    var seen: Set<Key> = []
    return filter { seen.insert(key($0)).inserted }
  }
}
