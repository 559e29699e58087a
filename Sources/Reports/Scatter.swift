import Platform

/// How far one number of a run lies from another's for no other reason than the seed: a standard deviation, on the logarithmic
/// scale for losses and gradients.
struct Scatter {
  enum Kind {
    case trainLoss, trainAccuracy, validationLoss, validationAccuracy
    /// Mean |gradient| of a layer.
    case gradient

    var isLogarithmic: Bool { self != .trainAccuracy && self != .validationAccuracy }

    func text(_ span: CurveDistances.Span) -> String {
      func text(_ value: Double) -> String {
        switch self {
        case .trainLoss, .validationLoss: Format.fixed(value, 3)
        case .trainAccuracy, .validationAccuracy: Format.percent(value)
        case .gradient: Format.scientific(value)
        }
      }
      let (low, high) = (text(span.low), text(span.high))
      return low == high ? low : "\(low)–\(high)"
    }
  }

  /// As many seeds tell their scatter themselves: three degrees of freedom, as in `Noise.Threshold`.
  static let seedsToMeasure = 4

  private let kind: Kind
  /// Of the difference between the mean of the runs and one other run.
  private let deviation: Double

  init(_ kind: Kind, row: String, sample: Sample, published: Double) {
    self.kind = kind
    let count = sample.values.count
    let one = Self.measured(kind, sample) ?? Self.assumed(kind, row: row, published)
    deviation = one * (1 + 1 / Double(count)).squareRoot()
  }

  /// Standard deviations from one to the other; infinite for what is no number on the scale.
  func distance(_ ours: Double, _ theirs: Double) -> Double {
    func place(_ value: Double) -> Double { kind.isLogarithmic ? log10(value) : value }
    if kind.isLogarithmic && ours <= 0 || !ours.isFinite { return .infinity }
    let difference = abs(place(ours) - place(theirs))
    return difference == 0 ? 0 : difference / deviation
  }

  /// Of several seeds, but not less than counting hits does.
  private static func measured(_ kind: Kind, _ sample: Sample) -> Double? {
    guard sample.values.count >= seedsToMeasure,
      sample.values.allSatisfy({ $0.isFinite && (!kind.isLogarithmic || $0 > 0) }),
      let deviation = (kind.isLogarithmic ? Sample(sample.values.map { log10($0) }) : sample)?.deviation
    else { return nil }
    switch kind {
    case .trainAccuracy: return max(deviation, Noise.binomial(sample.mean, images: 47_500))
    case .validationAccuracy: return max(deviation, Noise.least(accuracy: sample.mean))
    default: return deviation
    }
  }

  /// What four seeds of each row scattered by after two epochs on CIFAR-100. After 100 epochs it is not measured.
  ///
  /// Losses and train accuracies of the six rows that learn (their table in the README), root mean squares over the rows: 1.55 %
  /// of the train loss, 6.2 % of the validation loss, and 0.035·√(p(1 − p)) of a train accuracy p. Of validation accuracies as
  /// `Noise` says. Gradients, and the losses of the plain deep network, which stay where they are: the deviations of the bands
  /// of `golden/short`, 0.14 decades over all layers, 0.36 in the plain network, whose losses scatter by 1 and 2 in 10⁵ decades.
  private static func assumed(_ kind: Kind, row: String, _ published: Double) -> Double {
    let isPlain = row == "vgg38"
    switch kind {
    case .trainLoss: return isPlain ? 1e-5 : log10(1.0155)
    case .validationLoss: return isPlain ? 2e-5 : log10(1.062)
    case .trainAccuracy: return 0.035 * (published * (1 - published)).squareRoot()
    case .validationAccuracy: return Noise.assumed(accuracy: published)
    case .gradient: return isPlain ? 0.36 : 0.14
    }
  }
}
