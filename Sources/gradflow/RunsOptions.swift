import ArgumentParser
import Files
import Goldens
import Reports

/// What the commands that look at finished runs share.
struct RunsOptions: ParsableArguments {
  @Argument(
    help: """
      Directories of runs (such as runs/quick, which holds ROW-sSEED), runs' own directories, or directories of goldens \
      (golden/paper).
      """)
  var runs: [String]

  func validate() throws {
    if runs.contains("") { throw ValidationError("an empty name of a directory") }
  }

  /// Reads them, and tells what is torn or empty.
  func load() throws -> RunSet {
    let set = try RunSet(readingFrom: runs)
    for warning in set.warnings { Console.log("gradflow: warning: \(warning)") }
    return set
  }
}

/// Where the goldens are that tell engine drift.
struct AgainstOption: ParsableArguments {
  static let standard = "golden"

  @Option(help: "The directory of the goldens for engine drift; golden if there is one and this is not given.")
  var against: String?

  /// Those that may be read.
  var files: [String] {
    let store = GoldenStore(directory: against ?? Self.standard)
    let goldens = ((try? store.profiles()) ?? []).flatMap { profile in
      ((try? store.rows(profile: profile)) ?? []).map { store.path(profile: profile, row: $0) }
    }
    return goldens + [store.index]
  }

  /// - Throws: `Stop` for a directory that was asked for and is not there, or holds no golden.
  func findings(_ runs: RunSet) throws -> EngineFindings {
    let directory = against ?? Self.standard
    if against != nil { try GoldenStore(directory: directory).requireGoldens() }
    return try EngineFindings(judging: runs, byAnyIn: directory)
  }

  static func missing(_ directory: String) -> Stop {
    Stop(.impossible, "\(directory): there is no such directory of goldens; name it with --against")
  }
}
