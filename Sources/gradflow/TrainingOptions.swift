import ArgumentParser
import Datasets
import Experiments
import Files
import Layers
import Training

/// What `run` and `matrix` share.
struct TrainingOptions: ParsableArguments {
  @Option(help: "The size of the experiment: smoke or quick (built-in data), short or paper (CIFAR-100).")
  var profile = Profile.quick

  @OptionGroup var data: DataOption

  @Option(help: "The seed of everything random, except the built-in data.")
  var seed: UInt64?

  @Option(help: "Several seeds: A..B, both included.", transform: SeedRange.init(parsing:))
  var seeds: SeedRange?

  @Option(help: "The directory of the runs; runs/PROFILE if not given.")
  var out: String?

  @Option(help: "Train only so many epochs of the schedule; the learning rates stay the same.")
  var epochs: Int?

  @Option(name: .customLong("bn-eval"), help: "The statistics that batch norm uses in evaluation: running or population.")
  var batchNormStatistics = BatchNormStatistics.running

  @Option(
    name: .customLong("time-limit"), help: "Stop cleanly after this time, as in 5h30m, 90m or 45s; exit code 75.",
    transform: TimeLimit.init(parsing:))
  var timeLimit: TimeLimit?

  @Flag(help: "Continue from the newest checkpoint.")
  var resume = false

  @Flag(help: "Replace the run that is there, and begin anew.")
  var overwrite = false

  @Option(
    help: """
      required, or optional: go on where the file system keeps no locks, and something else, such as a batch system, keeps a \
      second process away.
      """)
  var locks = LockChoice.required

  @Option(name: .customLong("kill-at"), help: .hidden)
  var killAt: String?

  @OptionGroup var compute: ComputeOptions

  /// - Throws: `ValidationError` for a number of epochs that no schedule has.
  static func check(epochs: Int?) throws {
    if let epochs, !(1...100).contains(epochs) {
      throw ValidationError("--epochs takes a number from 1 to 100, the length of the schedule; not \(epochs)")
    }
  }

  func validate() throws {
    if seed != nil && seeds != nil { throw ValidationError("--seed and --seeds exclude each other") }
    if resume && overwrite { throw ValidationError("--resume and --overwrite exclude each other") }
    if out == "" { throw ValidationError("--out is empty: name a directory") }
    try OutputDirectory.check(out, option: "--out")
    try TrainingOptions.check(epochs: epochs)
  }

  /// Those that were asked for on the command line.
  var chosenSeeds: [UInt64]? { seeds.map { Array($0.range) } ?? seed.map { [$0] } }

  var outDirectory: String { out ?? "runs/\(profile.rawValue)" }

  /// The profile's data, or those of `--data`.
  func dataset() throws -> Dataset {
    if let directory = data.directory { return try DatasetReading.dataset(in: directory) }
    if let synthetic = profile.synthetic { return synthetic.dataset() }
    guard let directory = Environment.dataDirectory else {
      throw Stop(
        .impossible,
        "the profile \(profile.rawValue) needs CIFAR-100: `make data` fetches it; then say where it is with --data DIR or "
          + "GRADFLOW_DATA")
    }
    return try DatasetReading.dataset(in: directory)
  }

  /// Why runs on data that were read from files are not the report's experiment; nothing for the built-in data and the official
  /// CIFAR-100.
  private func dataDepartures(_ dataset: Dataset) -> [String] {
    if data.directory == nil, profile.synthetic != nil { return [] }
    let problems = DatasetVerification(dataset).problems
    let isOther = dataset.name != DatasetVerification.protocolName
    if problems.isEmpty, !isOther { return [] }
    let what = problems.first ?? "they are \(dataset.name)"
    return [
      "these are not the official CIFAR-100 data (\(what)): table1, claims and report will not judge these runs as the report's "
        + "experiment"
    ]
  }

  /// Tells of these departures.
  func warn(of dataset: Dataset) {
    for departure in dataDepartures(dataset) { Console.log("gradflow: warning: \(departure)") }
  }

  /// Raised by Ctrl-C, by SIGTERM and by the time limit.
  func stopRequest() -> StopRequest {
    let stop = StopRequest(deadline: timeLimit.map { .now + $0.duration })
    Interrupts.raise(stop)
    return stop
  }
}

extension Profile: ExpressibleByArgument {}
extension BatchNormStatistics: ExpressibleByArgument {}

/// What `--locks` chooses.
enum LockChoice: String, CaseIterable, ExpressibleByArgument {
  case required, optional

  var need: FileLock.Need { self == .required ? .required : .optional }
}

/// `A..B`, both included.
struct SeedRange {
  let range: ClosedRange<UInt64>

  init(parsing argument: String) throws {
    let parts = argument.split(separator: "..", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = UInt64(parts[0]), let last = UInt64(parts[1]) else {
      throw ValidationError("--seeds takes A..B, as in 0..3, with A and B from 0 to \(UInt64.max); a single one is --seed N")
    }
    guard first <= last else { throw ValidationError("--seeds takes A..B with A not above B: \(last)..\(first)") }
    guard last - first < 100_000 else { throw ValidationError("--seeds takes at most 100000 seeds; \(argument) are more") }
    range = first...last
  }
}

/// A time such as `5h30m`, `90m`, `45s` or `1h`.
struct TimeLimit {
  let duration: Duration

  init(parsing argument: String) throws {
    guard let seconds = Self.seconds(argument) else {
      throw ValidationError(
        "--time-limit takes hours, minutes and seconds, each with its letter, as in 5h30m, 90m or 45s, and more than none")
    }
    duration = .seconds(seconds)
  }

  static func seconds(_ argument: String) -> Int? {
    var seconds = 0
    var digits = ""
    var units: [Character: Int] = ["h": 3600, "m": 60, "s": 1]
    for character in argument {
      if character.isASCII, character.isNumber {
        digits.append(character)
      } else {
        // Each unit once, in any order.
        guard let unit = units.removeValue(forKey: character), let count = Int(digits), count <= 1_000_000 else {
          return nil
        }
        seconds += count * unit
        digits = ""
      }
    }
    return digits.isEmpty && seconds > 0 ? seconds : nil
  }
}
