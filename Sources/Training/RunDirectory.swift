import Files
import Traces

/// Where a run's files are: `OUT/ROW-sSEED/`.
public struct RunDirectory: Hashable, Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  public init(out: String, row: String, seed: UInt64) { path = "\(out)/\(runName(row: row, seed: seed))" }

  public var trace: String { "\(path)/\(RunTraces.fileName)" }
  public var checkpoint: String { path + "/checkpoint.safetensors" }
  /// The checkpoint before the newest one.
  public var previousCheckpoint: String { path + "/checkpoint.previous.safetensors" }
  public var best: String { path + "/best.safetensors" }
  public var results: String { path + "/result_outputs" }
  public var summary: String { results + "/summary.csv" }
  public var testSummary: String { results + "/test_summary.csv" }
  public var manifest: String { path + "/manifest.json" }
  /// What a run that broke off on a number that is not finite leaves.
  public var diverged: String { "\(path)/\(DivergedRun.fileName)" }
  public var lock: String { path + "/lock" }
  /// There while the run that is here is to be begun anew and is not yet: `--overwrite` asked for it, and if that ended before
  /// its turn came, `--resume` must not take the old run for a finished one of the new.
  public var anew: String { path + "/anew" }

  /// All of these.
  public var files: [String] {
    [trace, checkpoint, previousCheckpoint, best, summary, testSummary, manifest, lock, diverged, anew]
  }

  public var holdsRun: Bool { fileExists(trace) || fileExists(checkpoint) || fileExists(previousCheckpoint) }
}
