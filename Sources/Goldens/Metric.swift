/// What the bands judge: each of these is one group of numbers of a run, with one statistic and one threshold.
public enum Metric: String, CaseIterable, Sendable {
  case trainLoss = "train_loss"
  case trainAccuracy = "train_accuracy"
  case validationLoss = "val_loss"
  case validationAccuracy = "val_accuracy"
  case testLoss = "test_loss"
  case testAccuracy = "test_accuracy"
  /// Mean |gradient| of every weight.
  case gradientFlow = "gradient_flow"
  /// The mean over the layers of log10 of an epoch's gradient flow. It shows a small shift that all layers share.
  case gradientFlowMean = "gradient_flow_mean"
  /// The norm of the epoch's last update over the norm of the weights, of every parameter: sees what the optimiser does.
  case update
  case updateMean = "update_mean"
  /// The Euclidean norm of every parameter after the epoch, of runs whose traces tell it. It scatters little between seeds.
  case weightNorm = "weight_norm"
  /// Of every running average of batch norm.
  case bufferNorm = "buffer_norm"

  /// The scale on which deviations are alike at all sizes of the metric.
  public var scale: Scale {
    switch self {
    case .trainAccuracy, .validationAccuracy, .testAccuracy: .linear
    case .trainLoss, .validationLoss, .testLoss: .logarithmic(floor: 1e-6)
    // Below the smallest subnormal of binary32 a mean of its magnitudes is a matter of how many are zero.
    case .gradientFlow, .gradientFlowMean, .weightNorm, .bufferNorm: .logarithmic(floor: 1e-45)
    // Relative updates below half an ulp of binary32 are lost in rounding.
    case .update, .updateMean: .logarithmic(floor: 1e-7)
    }
  }

  /// The smallest standard deviation that is believed, on the scale; for accuracies, half an image of the set.
  func deviationFloor(images: Int) -> Double {
    switch self {
    case .trainAccuracy, .validationAccuracy, .testAccuracy: 0.5 / Double(images)
    case .trainLoss, .validationLoss, .testLoss: 1e-5
    case .gradientFlow, .gradientFlowMean: 0.01
    case .update, .updateMean: 0.002
    case .weightNorm, .bufferNorm: 1e-4
    }
  }

  /// Places on the scale are rounded to whole multiples of this before anything is calculated from them, so that goldens can keep
  /// each seed's numbers in few digits, from which the bands follow exactly. Where there is a number a layer it is half the
  /// smallest deviation, which adds at most 2 % to a variance; elsewhere it is finer.
  var quantum: Double {
    switch self {
    case .trainAccuracy, .validationAccuracy, .testAccuracy, .trainLoss, .validationLoss, .testLoss: 1e-6
    case .gradientFlow: 0.005
    case .update: 0.001
    case .gradientFlowMean, .updateMean: 1e-5
    case .weightNorm, .bufferNorm: 5e-5
    }
  }

  /// The multiple of the quantum that is nearest to a place. One beyond all that the metric can be stays there, and makes a band
  /// that is refused by name.
  func nearestQuantum(_ place: Double) -> Int { Int(min(max((place / quantum).rounded(), -1e12), 1e12)) }

  /// The values that the metric can have, on its scale.
  ///
  /// - An accuracy is a fraction.
  /// - A loss is a mean of cross-entropies. One is at most the difference of two logits, 6.8e38 (twice the largest binary32
  ///   number), plus the logarithm of the number of classes, which is negligible.
  /// - A gradient flow is a mean of binary32 magnitudes, at most 3.4e38; a norm is that times the root of their number, which is
  ///   below 1e10.
  /// - A relative update above 1e7 or below 1e-7 is beyond binary32's precision: the sum would be the update, or the old weight.
  var range: ClosedRange<Double> {
    let top: Double =
      switch self {
      case .trainAccuracy, .validationAccuracy, .testAccuracy: 1
      case .trainLoss, .validationLoss, .testLoss, .gradientFlow, .gradientFlowMean: 39
      case .update, .updateMean: 7
      case .weightNorm, .bufferNorm: 44
      }
    // In six digits, as centres are.
    return sixDigits(scale.apply(0))...top
  }

  /// The width of that range. A band that reaches this far to each side accepts every value.
  var span: Double { range.upperBound - range.lowerBound }

  public var isAccuracy: Bool { scale == .linear }
  public var isOfTest: Bool { self == .testLoss || self == .testAccuracy }
  public var hasLayers: Bool { self == .gradientFlow || self == .update || isNorm }
  /// Only traces of programs that tell norms have them.
  public var isNorm: Bool { self == .weightNorm || self == .bufferNorm }

  /// The metrics that an ensemble of that many seeds can judge: with fewer than `Ensemble.smallestForAll`, only a few
  /// named ones, since each metric's threshold has to be believed.
  static func judged(seeds: Int, version: Int = Ensemble.versions.upperBound) -> [Metric] {
    seeds >= Ensemble.smallestForAll
      ? allCases.filter { version >= 2 || !$0.isNorm }
      : [.trainLoss, .trainAccuracy, .validationLoss, .validationAccuracy, .gradientFlow]
  }
}

/// How a metric's numbers are laid out for comparison.
public enum Scale: Equatable, Sendable {
  case linear
  /// log₁₀ of the number or of the floor, whichever is larger: so that a zero has a place, far from all else.
  case logarithmic(floor: Double)

  var name: String { self == .linear ? "linear" : "log10" }

  func apply(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .logarithmic(let floor): log10(max(value, floor))
    }
  }

  /// The number at a place of the scale. At or below the floor of a logarithmic scale stands zero, as everything down
  /// to it has that place.
  func number(at place: Double) -> Double {
    switch self {
    case .linear: place
    case .logarithmic(let floor): place <= log10(floor) ? 0 : power10(place)
    }
  }
}
