import ArgumentParser
import Kernels
import Networks

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time the training step of a row.",
    discussion: """
      A step is forward with the loss, backward and Adam's update on one batch of made-up images, in single precision. \
      Let nothing else run meanwhile.
      """)

  @Option(help: "The row: see `gradflow list`.")
  var row = RowArgument(.standardBenchmark)

  @Option(help: "Images in the batch.")
  var batch = 100

  @Option(help: "Measured steps.")
  var steps = 10

  @Option(help: "Steps before these, not measured.")
  var warmup = 2

  @Flag(name: .customLong("eval"), help: "Time the forward pass of evaluation instead.")
  var isEvaluation = false

  @Flag(name: .customLong("json"), help: "Print one JSON object.")
  var isJSON = false

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (1...100_000).contains(batch) else {
      throw ValidationError("a batch of \(batch) images: --batch takes 1 to 100000")
    }
    guard (1...1_000_000).contains(steps) else {
      throw ValidationError("\(steps) steps: --steps takes 1 to 1000000")
    }
    guard (0...1_000_000).contains(warmup) else {
      throw ValidationError("\(warmup) steps of warm-up: --warmup takes 0 to 1000000")
    }
  }

  func run() throws {
    let backend = try compute.backend()
    try MemoryNeed(row.row.configuration, images: batch, bytesPerElement: 4).check(against: Machine.memory)
    let timer = try StepTimer(row: row.row, batch: batch, backend: backend)
    let measure = isEvaluation ? timer.evaluationPass : timer.trainingStep
    for _ in 0..<warmup { _ = try measure() }
    let times = try (0..<steps).map { _ in try measure() }
    let report = BenchReport(
      row: row.row.id, batch: batch, backend: backend, isEvaluation: isEvaluation, times: times)
    if isJSON {
      try Console.print(report.json.description)
    } else {
      for line in report.lines { try Console.print(line) }
    }
  }
}

extension StandardRow {
  /// The row that performance is spoken of: the deepest with all that costs time.
  static var standardBenchmark: StandardRow {
    guard let row = all.first(where: { $0.id == "vgg38-bn-rc-1e-2" }) else {
      preconditionFailure("the benchmark's row is not among the rows")
    }
    return row
  }
}
