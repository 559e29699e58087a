import Files

/// What was submitted from a directory: `cluster/submission.json`.
public struct Submission: Equatable, Sendable {
  static let format = "gradflow-submission"
  static let version = 1

  /// What makes runs of several submissions belong together: profile, data, rows of a file. By name, in order.
  public var settings: [Setting]
  /// The program's revision at the last submission; `nil` if it was not known.
  public var revision: String?
  /// All runs that were ever submitted, each with its last task.
  public var runs: [Run] = []
  /// The job that judges.
  public var judge: String?

  public struct Setting: Equatable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public struct Run: Equatable, Sendable {
    public var run: ClusterRun
    /// `JOB_TASK`.
    public var task: String

    var job: String { task.split(separator: "_").first.map(String.init) ?? task }
  }

  public init(settings: [Setting], revision: String?) {
    self.settings = settings
    self.revision = revision
  }

  /// Puts runs in, in the order of their tasks; a run that is there already gets its new task.
  mutating func add(_ submitted: [ClusterRun], job: String) {
    for (index, run) in submitted.enumerated() {
      let entry = Run(run: run, task: "\(job)_\(index)")
      if let old = runs.firstIndex(where: { $0.run.name == run.name }) { runs[old] = entry } else { runs.append(entry) }
    }
  }

  /// The numbers of all job arrays, each once.
  var jobs: [String] {
    runs.reduce(into: []) { jobs, run in if !jobs.contains(run.job) { jobs.append(run.job) } }
  }

  /// How the settings differ from an earlier submission's, in its words.
  func differences(from earlier: Submission) -> [String] {
    let names = settings.map(\.name) + earlier.settings.map(\.name).filter { name in !settings.contains { $0.name == name } }
    func value(_ name: String, _ settings: [Setting]) -> String { settings.first { $0.name == name }?.value ?? "none" }
    return names.filter { value($0, settings) != value($0, earlier.settings) }.map { name in
      "\(name) \(value(name, earlier.settings)), not \(value(name, settings))"
    }
  }

  // MARK: File

  var json: JSONValue {
    typealias Member = JSONValue.Member
    return .object([
      Member("format", .string(Self.format)), Member("version", JSONValue(Self.version)),
      Member("settings", .object(settings.map { Member($0.name, .string($0.value)) })),
      Member("revision", revision.map { .string($0) } ?? .null), Member("judge", judge.map { .string($0) } ?? .null),
      Member(
        "runs",
        .array(
          runs.map { run in
            .object([
              Member("row", .string(run.run.row)), Member("seed", JSONValue(run.run.seed)),
              Member("epochs", JSONValue(run.run.epochs)), Member("task", .string(run.task)),
            ])
          })),
    ])
  }

  func write(to files: ClusterFiles) throws { try AtomicFile.write(json.indented + "\n", to: files.submission) }

  /// - Returns: `nil` where nothing was submitted.
  /// - Throws: `ClusterError.damaged`.
  init?(in files: ClusterFiles) throws {
    guard fileExists(files.submission) else { return nil }
    guard let json = try? JSONValue(parsing: readFile(files.submission, limit: 1 << 26)), json["format"]?.string == Self.format,
      json["version"]?.int == Self.version, let settings = json["settings"]?.object, let runs = json["runs"]?.array
    else { throw ClusterError.damaged(path: files.submission) }
    self.settings = settings.compactMap { member in member.value.string.map { Setting(member.key, $0) } }
    revision = json["revision"]?.string
    judge = json["judge"]?.string
    self.runs = try runs.map { run in
      guard let row = run["row"]?.string, let seed = run["seed"]?.uint64, let epochs = run["epochs"]?.int,
        let task = run["task"]?.string
      else { throw ClusterError.damaged(path: files.submission) }
      return Run(run: ClusterRun(row: row, seed: seed, epochs: epochs), task: task)
    }
  }
}
