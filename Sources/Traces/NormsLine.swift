import Files

/// A `norms` line: the Euclidean norm of each parameter and buffer after an epoch's last step.
///
/// They follow from the state that the epoch's digest covers. Bands judge them: a norm scatters little between seeds, so that a
/// shift shows in it that losses hide.
public struct NormsLine: Equatable, Sendable {
  public var epoch: Int
  /// By full names, in network order.
  public var parameters: [NamedValue]
  public var buffers: [NamedValue]

  public init(epoch: Int, parameters: [NamedValue], buffers: [NamedValue]) {
    self.epoch = epoch
    self.parameters = parameters
    self.buffers = buffers
  }

  /// Every number under a dotted name: `norms.PARAMETER`.
  public var values: [NamedValue] { (parameters + buffers).map { NamedValue("norms.\($0.name)", $0.value) } }

  /// `{"norms":{"epoch":0,"parameters":{"NAME":1.5,…},"buffers":{…}}}`.
  var json: JSONValue {
    .object([
      .init(
        "norms",
        .object([.init("epoch", JSONValue(epoch)), .init("parameters", parameters.json), .init("buffers", buffers.json)]))
    ])
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    var inner = LineFields(try fields.object("norms"), prefix: "norms.")
    epoch = try inner.count("epoch")
    parameters = try inner.namedValues("parameters")
    buffers = try inner.namedValues("buffers")
    try inner.end()
    try fields.end()
  }
}
