import Traces

/// How far a row lies from the report's, and what that means. It is never a verdict on the engine.
public enum Distance: Equatable, Sendable {
  /// No runs of this row.
  case notRun
  /// The runs are not the report's experiment, or not all of it; why.
  case notJudged([String])
  /// Within what counting images leaves open and a tenth more (`Noise.least`), which is the least that another seed changes.
  case meets
  /// Beyond that, and among what others found who ran it again: within their range, or as close to one of them. A single rerun
  /// is no range.
  case amongReruns([String], reasons: [String])
  /// Beyond both. Here and above: what is, and what is known of the reason.
  case apart([String], reasons: [String])

  /// A word for tables and programs.
  public var word: String {
    switch self {
    case .notRun: "no runs"
    case .notJudged: "not judged"
    case .meets: "meets the report"
    case .amongReruns: "among others' reruns"
    case .apart: "apart from the report"
    }
  }

  public var detail: String {
    switch self {
    case .notRun, .meets: ""
    case .notJudged(let why): why.joined(separator: "; ")
    case .amongReruns(let what, let reasons), .apart(let what, let reasons): (what + reasons).joined(separator: "; ")
    }
  }

  /// Validation and test accuracy decide, at 95 % two-sided, against a single published run. The losses are shown beside
  /// them and decide nothing: their scatter is not known.
  init(_ result: RowResult?, _ published: PublishedRow) {
    guard let result else { self = .notRun; return }
    if let why = Self.objection(to: result) { self = .notJudged(why); return }
    let reruns = Replication.of(row: published)
    let pairs: [(String, Int, Sample?, Double?, [Double])] = [
      (
        "validation accuracy", ProtocolSettings.validationImages, result.last(\.validationAccuracy),
        published.validationAccuracy, reruns.map(\.validationAccuracy)
      ),
      (
        "test accuracy", ProtocolSettings.testImages, result.testAccuracy, published.testAccuracy,
        reruns.compactMap(\.testAccuracy)
      ),
    ]
    var beyondSeeds: [String] = []
    var beyondReruns = false
    for (name, images, sample, theirs, others) in pairs {
      guard let ours = sample?.mean, let theirs, let count = sample?.values.count else { continue }
      let twoSided = 1.96 * (1 + 1 / Double(count)).squareRoot()
      func explained(_ accuracy: Double) -> Double { twoSided * Noise.least(accuracy: accuracy, images: images) }
      let bound = explained(theirs)
      if ours.isFinite, abs(ours - theirs) <= bound { continue }
      beyondSeeds.append(
        "\(name) \(Format.signed((ours - theirs) * 100, 2)) points, where counting images, and a tenth more, explains "
          + "\(Format.fixed(bound * 100, 2)) (seeds that scatter as after two epochs: "
          + "\(Format.fixed(twoSided * Noise.assumed(accuracy: theirs, images: images) * 100, 2)))")
      guard let low = others.min(), let high = others.max(), low - explained(low) <= ours, ours <= high + explained(high)
      else {
        beyondReruns = true
        continue
      }
    }
    if beyondSeeds.isEmpty {
      self = .meets
    } else if !beyondReruns {
      self = .amongReruns(beyondSeeds, reasons: published.knownReasons)
    } else {
      self = .apart(beyondSeeds, reasons: published.knownReasons)
    }
  }

  /// Why runs cannot be judged against the report, if they cannot.
  static func objection(to result: RowResult) -> [String]? {
    var why = ProtocolSettings.deviations(of: result.representative)
    why += (result.runs + result.leftOut).compactMap { run in run.diverged.map { "\(run.name): \($0)" } }
    if result.epochs < ProtocolSettings.epochs {
      why.append("\(result.epochs) of the protocol's \(ProtocolSettings.epochs) epochs")
    } else if !result.isFinished {
      why.append("the test is not made yet")
    }
    return why.isEmpty ? nil : why
  }
}
