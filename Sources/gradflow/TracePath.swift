import Files
import Goldens
import Traces
import Training

/// A trace is named by its own path or by its run's directory.
enum TracePath {
  static func resolve(_ path: String) -> String {
    isDirectory(path) ? RunDirectory(path: path).trace : path
  }

  /// What is whole of a trace, of a run or of a golden; what is torn off its end is told of. One that calls itself a golden must
  /// be one, down to its seal.
  static func whole(_ path: String) throws -> Trace { try read(path).trace }

  /// The same, with the golden that it is; `nil` for a run's.
  static func read(_ path: String) throws -> (trace: Trace, golden: Golden?) {
    let trace = try Trace(path: resolve(path))
    let golden = Golden.isGolden(trace) ? try Golden(path: resolve(path)) : nil
    if let torn = trace.torn { Console.log("gradflow: warning: \(path): \(torn)") }
    return (trace, golden)
  }
}
