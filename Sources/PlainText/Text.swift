import Foundation

/// Numbers for people.
package enum Text {
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return notFinite(value) }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    guard abs(value) < 1e12 else { return "\(value)" }
    let scaled = Int64((abs(value) * scale).rounded())
    let whole = scaled / Int64(scale), rest = String(scaled % Int64(scale))
    let sign = value < 0 && scaled != 0 ? "-" : ""
    return digits == 0
      ? "\(sign)\(whole)" : "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// A fraction as a percentage.
  package static func percent(_ fraction: Double) -> String { fixed(fraction * 100, 2) + " %" }

  /// Two digits after the first, with the power of ten: 1.23e-19.
  package static func scientific(_ value: Double) -> String {
    value.isFinite ? String(format: "%.2e", value) : notFinite(value)
  }

  /// A NaN has no sign for people: which one it carries differs from machine to machine.
  private static func notFinite(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }

  package static func time(seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = Int(seconds.rounded())
    if total < 60 { return "\(total) s" }
    if total < 3600 { return "\(total / 60) min \(total % 60) s" }
    return "\(total / 3600) h \(total % 3600 / 60) min"
  }
}
