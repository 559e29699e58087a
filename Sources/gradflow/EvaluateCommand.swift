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

      --example-weight W mixes each image's own mean and variance into these statistics, W of its own to 1 - W of them \
      (Summers & Dinneen 2020); `choose` takes the weight of the least loss on the validation set, and the test \
      set is seen with that one alone.

      Exit codes: 0 done, and what must be equal is; 1 a number differs from the trace's; 2 the run, its weights or its data \
      cannot be used.
      """)

  @Argument(help: ArgumentHelp("A run's directory.", valueName: "run"))
  var path: String

  @Option(
    name: .customLong("bn-eval"), help: "The statistics that batch norm uses: running or population; the run's own if not given.")
  var statistics: BatchNormStatistics?

  @Option(
    name: .customLong("example-weight"),
    help: "The share of an image's own statistics, from 0 to 1, or choose: on the validation set; the run's own if not given.")
  var exampleWeight: ExampleWeight?

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
    let backend = try compute.backend()
    func best(_ share: Double) throws -> BestWeights {
      try BestWeights(
        identity, source: source, backend: backend, directory: directory, trace: trace, exampleWeight: share)
    }
    let used = statistics ?? identity.settings.batchNormStatistics
    let recordedShare = identity.settings.network.normStatistics.exampleWeight
    var candidates: [EvaluationReport.Candidate] = []
    if case .chosen = exampleWeight {
      candidates = try ExampleWeight.candidates.map {
        .init(exampleWeight: $0, loss: try best($0).evaluate(.validation, statistics: used).loss)
      }
    }
    let share =
      switch exampleWeight {
      case nil: recordedShare
      case .given(let share): share
      case .chosen: candidates.min { $0.loss < $1.loss }?.exampleWeight ?? recordedShare
      }
    let weights = try best(share)
    let sets: [(name: String, set: DataSet)] = [("validation", .validation), ("test", .test)]
    var report = EvaluationReport(
      run: trace.header.runName, epoch: weights.epoch, statistics: used,
      recordedStatistics: identity.settings.batchNormStatistics, exampleWeight: share, recordedWeight: recordedShare,
      candidates: candidates)
    for (name, set) in sets {
      report.add(name, found: try weights.evaluate(set, statistics: used), recorded: weights.recorded(set, in: trace))
    }
    if json { try Console.print(report.json.indented) } else { for line in report.lines { try Console.print(line) } }
    if let difference = report.difference { throw Stop(.failed, difference) }
  }
}

/// What `--example-weight` takes.
enum ExampleWeight: ExpressibleByArgument {
  case given(Double)
  case chosen

  /// Finer towards 0, which comes first, so that it is taken where nothing is better.
  static let candidates = [0, 0.003, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1]

  init?(argument: String) {
    if argument == "choose" {
      self = .chosen
    } else if let share = Double(argument), (0...1).contains(share) {
      self = .given(share)
    } else {
      return nil
    }
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
  /// The share of an image's own statistics: here, and in the run.
  let exampleWeight: Double
  let recordedWeight: Double
  /// Among which it was chosen; empty where it was not.
  let candidates: [Candidate]
  private(set) var sets: [Line] = []

  /// The loss on the validation set with one weight of the example.
  struct Candidate: Equatable {
    let exampleWeight: Double
    let loss: Double
  }

  mutating func add(_ set: String, found: BestWeights.Result, recorded: BestWeights.Result?) {
    sets.append(Line(set: set, found: found, recorded: recorded))
  }

  private var mustEqual: Bool { statistics == recordedStatistics && exampleWeight == recordedWeight }

  /// What normalises, in a word or two.
  private var statisticsText: String {
    statistics.rawValue + (exampleWeight == 0 ? "" : ", \(exampleWeight) the image's own")
  }

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
        line.set, statisticsText, Text.fixed(line.found.loss, 4), Text.percent(line.found.accuracy),
        line.recorded.map { Text.fixed($0.loss, 4) } ?? "-", line.recorded.map { Text.percent($0.accuracy) } ?? "-", word,
      ])
    }
    let head =
      "\(run), weights of epoch \(epoch + 1), counted from 1 (the trace was made with \(recordedStatistics.rawValue) statistics)"
    return [head] + candidateLines + table.lines
  }

  private var candidateLines: [String] {
    if candidates.isEmpty { return [] }
    var table = TextTable([("weight of the example", .right), ("validation loss", .right), ("", .left)])
    for candidate in candidates {
      table.add([
        "\(candidate.exampleWeight)", Text.fixed(candidate.loss, 4), candidate.exampleWeight == exampleWeight ? "chosen" : "",
      ])
    }
    return table.lines + [""]
  }

  var json: JSONValue {
    typealias Member = JSONValue.Member
    func object(_ result: BestWeights.Result) -> JSONValue {
      .object([Member("loss", JSONValue(result.loss)), Member("accuracy", JSONValue(result.accuracy))])
    }
    return .object([
      Member("run", .string(run)), Member("epoch", JSONValue(epoch)), Member("bn_eval", .string(statistics.rawValue)),
      Member("trace_bn_eval", .string(recordedStatistics.rawValue)), Member("example_weight", JSONValue(exampleWeight)),
      Member(
        "candidates",
        .array(
          candidates.map {
            .object([Member("example_weight", JSONValue($0.exampleWeight)), Member("validation_loss", JSONValue($0.loss))])
          })),
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
