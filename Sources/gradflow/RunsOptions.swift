import ArgumentParser
import Reports

/// What the commands that look at finished runs share.
struct RunsOptions: ParsableArguments {
  @Argument(help: "Directories of runs (such as runs/quick, which holds ROW-sSEED), or runs' own directories.")
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
