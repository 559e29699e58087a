import Traces

/// Something about a run that its golden does not allow.
public struct Finding: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// Outside the band, by so many band widths from its nearer end.
    case outside(Band.Interval, widths: Double)
    /// A number that every run of these settings has alike, and this one has not.
    case unequal(expected: Double)
    /// An exact input that is another one: a digest, a count or a scalar, as texts.
    case otherInput(expected: String, found: String)
    /// Beyond what other rounding of the same run explains: so many times the tolerance, which is in decades, or for sketches
    /// as such.
    case beyondRounding(expected: Double, tolerance: Double, times: Double)
    /// An element of a parameter, or of what the optimiser remembers of it, that does not follow from the gradient and the state
    /// before: further off than the rounding of one update.
    case otherUpdate(expected: Double, tolerance: Double, element: Int, times: Double)
    case notFinite
    /// A number that nothing of its kind can be: a share outside 0…1, a loss, rate or size below zero.
    case impossible
    /// What the golden has and the run has not, or the other way round.
    case missing
    case extra
  }

  public var kind: Kind
  /// The metric's name as in the trace: `train_loss`, `gradient_flow`, `test_accuracy`; or what is missing: `epoch`.
  public var metric: String
  /// `nil` for the test, and where no epoch is meant.
  public var epoch: Int?
  public var layer: String?
  public var found: Double?

  public init(_ kind: Kind, metric: String, epoch: Int? = nil, layer: String? = nil, found: Double? = nil) {
    self.kind = kind
    self.metric = metric
    self.epoch = epoch
    self.layer = layer
    self.found = found
  }

  /// The largest comes first: what is missing or not a number before what is far out.
  var size: Double {
    switch kind {
    case .missing, .extra, .notFinite, .impossible: .infinity
    case .unequal, .otherInput: .greatestFiniteMagnitude
    case .beyondRounding(_, _, let times): times
    case .otherUpdate(_, _, _, let times): times
    case .outside(_, let widths): widths
    }
  }

  /// Where it is: "epoch 3, gradient_flow of block_0_1_conv_0".
  public var place: String {
    (epoch.map { "epoch \($0), " } ?? "") + metric + (layer.map { " of \($0)" } ?? "")
  }
}

extension Finding: CustomStringConvertible {
  public var description: String {
    switch kind {
    case .outside(let band, let widths):
      "\(place): found \(shortText(found)), expected \(shortText(band.centre)), band \(shortText(band.lower)) to "
        + "\(shortText(band.upper)); \(shortText(widths, digits: 3)) band widths outside"
    case .unequal(let expected):
      "\(place): found \(found.map(exactText) ?? "nothing"), expected exactly \(exactText(expected))"
    case .otherInput(let expected, let found):
      "\(place): found \(found), expected exactly \(expected): what enters the arithmetic is another"
    case .beyondRounding(let expected, let tolerance, let times):
      "\(place): found \(shortText(found, digits: 9)), expected \(shortText(expected, digits: 9)) within "
        + "\(shortText(tolerance, digits: 2))\(OpeningNumber.isLinear(metric.split(separator: ".").last.map(String.init) ?? "") ? "" : " decades"); "
        + "\(shortText(times, digits: 3)) times what other rounding explains"
    case .otherUpdate(let expected, let tolerance, let element, let times):
      "\(place), element \(element): found \(shortText(found, digits: 9)), and from its gradient follows "
        + "\(shortText(expected, digits: 9)) within \(shortText(tolerance, digits: 2)); "
        + "\(shortText(times, digits: 3)) times what rounding explains"
    case .notFinite: "\(place): found \(found.map(exactText) ?? "nothing"), which is not a finite number"
    case .impossible: "\(place): found \(found.map(exactText) ?? "nothing"), which nothing of its kind can be"
    case .missing: "\(place) is missing"
    case .extra: "\(place) is there and should not be"
    }
  }
}

/// A number for people: so many significant digits, the shortest of the nearest.
func shortText(_ value: Double?, digits: Int = 5) -> String {
  guard let value else { return "nothing" }
  guard value.isFinite, value != 0 else { return exactText(value) }
  let exponent = Int(log10(abs(value)).rounded(.down))
  let scale = power10(Double(digits - 1 - exponent))
  guard scale.isFinite, scale > 0 else { return exactText(value) }
  // Through text: a product by a power of ten has digits of its own.
  let whole = Int((value * scale).rounded())
  return Double("\(whole)e\(exponent + 1 - digits)").map { "\($0)" } ?? exactText(value)
}
