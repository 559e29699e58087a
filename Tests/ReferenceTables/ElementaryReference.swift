import Foundation

/// One line of the table that `KernelsTests/Reference/make_elementary.py` makes; its head says what the columns are.
public struct ElementaryReference: CustomStringConvertible {
  public let argument: Double
  /// Of a power; else 0.
  public let exponent: UInt64
  /// The exact result, rounded.
  public let value: Double
  /// One ulp at the exact result.
  public let unit: Double
  /// What is missing to the exact result, in ulp.
  public let correction: Double

  public var description: String { "0x\(String(argument.bitPattern, radix: 16)) = \(argument)" }

  /// The distance of `found` from the exact result in ulp, good to 10⁻⁶ while it is small.
  public func error(of found: Double) -> Double {
    if found.isNaN { return .infinity }
    if found == value { return abs(correction) }
    if found.isInfinite || value.isInfinite { return .infinity }
    return abs((found - value) / unit - correction)
  }

  /// The lines of one function, in the order of the table.
  public static func load(_ function: String) throws -> [ElementaryReference] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let path = tests.appendingPathComponent("KernelsTests/Reference/elementary.txt")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count == 6 else { throw Unreadable(line: String(line)) }
      guard fields[0] == function else { return nil }
      guard let argument = UInt64(fields[1], radix: 16), let exponent = UInt64(fields[2]),
        let value = UInt64(fields[3], radix: 16), let unit = Int(fields[4]), let correction = Double(fields[5])
      else { throw Unreadable(line: String(line)) }
      return ElementaryReference(
        argument: Double(bitPattern: argument), exponent: exponent, value: Double(bitPattern: value),
        unit: Double(sign: .plus, exponent: unit, significand: 1), correction: correction)
    }
  }

  struct Unreadable: Error {
    let line: String
  }
}
