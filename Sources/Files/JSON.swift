/// A JSON value that keeps what generic parsers lose: the order of members and the exact text of numbers.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// As it stands in the text, a valid JSON number.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: JSONValue

    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  public var object: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// The member of an object under that key.
  public subscript(key: String) -> JSONValue? { object?.first { $0.key == key }?.value }
}

// MARK: Numbers

extension JSONValue {
  public init(_ value: Int) { self = .number(String(value)) }
  public init(_ value: UInt64) { self = .number(String(value)) }

  /// The shortest text that reads back as the same bits; what is not finite becomes a string: "nan", "inf", "-inf".
  public init(_ value: Double) { self = Self.shortest(value) }

  /// The shortest text that reads back as the same bits through `float`; not the text of the same number in double.
  public init(_ value: Float) { self = Self.shortest(value) }

  private static func shortest(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> JSONValue {
    if value.isNaN { return .string("nan") }
    if value.isInfinite { return .string(value < 0 ? "-inf" : "inf") }
    return .number(value.description)
  }

  /// A number that is written as a whole one ("1", not "1.0" or "1e0") and in range.
  public var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }
  public var uint64: UInt64? { if case .number(let text) = self { UInt64(text) } else { nil } }

  /// A number, rounded to nearest once; or one of the strings that stand for what is not finite. `nil` for a number so
  /// large that it would be read as an infinity.
  public var double: Double? { floating() }

  /// As `double`, rounded to nearest once, from the text.
  public var float: Float? { floating() }

  private func floating<Value: BinaryFloatingPoint & LosslessStringConvertible>() -> Value? {
    switch self {
    case .number(let text): Value(text).flatMap { $0.isFinite ? $0 : nil }
    case .string("nan"): .nan
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    default: nil
    }
  }
}
