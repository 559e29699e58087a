import Files

extension EpochLine {
  var json: JSONValue {
    func members(_ values: [NamedValue]) -> [JSONValue.Member] {
      values.map { .init($0.name, JSONValue($0.value)) }
    }
    let statistics = gradientStatistics.map {
      JSONValue.Member($0.name, .object(members($0.values)))
    }
    return .object(
      [.init("epoch", JSONValue(epoch))] + members(metrics) + [
        .init("gradient_flow", gradientFlow.json),
        .init("gradient_statistics", .object(statistics)),
      ] + members(others) + [.init("digest", .string(digest.description))])
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    epoch = try fields.count("epoch")
    learningRate = try fields.number("learning_rate")
    trainLoss = try fields.number("train_loss")
    trainAccuracy = try fields.number("train_accuracy")
    validationLoss = try fields.number("val_loss")
    validationAccuracy = try fields.number("val_accuracy")
    gradientFlow = try fields.namedValues("gradient_flow")
    gradientStatistics = []
    for member in try fields.object("gradient_statistics") {
      gradientStatistics.append(try GradientStatistics(member))
    }
    digest = try fields.digest("digest")
    others = []
    for member in fields.rest {
      try Self.flatten(member.value, under: member.key, into: &others)
    }
  }

  /// The numbers within a value that this version does not know, under dotted names. What is no number is refused: it
  /// could not be compared.
  private static func flatten(
    _ value: JSONValue, under name: String, into numbers: inout [NamedValue]
  ) throws(TraceError) {
    if case .object(let members) = value {
      for member in members {
        try flatten(member.value, under: "\(name).\(member.key)", into: &numbers)
      }
    } else {
      numbers.append(NamedValue(name, try LineFields.number(value, key: name)))
    }
  }
}

extension GradientStatistics {
  fileprivate init(_ member: JSONValue.Member) throws(TraceError) {
    let key = "gradient_statistics.\(member.key)"
    guard let members = member.value.object else {
      throw LineFields.invalid(key: key, expected: "an object", member.value)
    }
    var fields = LineFields(members, prefix: key + ".")
    name = member.key
    l2 = try fields.number("l2")
    max = try fields.number("max")
    zeros = try fields.number("zeros")
    update = try fields.number("update")
    try fields.end()
  }
}
