import Digests
import Files

extension StepsLine {
  /// `{"steps":{"epoch":0,"first":0,"digests":["0123456789abcdef",…]}}`: 19 bytes a step.
  var json: JSONValue {
    let steps: [JSONValue.Member] = [
      .init("epoch", JSONValue(epoch)), .init("first", JSONValue(first)),
      .init("digests", .array(digests.map { .string($0.description) })),
    ]
    return .object([.init("steps", .object(steps))])
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    var steps = LineFields(try fields.object("steps"), prefix: "steps.")
    epoch = try steps.count("epoch")
    first = try steps.count("first")
    digests = []
    let values = try steps.array("digests")
    for (index, value) in values.enumerated() {
      digests.append(try ShortDigest(value, key: "steps.digests[\(index)]"))
    }
    guard !digests.isEmpty else {
      throw LineFields.invalid(key: "steps.digests", expected: "at least one digest", .array(values))
    }
    try steps.end()
    try fields.end()
  }
}

extension LayersLine {
  /// `{"layers":{"epoch":0,"step":0,"entries":[["input_conv_conv_0","forward","0123456789abcdef"],…]}}`.
  var json: JSONValue {
    let entries = entries.map {
      JSONValue.array([
        .string($0.layer), .string($0.phase.rawValue), .string($0.digest.description),
      ])
    }
    let layers: [JSONValue.Member] = [
      .init("epoch", JSONValue(epoch)), .init("step", JSONValue(step)),
      .init("entries", .array(entries)),
    ]
    return .object([.init("layers", .object(layers))])
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    var layers = LineFields(try fields.object("layers"), prefix: "layers.")
    epoch = try layers.count("epoch")
    step = try layers.count("step")
    entries = []
    let values = try layers.array("entries")
    for (index, value) in values.enumerated() {
      entries.append(try Entry(value, key: "layers.entries[\(index)]"))
    }
    guard !entries.isEmpty else {
      throw LineFields.invalid(key: "layers.entries", expected: "at least one entry", .array(values))
    }
    try layers.end()
    try fields.end()
  }
}

extension LayersLine.Entry {
  fileprivate init(_ value: JSONValue, key: String) throws(TraceError) {
    guard let parts = value.array, parts.count == 3, let layer = parts[0].string else {
      throw LineFields.invalid(key: key, expected: "[layer, phase, digest]", value)
    }
    guard let phase = parts[1].string.flatMap(Phase.init(rawValue:)) else {
      let phases = Phase.allCases.map(\.rawValue).joined(separator: ", ")
      throw LineFields.invalid(key: "\(key)[1]", expected: "one of \(phases)", parts[1])
    }
    self.layer = layer
    self.phase = phase
    digest = try ShortDigest(parts[2], key: "\(key)[2]")
  }
}

extension TestLine {
  /// `{"test":{"epoch":0,"loss":4.6,"accuracy":0.01},"digest":"…"}`.
  var json: JSONValue {
    let test: [JSONValue.Member] =
      [.init("epoch", JSONValue(epoch))] + values.map { .init($0.name, JSONValue($0.value)) }
    return .object([.init("test", .object(test)), .init("digest", .string(digest.description))])
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    var test = LineFields(try fields.object("test"), prefix: "test.")
    epoch = try test.count("epoch")
    loss = try test.number("loss")
    accuracy = try test.number("accuracy")
    try test.end()
    digest = try fields.digest("digest")
    try fields.end()
  }
}

extension ShortDigest {
  fileprivate init(_ value: JSONValue, key: String) throws(TraceError) {
    guard let digest = value.string.flatMap(ShortDigest.init(hex:)) else {
      throw LineFields.invalid(
        key: key, expected: "16 lower-case hexadecimal characters", value)
    }
    self = digest
  }
}
