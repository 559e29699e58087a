import Digests

/// Whether a dataset read from files is the official one: as many images, as many of each class, and, where the official
/// fingerprint is known, no pixel or label changed.
public struct DatasetVerification: Sendable {
  /// What is wrong, a sentence each; empty if nothing is.
  public let problems: [String]

  /// What the protocol's data are called.
  public static let protocolName = CIFAR.cifar100.rawValue

  /// The fingerprint of the official CIFAR-100, whatever the order of its records.
  public static let officialCIFAR100 = "02fecc6be80460f979b822541191c29996ce29776c9d0ff8bb422d38fa17b7e0"

  public init(_ dataset: Dataset) {
    var problems =
      Self.problems(of: dataset.training, "training", total: 50_000, classes: dataset.classes)
      + Self.problems(of: dataset.test, "test", total: 10_000, classes: dataset.classes)
    let fingerprint = dataset.fingerprint.description
    if problems.isEmpty, dataset.name == CIFAR.cifar100.rawValue, fingerprint != Self.officialCIFAR100 {
      problems.append(
        "the fingerprint is sha256:\(fingerprint); the official set has sha256:\(Self.officialCIFAR100): some label or pixel "
          + "differs")
    }
    self.problems = problems
  }

  private static func problems(of set: ImageSet, _ part: String, total: Int, classes: Int) -> [String] {
    var problems: [String] = []
    if set.count != total { problems.append("\(set.count) \(part) images; the official set has \(total)") }
    let wrong = set.counts(classes: classes).enumerated().filter { $0.element != total / classes }
    if let first = wrong.first {
      let others = wrong.count == 1 ? "" : ", and \(wrong.count - 1) other classes differ too"
      problems.append(
        "class \(first.offset) has \(first.element) \(part) images; the official set has \(total / classes)\(others)")
    }
    return problems
  }
}
