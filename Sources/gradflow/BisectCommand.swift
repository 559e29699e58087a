import ArgumentParser
import Goldens
import Traces

struct BisectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bisect",
    abstract: "The first step, layer and phase in which two traces differ.",
    discussion: """
      Settings are compared first: runs that were asked for different things differ for that reason. Then, in the order in \
      which the runs computed them, the digests of steps and, where they were recorded, of layers and phases.

      Exit codes: 0 no difference; 1 there is one; 2 nothing could be compared.
      """)

  @Argument(help: "A trace, a golden, or a run's directory.")
  var first: String

  @Argument(help: "Another one.")
  var second: String

  func run() throws {
    var (a, b) = (try trace(first), try trace(second))
    // A golden keeps fewer digests than a run writes: what it has not is no difference.
    if Golden.isGolden(a) || Golden.isGolden(b) { (a, b) = (Golden.reduced(a), Golden.reduced(b)) }
    let comparison = TraceComparison(a, b)
    try Console.print(comparison.description)
    switch comparison.verdict {
    case .identical: return
    case .nothingCompared: throw Stop(.impossible)
    case .settings: throw Stop(.failed)
    case .divergence:
      if let metric = comparison.metric { try Console.print("the first number that differs: \(metric)") }
      throw Stop(.failed)
    }
  }

  private func trace(_ path: String) throws -> Trace {
    let trace = try Trace(path: TracePath.resolve(path))
    if let torn = trace.torn { Console.log("gradflow: warning: \(path): \(torn)") }
    return trace
  }
}
