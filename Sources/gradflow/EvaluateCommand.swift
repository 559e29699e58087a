import ArgumentParser
import Experiments
import Files
import Kernels
import Layers
import Networks
import PlainText
import Traces
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a run's best weights again, on validation and test data.",
    discussion: """
      With the statistics that the run was evaluated with, every number must be the trace's, bit for bit. With the others \
      (--bn-eval population: the report's equations 3, 4 and 6; running: the exponential averages), they are shown beside \
      the trace's. The run itself is only read.

      Exit codes: 0 done, and what must be equal is; 1 a number differs from the trace's; 2 the run, its weights or its data \
      cannot be used.
      """)

  @Argument(help: ArgumentHelp("A run's directory.", valueName: "run"))
  var path: String

  @Option(
    name: .customLong("bn-eval"), help: "The statistics that batch norm uses: running or population; the run's own if not given.")
  var statistics: BatchNormStatistics?

  @OptionGroup var data: DataOption

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let directory = RunDirectory(path: path)
    guard isDirectory(path), fileExists(directory.trace) else {
      throw Stop(.impossible, "\(path) is no run's directory: it has no trace.jsonl.zst")
    }
    let trace = try Trace(path: directory.trace)
    let identity = try RunIdentity(trace.header, path: directory.trace)
    let source = try ExperimentData(
      RunDataset.load(for: identity, data: data.directory), identity.settings, seed: identity.seed)
    let weights = try BestWeights(identity, source: source, backend: compute.backend(), directory: directory, trace: trace)
    let used = statistics ?? identity.settings.batchNormStatistics
    let sets: [(name: String, set: DataSet)] = [("validation", .validation), ("test", .test)]
    var report = EvaluationReport(
      run: trace.header.runName, epoch: weights.epoch, statistics: used,
      recordedStatistics: identity.settings.batchNormStatistics)
    for (name, set) in sets {
      report.add(name, found: try weights.evaluate(set, statistics: used), recorded: weights.recorded(set, in: trace))
    }
    if json { try Console.print(report.json.indented) } else { for line in report.lines { try Console.print(line) } }
    if let difference = report.difference { throw Stop(.failed, difference) }
  }
}

/// What an evaluation gave beside what the trace says.
struct EvaluationReport {
  struct Line {
    let set: String
    let found: BestWeights.Result
    let recorded: BestWeights.Result?
  }

  let run: String
  let epoch: Int
  let statistics: BatchNormStatistics
  let recordedStatistics: BatchNormStatistics
  private(set) var sets: [Line] = []

  init(run: String, epoch: Int, statistics: BatchNormStatistics, recordedStatistics: BatchNormStatistics) {
    self.run = run
    self.epoch = epoch
    self.statistics = statistics
    self.recordedStatistics = recordedStatistics
  }

  mutating func add(_ set: String, found: BestWeights.Result, recorded: BestWeights.Result?) {
    sets.append(Line(set: set, found: found, recorded: recorded))
  }

  private var mustEqual: Bool { statistics == recordedStatistics }

  /// The first set whose numbers should be the trace's and are not, in words. What is not finite has been refused before.
  var difference: String? {
    guard mustEqual else { return nil }
    return sets.first { $0.recorded != nil && $0.recorded != $0.found }.map { line in
      "\(run): \(line.set) differs from what the trace says of these weights, data and statistics: "
        + "loss \(line.found.loss) for \(line.recorded?.loss ?? .nan); gradflow bisect finds where two runs part"
    }
  }

  var lines: [String] {
    var table = TextTable([
      ("set", .left), ("statistics", .left), ("loss", .right), ("accuracy", .right), ("trace: loss", .right),
      ("accuracy", .right), ("", .left),
    ])
    for line in sets {
      let word = line.recorded == nil ? "not in the trace" : !mustEqual ? "" : line.recorded == line.found ? "equal" : "DIFFERS"
      table.add([
        line.set, statistics.rawValue, Text.fixed(line.found.loss, 4), Text.percent(line.found.accuracy),
        line.recorded.map { Text.fixed($0.loss, 4) } ?? "-", line.recorded.map { Text.percent($0.accuracy) } ?? "-", word,
      ])
    }
    return ["\(run), weights of epoch \(epoch) (the trace was made with \(recordedStatistics.rawValue) statistics)"] + table.lines
  }

  var json: JSONValue {
    typealias Member = JSONValue.Member
    func object(_ result: BestWeights.Result) -> JSONValue {
      .object([Member("loss", JSONValue(result.loss)), Member("accuracy", JSONValue(result.accuracy))])
    }
    return .object([
      Member("run", .string(run)), Member("epoch", JSONValue(epoch)), Member("bn_eval", .string(statistics.rawValue)),
      Member("trace_bn_eval", .string(recordedStatistics.rawValue)),
      Member(
        "sets",
        .object(
          sets.map { line in
            Member(
              line.set,
              .object([
                Member("found", object(line.found)), Member("trace", line.recorded.map(object) ?? .null),
              ]))
          })),
    ])
  }
}
