import Platform

/// Maps values to 0…1 along an axis, and knows where its ticks are.
enum Scale: Equatable {
  case linear(Double, Double)
  /// Logarithmic, from 10^low to 10^high.
  case log(Int, Int)
  /// Whole numbers from 0, that many; a single one is in the middle.
  case epochs(Int)

  struct Tick: Equatable {
    let place: Double
    let label: String
  }

  /// `nil` for what has no place: what is not finite, and on a logarithmic axis what is not above zero.
  func place(_ value: Double) -> Double? {
    switch self {
    case .linear(let low, let high): value.isFinite ? (value - low) / (high - low) : nil
    case .log(let low, let high):
      value.isFinite && value > 0 ? (log10(value) - Double(low)) / Double(high - low) : nil
    case .epochs(let count): count > 1 ? value / Double(count - 1) : 0.5
    }
  }

  /// A linear scale from round number to round number around `values`; those that are not finite do not count.
  static func linear(around values: [Double], from floor: Double? = nil, ticks: Int = 6) -> Scale {
    let finite = values.filter(\.isFinite)
    var low = floor ?? finite.min() ?? 0
    var high = finite.max() ?? 1
    if high <= low {
      // A constant sits in the middle of a little room.
      let room = max(abs(low) * 0.05, 1e-9)
      if floor == nil { low -= room }
      high = max(high, low) + room
    }
    let step = niceStep((high - low) / Double(ticks))
    low = floor ?? (low / step + 1e-9).rounded(.down) * step
    high = (high / step - 1e-9).rounded(.up) * step
    return .linear(low, high)
  }

  /// Whole decades around what is above zero.
  static func log(around values: [Double]) -> Scale {
    let logs = values.filter { $0.isFinite && $0 > 0 }.map { log10($0) }
    guard let least = logs.min(), let most = logs.max() else { return .log(-1, 0) }
    let low = Int(least.rounded(.down))
    return .log(low, max(low + 1, Int(most.rounded(.up))))
  }

  /// - Parameter count: about how many there may be; labels then do not touch.
  func ticks(_ count: Int) -> [Tick] {
    switch self {
    case .linear(let low, let high):
      let step = Self.niceStep((high - low) / Double(max(count, 1)))
      let digits = Self.digits(of: step)
      let first = Int((low / step - 1e-6).rounded(.up)), last = Int((high / step + 1e-6).rounded(.down))
      guard first <= last else { return [] }
      return (first...last).map { index in
        let value = Double(index) * step
        let label = digits > 5 ? Format.scientific(value) : Format.fixed(value, digits)
        return Tick(place: (value - low) / (high - low), label: label)
      }
    case .log(let low, let high):
      let every = max(1, (high - low + count - 1) / max(count, 1))
      return stride(from: low, through: high, by: 1).filter { ($0 - low) % every == 0 }.map { exponent in
        Tick(place: Double(exponent - low) / Double(high - low), label: Self.power(exponent))
      }
    case .epochs(let epochs):
      let step = [1, 2, 5, 10, 20, 50, 100, 200, 500].first { (epochs - 1) / $0 <= max(count, 1) } ?? max(1, epochs - 1)
      return stride(from: 0, to: epochs, by: step).compactMap { epoch in
        place(Double(epoch)).map { Tick(place: $0, label: "\(epoch)") }
      }
    }
  }

  /// Where every decade is, for lines without labels.
  var decades: [Double] {
    guard case .log(let low, let high) = self else { return [] }
    return (low...high).map { Double($0 - low) / Double(high - low) }
  }

  /// "10⁻¹⁹", and "1" for 10⁰.
  static func power(_ exponent: Int) -> String {
    if exponent == 0 { return "1" }
    let raised: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
      "9": "⁹",
    ]
    return "10" + String(String(exponent).map { raised[$0] ?? $0 })
  }

  /// The least of 1, 2, 2.5, 5, 10 × 10^k that is not below `step`.
  static func niceStep(_ step: Double) -> Double {
    guard step.isFinite, step > 0 else { return 1 }
    let base = Format.powerOfTen(Int(log10(step).rounded(.down)))
    for factor in [1, 2, 2.5, 5, 10] where factor * base >= step * (1 - 1e-9) { return factor * base }
    return 10 * base
  }

  /// As many decimals as multiples of the step need: 0.25 two, 2.5 one, 20 none.
  private static func digits(of step: Double) -> Int {
    let exponent = Int((log10(step) + 1e-9).rounded(.down))
    let factor = step / Format.powerOfTen(exponent)
    return max(0, -exponent + (abs(factor - factor.rounded()) < 1e-6 ? 0 : 1))
  }
}
