import Platform

/// Numbers as tables and figures print them. Every function gives the same text on every machine.
enum Format {
  /// A fixed number of decimals, rounded half away from zero; "nan", "inf" or "-inf" for what is not finite.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    guard abs(value) < 1e12, abs(value) * scale < 1e18 else { return scientific(value) }
    let scaled = Int64((abs(value) * scale).rounded())
    let whole = scaled / Int64(scale), rest = String(scaled % Int64(scale))
    let sign = value < 0 && scaled != 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// A fraction as a percentage.
  static func percent(_ fraction: Double, _ digits: Int = 2) -> String { fixed(fraction * 100, digits) + " %" }

  /// A difference, always with its sign.
  static func signed(_ value: Double, _ digits: Int) -> String {
    let text = fixed(value, digits)
    return value.isNaN || text.hasPrefix("-") ? text : "+" + text
  }

  /// Two significant digits and a power of ten: "2.6e-4"; "0" for exactly zero.
  static func scientific(_ value: Double) -> String {
    if value == 0 { return "0" }
    guard value.isFinite else { return fixed(value, 0) }
    var exponent = Int(log10(abs(value)).rounded(.down))
    // The power itself is 0 or infinite at the ends of the range.
    let mantissa = abs(exponent) < 300 ? abs(value) / powerOfTen(exponent) : pow(10, log10(abs(value)) - Double(exponent))
    var tenths = Int((mantissa * 10).rounded())
    if tenths >= 100 { (tenths, exponent) = (tenths / 10, exponent + 1) }
    return "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)e\(exponent)"
  }

  /// A whole number with commas between its thousands: "338,500".
  static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// "1 epoch", "2 epochs".
  static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// 10 to a whole power.
  static func powerOfTen(_ exponent: Int) -> Double { pow(10, Double(exponent)) }

  /// A coordinate: at most two decimals, none that are zero.
  static func coordinate(_ value: Double) -> String {
    var text = fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
