import Files
import Traces

extension RoundingEnvelope {
  /// `{"rounding":{…,"groups":[[NAME,THRESHOLD,[LEFT_OUT,…]],…],"offsets":[…],"spreads":[…]}}`, then an `anchor` line each.
  var lines: [JSONValue] {
    func list(_ values: [Double]) -> JSONValue { .array(values.map { JSONValue($0) }) }
    let members: [JSONValue.Member] = [
      .init("version", JSONValue(version)), .init("kappa", JSONValue(Self.kappa)),
      .init("zero_gradients", .array(zeroGradients.map { .string($0) })),
      .init("groups", .array(groups.map { .array([.string($0.name), JSONValue($0.threshold), list($0.leftOut)]) })),
      .init("offsets", list(offsets)), .init("spreads", list(spreads)), .init("anchors", JSONValue(anchors.count)),
    ]
    return [.object([.init("rounding", .object(members))])] + anchors.map { $0.json(as: "anchor") }
  }

  /// Takes its lines from the front of a golden's own.
  static func read(_ lines: inout ArraySlice<JSONValue>, path: String) throws -> RoundingEnvelope? {
    guard let members = lines.first?["rounding"]?.object, lines.first?.object?.count == 1 else { return nil }
    lines.removeFirst()
    var fields = LineFields(members, prefix: "rounding.")
    func numbers(_ values: [JSONValue], _ key: String) throws -> [Double] {
      try values.map { try LineFields.number($0, key: "rounding.\(key)") }
    }
    let version = try fields.count("version"), kappa = try fields.number("kappa")
    guard versions.contains(version), kappa == Self.kappa else {
      throw GoldenError.version(
        path: path, key: "rounding", expected: "version \(versions.lowerBound) to \(versions.upperBound), kappa \(Self.kappa)",
        found: "version \(version), kappa \(kappa)")
    }
    let zeroGradients = try fields.array("zero_gradients").map { value throws(TraceError) in
      guard let name = value.string else {
        throw LineFields.invalid(key: "rounding.zero_gradients", expected: "names", value)
      }
      return name
    }
    let groups = try fields.array("groups").map { value in
      guard let parts = value.array, parts.count == 3, let name = parts[0].string, let leftOut = parts[2].array else {
        throw LineFields.invalid(key: "rounding.groups", expected: "[name, threshold, left-out values]", value)
      }
      return Group(
        name: name, leftOut: try numbers(leftOut, "groups"),
        threshold: try LineFields.number(parts[1], key: "rounding.groups"))
    }
    let offsets = try numbers(fields.array("offsets"), "offsets"), spreads = try numbers(fields.array("spreads"), "spreads")
    let count = try fields.count("anchors")
    try fields.end()
    var anchors: [OpeningLine] = []
    while let anchor = lines.first?["anchor"]?.object, lines.first?.object?.count == 1 {
      anchors.append(try OpeningLine(anchor, as: "anchor"))
      lines.removeFirst()
    }
    guard anchors.count == count else {
      throw GoldenError.incomplete(path: path, missing: "anchor but \(anchors.count) of \(count)")
    }
    return RoundingEnvelope(
      version: version, zeroGradients: zeroGradients, groups: groups, anchors: anchors, offsets: offsets, spreads: spreads)
  }
}
