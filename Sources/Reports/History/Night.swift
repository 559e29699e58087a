import Files

/// What one night found, row by row: a line of the history. Dates and durations stand here and on the night's page, and enter
/// nothing that is compared.
public struct Night: Equatable, Sendable {
  /// When it began, as in 2026-11-26T17:59:03.251Z; names the night: one that is concluded twice, after a kill, counts once.
  public var began: String
  public var profile: String
  /// The program's.
  public var revision: String
  /// The exit code of its verdict.
  public var status: Int
  public var rows: [Row]

  public struct Row: Equatable, Sendable {
    public var row: String
    public var runs: Int
    /// The mean over the seeds, a share; `nil` where one did not finish.
    public var testAccuracy: Double?
    /// Of all its runs together; `nil` where they do not tell.
    public var seconds: Double?
    /// Against the goldens.
    public var verdict: EngineVerdict.Kind

    public init(row: String, runs: Int, testAccuracy: Double?, seconds: Double?, verdict: EngineVerdict.Kind) {
      self.row = row
      self.runs = runs
      self.testAccuracy = testAccuracy
      self.seconds = seconds
      self.verdict = verdict
    }
  }

  public init(began: String, profile: String, revision: String, status: Int, rows: [Row]) {
    self.began = began
    self.profile = profile
    self.revision = revision
    self.status = status
    self.rows = rows
  }

  subscript(row: String) -> Row? { rows.first { $0.row == row } }

  // MARK: A line

  var json: JSONValue {
    typealias Member = JSONValue.Member
    return .object([
      Member("night", .string(began)), Member("profile", .string(profile)), Member("revision", .string(revision)),
      Member("status", JSONValue(status)),
      Member(
        "rows",
        .array(
          rows.map { row in
            .object([
              Member("row", .string(row.row)), Member("runs", JSONValue(row.runs)),
              Member("test_accuracy", row.testAccuracy.map { JSONValue($0) } ?? .null),
              Member("seconds", row.seconds.map { JSONValue($0) } ?? .null),
              Member("verdict", .string(row.verdict.rawValue)),
            ])
          })),
    ])
  }

  /// - Returns: `nil` for anything that is no line of a history.
  init?(_ json: JSONValue) {
    guard let began = json["night"]?.string, let profile = json["profile"]?.string, let revision = json["revision"]?.string,
      let status = json["status"]?.int, let rows = json["rows"]?.array
    else { return nil }
    self.init(began: began, profile: profile, revision: revision, status: status, rows: [])
    for row in rows {
      guard let name = row["row"]?.string, let runs = row["runs"]?.int else { return nil }
      self.rows.append(
        Row(
          row: name, runs: runs, testAccuracy: row["test_accuracy"]?.double, seconds: row["seconds"]?.double,
          // A word of a later program.
          verdict: row["verdict"]?.string.flatMap(EngineVerdict.Kind.init) ?? .notComparable))
    }
  }
}
