import Digests

/// What is asked of the scheduler and the same for all runs of a submission.
public struct JobSettings: Equatable, Sendable {
  /// The path of the program on the nodes.
  public var program: String
  public var partition: String?
  public var account: String?
  /// Seconds of a job.
  public var limit: Int
  /// Seconds before the job's end at which a run stops by itself.
  public var margin: Int
  public var threads: Int
  /// Of a task.
  public var megabytes: Int
  /// Tasks at the same time; `nil`: as many as the scheduler lets.
  public var maxRunning: Int?
  /// What stands after `#SBATCH` on further lines.
  public var lines: [String]

  public init(
    program: String, partition: String?, account: String?, limit: Int, margin: Int, threads: Int, megabytes: Int,
    maxRunning: Int?, lines: [String]
  ) {
    self.program = program
    self.partition = partition
    self.account = account
    self.limit = limit
    self.margin = margin
    self.threads = threads
    self.megabytes = megabytes
    self.maxRunning = maxRunning
    self.lines = lines
  }

  /// Seconds after which a run stops by itself.
  public var runLimit: Int { limit - margin }

  /// The jobs' name: one for each directory, so that a submission finds what an earlier one left in the queue.
  public static func jobName(of files: ClusterFiles) -> String {
    "gradflow-" + String(Digest(of: files.directory).description.prefix(8))
  }

  /// - Throws: `ClusterError` for what cannot stand in a script.
  public func check(_ files: ClusterFiles, paths: [String]) throws(ClusterError) {
    for path in [program, files.directory] + paths where !Self.isFit(path) { throw .unfitPath(path: path) }
    if margin >= limit { throw .marginTooLong(seconds: margin, limit: limit) }
    for text in [partition, account].compactMap({ $0 }) where !Self.isWord(text) { throw .unfitLine(text) }
    for line in lines {
      guard line.hasPrefix("-"), !line.contains(where: \.isNewline) else { throw .unfitLine(line) }
      let option = String(line.prefix { $0 != "=" && $0 != " " })
      if let instead = Self.ownLines[option] { throw .ownLine(option: option, instead: instead) }
    }
  }

  private static func isFit(_ path: String) -> Bool {
    !path.contains { "\"'\\%`$".contains($0) || $0.isNewline }
  }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && !text.contains { $0.isWhitespace || $0.isNewline || "\"'\\".contains($0) }
  }

  /// Lines that the scripts cannot do without, and what says the same.
  private static let ownLines: [String: String] = {
    let limit = "--limit says how long a job may take"
    let threads = "--threads says how many processors a run gets"
    let memory = "--memory says how much a run gets"
    let own = "what was submitted could not be told of otherwise"
    return [
      "--time": limit, "-t": limit, "--cpus-per-task": threads, "-c": threads, "--mem": memory, "--mem-per-cpu": memory,
      "--array": "--rows, --seeds and --max-running say what is in it",
      "-a": "--rows, --seeds and --max-running say what is in it",
      "--partition": "--partition names it", "-p": "--partition names it", "--account": "--account names it",
      "-A": "--account names it", "--output": own, "-o": own, "--error": own, "-e": own, "--job-name": own, "-J": own,
      "--open-mode": own, "--requeue": own, "--no-requeue": own, "--dependency": own, "-d": own, "--ntasks": own, "-n": own,
      "--chdir": own, "-D": own,
    ]
  }()
}
