import Foundation
import Testing

/// One line of the table that `Reference/make_elementary.py` makes; its head says what the columns are.
struct ElementaryReference: CustomStringConvertible {
  let argument: Double
  /// Of a power; else 0.
  let exponent: UInt64
  /// The exact result, rounded.
  let value: Double
  /// One ulp at the exact result.
  let unit: Double
  /// What is missing to the exact result, in ulp.
  let correction: Double

  var description: String { "0x\(String(argument.bitPattern, radix: 16)) = \(argument)" }

  /// The distance of `found` from the exact result in ulp, good to 10⁻⁶ while it is small.
  func error(of found: Double) -> Double {
    if found.isNaN { return .infinity }
    if found == value { return abs(correction) }
    if found.isInfinite || value.isInfinite { return .infinity }
    return abs((found - value) / unit - correction)
  }

  /// The lines of one function, in the order of the table.
  static func load(_ function: String) throws -> [ElementaryReference] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Reference/elementary.txt")
    var references: [ElementaryReference] = []
    for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      try #require(fields.count == 6)
      guard fields[0] == function else { continue }
      let argument = try #require(UInt64(fields[1], radix: 16))
      let exponent = try #require(UInt64(fields[2]))
      let value = try #require(UInt64(fields[3], radix: 16))
      let unit = try #require(Int(fields[4]))
      let correction = try #require(Double(fields[5]))
      references.append(
        ElementaryReference(
          argument: Double(bitPattern: argument), exponent: exponent, value: Double(bitPattern: value),
          unit: Double(sign: .plus, exponent: unit, significand: 1), correction: correction))
    }
    return references
  }
}
