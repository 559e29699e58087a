extension JSONValue {
  /// An object whose members keep the order in which they are written here.
  package static func members(_ pairs: KeyValuePairs<String, JSONValue>) -> JSONValue { members([pairs]) }

  package static func members(_ groups: [KeyValuePairs<String, JSONValue>]) -> JSONValue {
    .object(groups.flatMap { $0.map { Member($0.key, $0.value) } })
  }
}
