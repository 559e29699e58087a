/// One property of the reproducibility contract, as something that is checked and can fail.
struct Check: Sendable {
  /// For `--only`.
  let name: String
  /// What the contract promises.
  let property: String
  /// Whether `--quick` leaves it out.
  var isLong = false
  let run: @Sendable (Proof) throws -> Findings
}

/// What a check found. One that compared nothing has failed.
struct Findings: Sendable {
  /// What was compared with what, in words.
  var cases: String
  var count: Int
  var failures: [String] = []

  var holds: Bool { count > 0 && failures.isEmpty }
}

/// What all checks share.
struct Proof: Sendable {
  let package: String
  /// For the runs' files; removed at the end.
  let scratch: String
  var seed: UInt64 = 20
  var kills = 200
  var isQuick = false

  /// The programs of a configuration, `debug` or `release`.
  func program(_ name: String, _ configuration: String) -> String { "\(package)/.build/\(configuration)/\(name)" }
}
