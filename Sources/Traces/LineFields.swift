import Digests
import Files

/// The members of one JSON object of a line, taken out key by key, so that what is left over is known.
package struct LineFields {
  /// Prefix of the keys in errors: empty at the top, `data.` within `data`.
  private let prefix: String
  private let members: [JSONValue.Member]
  private var taken: Set<String> = []

  package init(_ members: [JSONValue.Member], prefix: String = "") {
    self.members = members
    self.prefix = prefix
  }

  // MARK: Taking

  package mutating func value(_ key: String) throws(TraceError) -> JSONValue {
    guard let member = members.first(where: { $0.key == key }) else {
      throw TraceError(.missing(key: prefix + key))
    }
    taken.insert(key)
    return member.value
  }

  package mutating func string(_ key: String) throws(TraceError) -> String {
    let value = try value(key)
    guard let string = value.string else { throw invalid(key, "a string", value) }
    return string
  }

  /// A whole number from 0 on.
  package mutating func count(_ key: String) throws(TraceError) -> Int {
    let value = try value(key)
    guard let int = value.int, int >= 0 else { throw invalid(key, "a whole number, 0 or more", value) }
    return int
  }

  package mutating func seed(_ key: String) throws(TraceError) -> UInt64 {
    let value = try value(key)
    guard let seed = value.uint64 else { throw invalid(key, "a whole number below 2⁶⁴", value) }
    return seed
  }

  package mutating func number(_ key: String) throws(TraceError) -> Double {
    try Self.number(try value(key), key: prefix + key)
  }

  package mutating func digest(_ key: String) throws(TraceError) -> Digest {
    let value = try value(key)
    guard let digest = value.string.flatMap(Digest.init(hex:)) else {
      throw invalid(key, "64 lower-case hexadecimal characters", value)
    }
    return digest
  }

  package mutating func object(_ key: String) throws(TraceError) -> [JSONValue.Member] {
    let value = try value(key)
    guard let members = value.object else { throw invalid(key, "an object", value) }
    return members
  }

  package mutating func array(_ key: String) throws(TraceError) -> [JSONValue] {
    let value = try value(key)
    guard let values = value.array else { throw invalid(key, "an array", value) }
    return values
  }

  /// The members of an object of numbers, in order.
  package mutating func namedValues(_ key: String) throws(TraceError) -> [NamedValue] {
    var values: [NamedValue] = []
    for member in try object(key) {
      values.append(NamedValue(member.key, try Self.number(member.value, key: "\(prefix)\(key).\(member.key)")))
    }
    return values
  }

  // MARK: The rest

  /// What was not taken, in order.
  package var rest: [JSONValue.Member] { members.filter { !taken.contains($0.key) } }

  /// Refuses what was not taken.
  package func end() throws(TraceError) {
    if let extra = rest.first { throw TraceError(.unexpected(key: prefix + extra.key)) }
  }

  // MARK: Errors

  /// A number, or the string that stands for one that is not finite. A number too large for a double is neither.
  package static func number(_ value: JSONValue, key: String) throws(TraceError) -> Double {
    guard let number = value.double else {
      throw invalid(key: key, expected: "a number, \"nan\", \"inf\" or \"-inf\"", value)
    }
    return number
  }

  package static func invalid(key: String, expected: String, _ found: JSONValue) -> TraceError {
    let text = found.description
    let short = text.count <= 40 ? text : text.prefix(37) + "…"
    return TraceError(.invalid(key: key, expected: expected, found: String(short)))
  }

  private func invalid(_ key: String, _ expected: String, _ found: JSONValue) -> TraceError {
    Self.invalid(key: prefix + key, expected: expected, found)
  }
}
