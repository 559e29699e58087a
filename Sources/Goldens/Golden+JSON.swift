import Digests
import Files
import Traces

extension Golden {
  /// The file's lines, sealed.
  public var content: [UInt8] {
    let body = self.body
    return body + Self.seal(of: body)
  }

  /// The digest in the seal: of everything that the golden says.
  public var seal: Digest { body.withUnsafeBytes { Digest(of: $0) } }

  private var body: [UInt8] {
    var lines = trace.knownLines.map(\.json)
    lines.append(
      .object([
        .init("golden", .object([.init("version", JSONValue(version)), .init("reason", .string(reason))]))
      ]))
    if let bands { lines += [bands.ensemble.json(bands: bands.bands.count)] + bands.bands.flatMap(\.lines) }
    if let rounding { lines += rounding.lines }
    return Array(lines.map { $0.description + "\n" }.joined().utf8)
  }

  /// The line that ends a file of that content.
  package static func seal(of body: some Sequence<UInt8>) -> [UInt8] {
    let digest = Array(body).withUnsafeBytes { Digest(of: $0) }
    return Array((JSONValue.object([.init("seal", .string("sha256:\(digest)"))]).description + "\n").utf8)
  }

  /// Reads decompressed lines.
  ///
  /// - Throws: `TraceError`, `GoldenError`.
  public init(content: [UInt8], path: String) throws {
    let trace = try Trace(content: content, path: path)
    var lines = trace.unknown[...]
    func object(_ key: String, _ expected: String) throws -> LineFields {
      guard let line = lines.first, let members = line.object, members.count == 1, members[0].key == key,
        let inner = members[0].value.object
      else { throw GoldenError.notAGolden(path: path, missing: expected) }
      lines.removeFirst()
      return LineFields(inner, prefix: key + ".")
    }
    do {
      var fields = try object("golden", "its \"golden\" line")
      let version = try fields.count("version")
      guard Self.versions.contains(version) else {
        throw GoldenError.version(
          path: path, key: "version", expected: "\(Self.versions.lowerBound) to \(Self.versions.upperBound)", found: "\(version)")
      }
      let reason = try fields.string("reason")
      try fields.end()
      var bands: Bands?
      if lines.first?["ensemble"] != nil {
        var fields = try object("ensemble", "its \"ensemble\" line")
        let (ensemble, count) = try Ensemble.read(&fields, path: path)
        var all: [Band] = []
        while lines.first?["band"] != nil {
          var fields = try object("band", "its \"band\" lines")
          let seeds = lines.first?["seeds"] == nil ? nil : lines.removeFirst()
          let band = try Band(&fields, seeds: seeds)
          let order = Metric.allCases
          if let last = all.last, order.firstIndex(of: last.metric)! >= order.firstIndex(of: band.metric)! {
            throw GoldenError.misplaced(path: path, line: "the band of \(band.metric.rawValue)")
          }
          all.append(band)
        }
        guard all.count == count else {
          throw GoldenError.incomplete(path: path, missing: "band but \(all.count) of \(count)")
        }
        bands = Bands(ensemble: ensemble, bands: all)
      }
      let rounding = try RoundingEnvelope.read(&lines, path: path)
      guard lines.count == 1, let seal = lines.first, seal["seal"] != nil else {
        if let line = lines.first(where: { $0["seal"] == nil }) {
          let key = line.object?.first?.key ?? "a line"
          throw GoldenError.misplaced(path: path, line: "the line \"\(key)\"")
        }
        throw GoldenError.notAGolden(path: path, missing: "one \"seal\" line at its end")
      }
      let text = seal.description
      let body = content.dropLast(text.utf8.count + 1)
      guard Array(content.suffix(text.utf8.count + 1)) == Self.seal(of: body) else { throw GoldenError.seal(path: path) }
      try self.init(trace: trace, reason: reason, bands: bands, rounding: rounding, path: path)
      // Lines in another order, or more of them than goldens have, are not what was recorded either.
      guard self.content == content else { throw GoldenError.misplaced(path: path, line: "some line") }
    } catch let error as TraceError {
      throw TraceError(error.problem, path: path)
    }
  }
}

extension Ensemble {
  /// - Parameter bands: how many `band` lines follow.
  func json(bands: Int) -> JSONValue {
    let members: [JSONValue.Member] = [
      .init("method", .string(method.rawValue)), .init("method_version", JSONValue(version)),
      .init("seeds", .array(seeds.map { JSONValue($0) })), .init("numerics", JSONValue(numerics)),
      .init("false_alarm_rate", falseAlarmRate.map { JSONValue($0) } ?? .null), .init("provisional", .bool(isProvisional)),
      .init("bands", JSONValue(bands)),
    ]
    return .object([.init("ensemble", .object(members))])
  }

  /// - Returns: with the number of `band` lines that must follow.
  static func read(_ fields: inout LineFields, path: String) throws -> (Ensemble, bands: Int) {
    let name = try fields.string("method"), version = try fields.count("method_version")
    guard let method = Method(rawValue: name), versions.contains(version) else {
      let known = versions.flatMap { version in Method.allCases.map { "\($0.rawValue) \(version)" } }.joined(separator: " or ")
      throw GoldenError.version(path: path, key: "method", expected: known, found: "\(name) \(version)")
    }
    var seeds: [UInt64] = []
    for value in try fields.array("seeds") {
      guard let seed = value.uint64 else {
        throw LineFields.invalid(key: "ensemble.seeds", expected: "whole numbers below 2⁶⁴", value)
      }
      seeds.append(seed)
    }
    let numerics = try fields.count("numerics")
    let falseAlarmRate = try fields.value("false_alarm_rate") == .null ? nil : fields.number("false_alarm_rate")
    let provisional = try fields.value("provisional")
    guard let isProvisional = provisional.bool else {
      throw LineFields.invalid(key: "ensemble.provisional", expected: "true or false", provisional)
    }
    let bands = try fields.count("bands")
    try fields.end()
    return (
      Ensemble(
        method: method, version: version, seeds: seeds, numerics: numerics, falseAlarmRate: falseAlarmRate,
        isProvisional: isProvisional),
      bands
    )
  }
}

extension Band {
  /// `{"band":{"metric":"gradient_flow","threshold":6.1,"layers":[…],"centres":[[…],…],"deviations":[[…],…]}}`; a metric
  /// without layers has one column and no names. Then `{"seeds":{"metric":"gradient_flow","numbers":[[…],…]}}`.
  var lines: [JSONValue] {
    func matrix(_ rows: [[Double]]) -> JSONValue { .array(rows.map { .array($0.map { JSONValue($0) }) }) }
    var members: [JSONValue.Member] = [
      .init("metric", .string(metric.rawValue)), .init("scale", .string(metric.scale.name)),
      .init("threshold", JSONValue(threshold)),
    ]
    if metric.hasLayers { members.append(.init("layers", .array(layers.map { .string($0) }))) }
    members += [.init("centres", matrix(centres)), .init("deviations", matrix(deviations))]
    let band = JSONValue.object([.init("band", .object(members))])
    guard let seeds else { return [band] }
    let numbers = seeds.map { JSONValue.array($0.map { JSONValue($0) }) }
    let parts: [JSONValue.Member] = [.init("metric", .string(metric.rawValue)), .init("numbers", .array(numbers))]
    return [band, .object([.init("seeds", .object(parts))])]
  }

  /// - Parameter seeds: the line after it, if that has the seeds' numbers.
  init(_ fields: inout LineFields, seeds: JSONValue?) throws {
    let name = try fields.value("metric")
    guard let metric = name.string.flatMap(Metric.init(rawValue:)) else {
      throw LineFields.invalid(key: "band.metric", expected: "a metric that bands judge", name)
    }
    let scale = try fields.value("scale")
    guard scale.string == metric.scale.name else {
      throw LineFields.invalid(key: "band.scale", expected: "\"\(metric.scale.name)\" for \(metric.rawValue)", scale)
    }
    let threshold = try fields.number("threshold")
    var layers = [""]
    if metric.hasLayers {
      layers = []
      for value in try fields.array("layers") {
        guard let layer = value.string else { throw LineFields.invalid(key: "band.layers", expected: "names", value) }
        layers.append(layer)
      }
    }
    func matrix(_ key: String) throws -> [[Double]] {
      try fields.array(key).map { row in
        guard let row = row.array else { throw LineFields.invalid(key: "band.\(key)", expected: "rows of numbers", row) }
        return try row.map { try LineFields.number($0, key: "band.\(key)") }
      }
    }
    let centres = try matrix("centres"), deviations = try matrix("deviations")
    try fields.end()
    self.init(
      metric: metric, threshold: threshold, layers: layers, centres: centres, deviations: deviations,
      seeds: try seeds.map { try Self.numbers($0, of: metric) })
  }

  private static func numbers(_ line: JSONValue, of metric: Metric) throws -> [[Int]] {
    guard let members = line["seeds"]?.object, line.object?.count == 1 else {
      throw LineFields.invalid(key: "seeds", expected: "an object by itself", line)
    }
    var fields = LineFields(members, prefix: "seeds.")
    let name = try fields.value("metric")
    guard name.string == metric.rawValue else {
      throw LineFields.invalid(key: "seeds.metric", expected: "\"\(metric.rawValue)\", whose band is before it", name)
    }
    let numbers = try fields.array("numbers").map { row in
      guard let row = row.array else { throw LineFields.invalid(key: "seeds.numbers", expected: "rows of whole numbers", row) }
      return try row.map { value in
        // So that sums with any centre's are far from an overflow.
        guard let number = value.int, abs(number) < 1 << 40 else {
          throw LineFields.invalid(key: "seeds.numbers", expected: "whole numbers below 2⁴⁰", value)
        }
        return number
      }
    }
    try fields.end()
    return numbers
  }
}
