import Traces

/// Where a submission keeps what is its own, in the directory of a night: `OUT/cluster/`.
public struct ClusterFiles: Equatable, Sendable {
  /// Absolute, as nodes know it.
  public let directory: String

  public init(directory: String) { self.directory = directory }

  public var runs: String { directory + "/runs" }
  public var own: String { directory + "/cluster" }
  /// Held while a submission is made.
  public var lock: String { own + "/lock" }
  /// The name of its jobs: how a node knows that it sees the same directory.
  public var name: String { own + "/name" }
  public var submission: String { own + "/submission.json" }
  public var runScript: String { own + "/run.sbatch" }
  public var judgeScript: String { own + "/judge.sbatch" }
  public var logs: String { own + "/logs" }
  /// What each task says of itself.
  public var tasks: String { own + "/tasks" }

  public func log(task: String) -> String { "\(logs)/\(task).txt" }
  public func judgeLog(job: String) -> String { "\(logs)/judge-\(job).txt" }
  public func mark(_ run: ClusterRun) -> String { "\(tasks)/\(run.name)" }
}

/// One run of a submission.
public struct ClusterRun: Hashable, Sendable {
  public let row: String
  public let seed: UInt64
  /// That are to be made.
  public let epochs: Int

  public init(row: String, seed: UInt64, epochs: Int) {
    self.row = row
    self.seed = seed
    self.epochs = epochs
  }

  /// As the run's directory is called.
  public var name: String { runName(row: row, seed: seed) }
}
