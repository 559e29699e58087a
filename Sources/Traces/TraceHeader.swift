import Digests
import Files

/// Line 1: what run this is. Two traces are comparable bit for bit exactly when their headers are equal.
///
/// Only what decides the bits, or names the run, stands here: never threads, instruction set, host, time or revision.
public struct TraceHeader: Equatable, Sendable {
  public static let format = "gradflow-trace"
  /// The version of the format that is written, and the only one that is read.
  public static let version = 1

  /// The version of the numeric contract under which the run computed.
  public var numerics: Int
  public var row: String
  public var profile: String
  public var seed: UInt64
  public var dataName: String
  /// Of the data's sorted records: `sha256:` and 64 hexadecimal characters.
  public var dataFingerprint: String
  /// How many parameters the network has.
  public var parameters: Int
  /// Every setting, in the order written.
  public var training: [JSONValue.Member]
  /// Members that this version does not know, in the order of the line. They count as settings and are written back.
  public var others: [JSONValue.Member]

  public init(
    numerics: Int, row: String, profile: String, seed: UInt64, dataName: String,
    dataFingerprint: String, parameters: Int, training: [JSONValue.Member],
    others: [JSONValue.Member] = []
  ) {
    self.numerics = numerics
    self.row = row
    self.profile = profile
    self.seed = seed
    self.dataName = dataName
    self.dataFingerprint = dataFingerprint
    self.parameters = parameters
    self.training = training
    self.others = others
  }

  /// One setting of the run.
  public struct Setting: Equatable, Sendable {
    /// Dotted: `seed`, `data.name`, `training.learning_rate`.
    public var name: String
    /// The value as JSON text.
    public var json: String
  }

  /// Everything in the header that two runs can differ in, in order; nested objects by dotted names.
  public var settings: [Setting] {
    func flat(_ name: String, _ value: JSONValue) -> [Setting] {
      guard case .object(let members) = value, !members.isEmpty else {
        return [Setting(name: name, json: value.description)]
      }
      return members.flatMap { flat("\(name).\($0.key)", $0.value) }
    }
    return body.flatMap { flat($0.key, $0.value) }
  }

  // MARK: JSON

  /// All members after `format` and `version`.
  private var body: [JSONValue.Member] {
    let data: [JSONValue.Member] = [
      .init("name", .string(dataName)), .init("fingerprint", .string(dataFingerprint)),
    ]
    return [
      .init("numerics", JSONValue(numerics)), .init("row", .string(row)),
      .init("profile", .string(profile)), .init("seed", JSONValue(seed)),
      .init("data", .object(data)), .init("parameters", JSONValue(parameters)),
      .init("training", .object(training)),
    ] + others
  }

  var json: JSONValue {
    .object(
      [.init("format", .string(Self.format)), .init("version", JSONValue(Self.version))] + body)
  }

  init(_ fields: inout LineFields) throws(TraceError) {
    let format = try fields.string("format")
    guard format == Self.format else {
      throw TraceError(.foreign(key: "format", expected: Self.format, found: format))
    }
    let version = try fields.count("version")
    guard version == Self.version else {
      throw TraceError(
        .foreign(key: "version", expected: String(Self.version), found: String(version)))
    }
    numerics = try fields.count("numerics")
    row = try fields.string("row")
    profile = try fields.string("profile")
    seed = try fields.seed("seed")
    var data = LineFields(try fields.object("data"), prefix: "data.")
    dataName = try data.string("name")
    dataFingerprint = try data.string("fingerprint")
    guard dataFingerprint.hasPrefix("sha256:"), Digest(hex: String(dataFingerprint.dropFirst(7))) != nil
    else {
      throw LineFields.invalid(
        key: "data.fingerprint", expected: "\"sha256:\" and 64 lower-case hexadecimal characters",
        .string(dataFingerprint))
    }
    try data.end()
    parameters = try fields.count("parameters")
    training = try fields.object("training")
    others = fields.rest
  }
}
