import Files

/// A number with the name under which a trace prints it.
///
/// Equality is that of the reproducibility contract: a NaN equals every NaN, everything else is compared bit for bit,
/// so that −0 differs from 0 and a NaN never slips through.
public struct NamedValue: Equatable, Sendable {
  public var name: String
  public var value: Double

  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }

  public static func == (a: NamedValue, b: NamedValue) -> Bool {
    a.name == b.name && sameBits(a.value, b.value)
  }
}

extension [NamedValue] {
  /// The value of that name, the first if there are several.
  public subscript(_ name: String) -> Double? { first { $0.name == name }?.value }
}

/// Whether two numbers are the same under the contract: bit for bit, any NaN equal to any other.
public func sameBits(_ a: Double, _ b: Double) -> Bool {
  a.isNaN ? b.isNaN : a.bitPattern == b.bitPattern
}

/// The shortest text that reads back as the same number; "nan", "inf" or "-inf" for one that is not finite.
public func exactText(_ value: Double) -> String { numberText(value) }

extension [NamedValue] {
  /// An object with a member a number.
  var json: JSONValue { .object(map { .init($0.name, JSONValue($0.value)) }) }
}
