/// The same experiments as others ran them (`replications.csv`): how far apart faithful and less faithful reruns lie.
public struct Replication: Equatable, Sendable {
  public let source: String
  /// A row's id, or its beginning where the learning rate is not known: `vgg38-bn`.
  let row: String
  let learningRate: String
  public let trainLoss: Double
  public let trainAccuracy: Double
  public let validationLoss: Double
  public let validationAccuracy: Double
  public let testAccuracy: Double?
  public let note: String

  public static let all: [Replication] = CSVTable(PackageResources.replications_csv).records.map { row in
    func number(_ name: String) -> Double? { row[name].flatMap(Double.init) }
    guard let source = row["source"], let id = row["row"], let rate = row["learning_rate"], let note = row["note"],
      let trainLoss = number("train_loss"), let trainAccuracy = number("train_accuracy_percent"),
      let validationLoss = number("val_loss"), let validationAccuracy = number("val_accuracy_percent")
    else { preconditionFailure("replications.csv: \(row)") }
    return Replication(
      source: source, row: id, learningRate: rate, trainLoss: trainLoss, trainAccuracy: trainAccuracy / 100,
      validationLoss: validationLoss, validationAccuracy: validationAccuracy / 100,
      testAccuracy: number("test_accuracy_percent").map { $0 / 100 }, note: note)
  }

  /// Whether the learning rate, and with it the row, is known.
  var tellsRate: Bool { learningRate != "unverified" }

  /// What a reader should know before holding a row against such reruns; `nil` if nothing.
  static func remark(on reruns: [Replication], of row: String) -> String? {
    let unknown = reruns.filter { !$0.tellsRate }.count
    let rate = unknown == 0 || !row.contains("-bn") ? [] : ["\(unknown) of \(reruns.count) do not tell their learning rate"]
    let notes = reruns.flatMap { $0.note.split(separator: "; ").map(String.init) }.filter { $0 != "last epoch" }.unique
    return rate.isEmpty && notes.isEmpty ? nil : "reruns by others: " + (rate + notes).joined(separator: "; ")
  }

  /// Those that may be of a row: the same network, and a learning rate that is the row's or not known.
  public static func of(row: PublishedRow) -> [Replication] {
    all.filter { replication in
      if replication.row == row.id { return true }
      let network = row.id.hasSuffix("-1e-2") || row.id.hasSuffix("-1e-3") ? String(row.id.dropLast(5)) : row.id
      return replication.row == network
        && (replication.learningRate == "unverified" || replication.learningRate == row.learningRate)
    }
  }
}
