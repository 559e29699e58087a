import Files

/// An `opening` line: what one of a run's first steps computed, in numbers that stay close where only rounding differs.
///
/// An update from a state that every program can make is told in the same form: an anchor, which stands in goldens and in the
/// openings of other programs, and in no trace.
public struct OpeningLine: Equatable, Sendable {
  /// So many steps of epoch 0 have such a line.
  public static let steps = 3

  /// `step-0`, `step-1`, ...; or the name of an anchor.
  public var point: String
  /// Such as the loss and the root mean square of the logits.
  public var numbers: [NamedValue]
  /// What the numbers of each parameter are, in their order.
  public var quantities: [String]
  /// Parameters by their full names, in network order, each with a number a quantity.
  public var parameters: [Entry]
  /// The Euclidean norms of the buffers after the step.
  public var buffers: [NamedValue]

  public struct Entry: Equatable, Sendable {
    public var name: String
    public var numbers: [Double]

    public init(_ name: String, _ numbers: [Double]) {
      self.name = name
      self.numbers = numbers
    }

    public static func == (a: Entry, b: Entry) -> Bool {
      a.name == b.name && a.numbers.count == b.numbers.count && zip(a.numbers, b.numbers).allSatisfy(sameBits)
    }
  }

  public init(
    point: String, numbers: [NamedValue], quantities: [String], parameters: [Entry], buffers: [NamedValue]
  ) {
    self.point = point
    self.numbers = numbers
    self.quantities = quantities
    self.parameters = parameters
    self.buffers = buffers
  }

  public static func point(step: Int) -> String { "step-\(step)" }

  /// Every number under a dotted name: `opening.step-0.loss`, `opening.step-0.PARAMETER.gradient`.
  public var values: [NamedValue] {
    let prefix = "opening.\(point)."
    return numbers.map { NamedValue(prefix + $0.name, $0.value) }
      + parameters.flatMap { entry in
        zip(quantities, entry.numbers).map { NamedValue("\(prefix)\(entry.name).\($0)", $1) }
      } + buffers.map { NamedValue(prefix + $0.name, $0.value) }
  }

  // MARK: JSON

  /// On a line of its own, with what it is of, for other programs to calculate with.
  public func jsonText(row: String, member: UInt64) -> String {
    JSONValue.object(
      [.init("row", .string(row)), .init("member", JSONValue(member))] + (json(as: "opening").object ?? [])
    ).description
  }

  /// Under the key `opening`, or `anchor` for one that is no step of the run.
  package func json(as key: String) -> JSONValue {
    .object([
      .init(
        key,
        .object([
          .init("point", .string(point)), .init("numbers", numbers.json),
          .init("quantities", .array(quantities.map { .string($0) })),
          .init("parameters", .object(parameters.map { .init($0.name, .array($0.numbers.map { JSONValue($0) })) })),
          .init("buffers", buffers.json),
        ]))
    ])
  }

  package init(_ members: [JSONValue.Member], as key: String) throws(TraceError) {
    var fields = LineFields(members, prefix: key + ".")
    point = try fields.string("point")
    numbers = try fields.namedValues("numbers")
    quantities = []
    for value in try fields.array("quantities") {
      guard let name = value.string else { throw LineFields.invalid(key: key + ".quantities", expected: "names", value) }
      quantities.append(name)
    }
    parameters = []
    for member in try fields.object("parameters") {
      let place = "\(key).parameters.\(member.key)"
      guard let list = member.value.array, list.count == quantities.count else {
        throw LineFields.invalid(key: place, expected: "\(quantities.count) numbers", member.value)
      }
      var numbers: [Double] = []
      for value in list { numbers.append(try LineFields.number(value, key: place)) }
      parameters.append(Entry(member.key, numbers))
    }
    buffers = try fields.namedValues("buffers")
    try fields.end()
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    try self.init(try fields.object("opening"), as: "opening")
    try fields.end()
  }
}

/// An `inputs` line: what enters a run's arithmetic, exact whatever the arithmetic is. Digests and numbers by name.
///
/// Runs whose lines have the same version must agree in all that both say.
public struct InputsLine: Equatable, Sendable {
  /// Of the contract's part that decides inputs.
  public var version: Int
  /// `nil` for the test set.
  public var epoch: Int?
  /// Such as `training`, the digest of the epoch's batches; a number or a text each.
  public var values: [JSONValue.Member]

  public init(version: Int, epoch: Int?, values: [JSONValue.Member]) {
    self.version = version
    self.epoch = epoch
    self.values = values
  }

  var json: JSONValue {
    let place: [JSONValue.Member] = [.init("version", JSONValue(version))] + (epoch.map { [.init("epoch", JSONValue($0))] } ?? [])
    return .object([.init("inputs", .object(place + values))])
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    let members = try fields.object("inputs")
    var inner = LineFields(members, prefix: "inputs.")
    version = try inner.count("version")
    epoch = members.contains { $0.key == "epoch" } ? try inner.count("epoch") : nil
    values = inner.rest
    for member in values where member.value.string == nil && member.value.double == nil {
      throw LineFields.invalid(key: "inputs.\(member.key)", expected: "a number or a text", member.value)
    }
    try fields.end()
  }
}
