import ArgumentParser
import Benchmarks
import Files
import Kernels
import Networks
import Optimisers

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time the training step of a row, or of several rows in turn with another framework.",
    discussion: """
      A step is forward with the loss, backward and the update on one batch of made-up images, in single precision. \
      Let nothing else run meanwhile; no time decides anything here.
      """)

  @Option(help: "The row: see `gradflow list`. (default: \(StandardRow.standardBenchmark.id))")
  var row: RowArgument?

  @Option(help: "The row's network with another depth: 8, 14, 20, 26, 32, 38, ...")
  var depth: Int?

  @Option(help: "Images in the batch.")
  var batch = 100

  @Option(help: "Measured steps.")
  var steps = 10

  @Option(help: "Steps before these, not measured.")
  var warmup = 2

  @Option(
    help: "The optimiser, as in adam,beta1=0.8; adam, if not given. \(OptimiserChoice.forms)",
    transform: OptimiserChoice.init(parsing:))
  var optimiser: OptimiserChoice?

  @Flag(name: .customLong("eval"), help: "Time the forward pass of evaluation instead.")
  var isEvaluation = false

  @Flag(name: .customLong("breakdown"), help: "The time of each part of a step, beside the most that the machine can do.")
  var isBreakdown = false

  @Flag(name: .customLong("trainer"), help: "The time that a training run adds to the bare step: loading, digests, events.")
  var isTrainer = false

  @Flag(
    name: .customLong("scaling"),
    help: "Time and memory against threads, batch, depth and epochs, as tables, then as CSV (some minutes).")
  var isScaling = false

  @Option(help: "One table of these rows, separated by commas; `all`: of Table 1's.")
  var rows: RowsArgument?

  @Option(help: "In the table, these instruction sets, separated by commas, instead of --isa.")
  var isas: InstructionSetsArgument?

  @Option(
    help: """
      In the table: the command of another framework, measured in turn: see Tests/NetworksTests/Oracle/peer_step.py. May be given \
      several times: further ones are measured on the first instruction set alone.
      """)
  var peer: [String] = []

  @Flag(name: .customLong("json"), help: "Print one JSON object.")
  var isJSON = false

  @Flag(name: .customLong("markdown"), help: "Print the table in Markdown.")
  var isMarkdown = false

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
    if let depth {
      guard NetworkConfiguration.blocksPerStage(depth: depth) != nil else {
        throw ValidationError("a depth of \(depth): --depth takes 8, 14, 20, 26, 32, 38, ... to 608")
      }
    }
    let kinds = [
      (isEvaluation, "--eval"), (isBreakdown, "--breakdown"), (isTrainer, "--trainer"), (isScaling, "--scaling"),
      (rows != nil, "--rows"),
    ].filter(\.0).map(\.1)
    if kinds.count > 1 { throw ValidationError("\(kinds.joined(separator: " and ")) exclude each other") }
    if rows == nil {
      for (isGiven, name) in [(!peer.isEmpty, "--peer"), (isas != nil, "--isas"), (isMarkdown, "--markdown")] where isGiven {
        throw ValidationError("\(name) is for the table: give --rows too")
      }
    } else {
      for (isGiven, name) in [(row != nil, "--row"), (depth != nil, "--depth")] where isGiven {
        throw ValidationError("--rows and \(name) exclude each other")
      }
    }
    if optimiser != nil, rows != nil || isScaling || isTrainer || isEvaluation {
      throw ValidationError(
        "--optimiser is for a single row's steps: it goes with none of --rows, --scaling, --trainer and --eval")
    }
    if isScaling, batch != 100 || warmup != 2 {
      throw ValidationError("--scaling has batches and a warm-up of its own: --batch and --warmup do not go with it")
    }
    if isTrainer, warmup != 2 { throw ValidationError("--trainer takes an epoch as it comes: --warmup does not go with it") }
    if peer.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw ValidationError("--peer is empty: it takes the command of another framework")
    }
    if isScaling, depth != nil { throw ValidationError("--scaling has depths of its own: --depth does not go with it") }
    if isJSON && isMarkdown { throw ValidationError("--json and --markdown exclude each other") }
    if isJSON && isScaling { throw ValidationError("--scaling prints CSV for machines: --json does not go with it") }
  }

  private var subject: StandardRow { row?.row ?? .standardBenchmark }

  private var network: NetworkConfiguration {
    var configuration = subject.configuration
    if let depth, let blocks = NetworkConfiguration.blocksPerStage(depth: depth) { configuration.blocksPerStage = blocks }
    return configuration
  }

  func run() throws {
    try MemoryNeed(network, images: batch, in: Float.self).check(against: compute.memory)
    let backend = try compute.backend()
    if let rows {
      try printTable(rows.rows, backend)
    } else if isScaling {
      let bench = ScalingBench(
        row: subject, steps: steps, isa: backend.instructionSet, threads: backend.threads, program: Environment.program,
        progress: Console.progress)
      try show(bench.run())
    } else if isTrainer {
      let bench = TrainerBench(
        row: subject, configuration: network, batch: batch, steps: steps, backend: backend,
        watch: { run, dataset in
          var progress = RunProgress(run, work: RunWork(run, dataset: dataset), isAlone: true)
          return { progress.tell($0) }
        })
      let report = try bench.run()
      try show(report.lines, report.json)
    } else if isBreakdown {
      let ceilings = Ceilings(of: backend)
      let report = try timer(backend).breakdown(row: subject.id, steps: steps, warmup: warmup, ceilings: ceilings)
      try show(report.lines, report.json)
    } else {
      let report = try measure(backend)
      try show(report.lines, report.json)
    }
  }

  private func timer(_ backend: Backend) throws -> StepTimer {
    try StepTimer(
      network, learningRate: subject.baseLearningRate, batch: batch, optimiser: optimiser ?? subject.optimiser, backend: backend)
  }

  private func show(_ lines: [String], _ json: JSONValue? = nil) throws {
    Console.clearProgress()
    if isJSON, let json { return try Console.print(json.description) }
    for line in lines { try Console.print(line) }
  }

  private func measure(_ backend: Backend) throws -> BenchReport {
    let timer = try timer(backend)
    var report = BenchReport(row: subject.id, depth: network.depth, batch: batch, backend: backend, isEvaluation: isEvaluation)
    if !isEvaluation {
      for _ in 0..<warmup { _ = try timer.trainingStep() }
      report.times = try (0..<steps).map { _ in try timer.trainingStep() }
    }
    for _ in 0..<warmup { _ = try timer.evaluationPass() }
    let evaluation = try (0..<steps).map { _ in try timer.evaluationPass() }
    report.evaluation = evaluation.map(\.step)
    if isEvaluation { report.times = evaluation }
    return report
  }

  private func printTable(_ rows: [StandardRow], _ backend: Backend) throws {
    let sets = isas?.sets ?? [backend.instructionSet]
    let table = try BenchTable(
      rows: rows, backends: sets.map { try Backend(instructionSet: $0, threads: backend.threads) }, batch: batch,
      steps: steps, warmup: warmup, peerCommands: peer, progress: Console.progress)
    let text = try table.run()
    Console.clearProgress()
    if isJSON {
      try Console.print(text.json.description)
    } else {
      for line in isMarkdown ? text.markdown : text.lines { try Console.print(line) }
    }
  }
}

/// Rows by name, separated by commas, or `all` of Table 1.
struct RowsArgument: ExpressibleByArgument {
  let rows: [StandardRow]

  init?(argument: String) {
    if argument == "all" {
      rows = StandardRow.table1
      return
    }
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    let known = names.compactMap { name in StandardRow.all.first { $0.id == name } }
    guard known.count == names.count, Set(names).count == names.count else { return nil }
    rows = known
  }

  static var allValueStrings: [String] { ["all"] + StandardRow.all.map(\.id) }
}

/// Instruction sets by name, separated by commas.
struct InstructionSetsArgument: ExpressibleByArgument {
  let sets: [InstructionSet]

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    let known = names.compactMap { InstructionSetChoice(rawValue: String($0)).map { $0.instructionSet ?? .best } }
    guard known.count == names.count else { return nil }
    // `auto` may be one that is named too.
    sets = known.enumerated().filter { known.firstIndex(of: $0.element) == $0.offset }.map(\.element)
  }

  static var allValueStrings: [String] { InstructionSetChoice.allValueStrings }
}
