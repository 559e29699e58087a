/// A row of the report's Table 1, with the experiment that it stands for.
///
/// The numbers are in `table1.csv`: "Analysis of Vanishing gradient problem", MLP coursework 2, University of Edinburgh,
/// 2021/22. They are what runs are compared with, and nothing is ever fitted to them.
public struct PublishedRow: Equatable, Sendable {
  public let id: String
  public let model: String
  public let learningRate: String
  /// As printed: "339K".
  public let parameters: String
  public let trainLoss: Double
  /// Fractions from here on.
  public let trainAccuracy: Double
  public let validationLoss: Double
  public let validationAccuracy: Double
  public let testAccuracy: Double?
  /// Where the row comes from: the author's own run, or printed with the assignment.
  public let origin: String

  public static let all: [PublishedRow] = CSVTable(PackageResources.table1_csv).records.map { row in
    func number(_ name: String) -> Double? { row[name].flatMap(Double.init) }
    func fraction(_ name: String) -> Double? { number(name).map { $0 / 100 } }
    guard let id = row["row"], let model = row["model"], let rate = row["learning_rate"],
      let parameters = row["reported_parameters"], let trainLoss = number("train_loss"),
      let trainAccuracy = fraction("train_accuracy_percent"), let validationLoss = number("val_loss"),
      let validationAccuracy = fraction("val_accuracy_percent"), let origin = row["origin"]
    else { preconditionFailure("table1.csv: \(row)") }
    return PublishedRow(
      id: id, model: model, learningRate: rate, parameters: parameters, trainLoss: trainLoss,
      trainAccuracy: trainAccuracy, validationLoss: validationLoss, validationAccuracy: validationAccuracy,
      testAccuracy: fraction("test_accuracy_percent"), origin: origin)
  }

  public static func named(_ id: String) -> PublishedRow? { all.first { $0.id == id } }

  /// What is known of why a faithful run need not meet this row, beside its noise.
  public var knownReasons: [String] {
    var reasons: [String] = []
    if origin.contains("given with the assignment") {
      reasons.append(
        origin.contains("test accuracy is the author's own run")
          ? "the row came printed with the assignment, but for its test accuracy, which is of a run of the author's (Figure 7)"
          : "the row came printed with the assignment, so the report did not measure it")
    }
    switch id {
    case "vgg08":
      reasons.append("it matches no epoch of the curve that shipped with the course code (55.2 % and 48.6 % at its end)")
    case "vgg38-bn-1e-2", "vgg38-bn-1e-3":
      reasons.append(
        "section 6 normalises the processing blocks only (338,116 parameters), Table 1 prints 339 K, which fits both kinds "
          + "of block (338,500); this row follows the text")
    default: break
    }
    return reasons
  }
}

/// The report's Figure 4 as points: accuracy and loss of `vgg38-bn-rc-1e-2` read off its curves.
struct PublishedPoint: Equatable {
  let row: String
  let epoch: Int
  let trainAccuracy: Double?
  let validationAccuracy: Double?
  let trainLoss: Double?
  let validationLoss: Double?

  static let figure4: [PublishedPoint] = CSVTable(PackageResources.figure4_csv).records.map { row in
    func number(_ name: String) -> Double? { row[name].flatMap(Double.init) }
    guard let id = row["row"], let epoch = row["epoch"].flatMap({ Int($0) }) else { preconditionFailure("figure4.csv: \(row)") }
    return PublishedPoint(
      row: id, epoch: epoch, trainAccuracy: number("train_accuracy"), validationAccuracy: number("val_accuracy"),
      trainLoss: number("train_loss"), validationLoss: number("val_loss"))
  }
}

/// Mean |gradient| read off the report's Figures 2, 3 and 5.
struct PublishedFlow: Equatable {
  let figure: Int
  let row: String
  /// A layer's label, or a group of layers in words.
  let layer: String
  /// Whether it is of the first epoch; otherwise it is of the last.
  let isFirst: Bool
  let range: ClosedRange<Double>

  static let all: [PublishedFlow] = CSVTable(PackageResources.gradient_flow_csv).records.map { row in
    guard let figure = row["figure"].flatMap({ Int($0) }), let id = row["row"], let layer = row["layer"],
      let epoch = row["epoch"], let low = row["mean_abs_gradient_low"].flatMap(Double.init),
      let high = row["mean_abs_gradient_high"].flatMap(Double.init), low <= high
    else { preconditionFailure("gradient_flow.csv: \(row)") }
    return PublishedFlow(figure: figure, row: id, layer: layer, isFirst: epoch == "0", range: low...high)
  }
}
