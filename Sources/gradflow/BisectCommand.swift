import ArgumentParser
import Bisection
import Files
import Goldens
import Kernels
import Traces
import Training

struct BisectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bisect",
    abstract: "The first step, layer and phase in which two traces differ.",
    discussion: """
      Settings are compared first: runs that were asked for different things differ for that reason. Then, in the order in \
      which the runs computed them, the digests of steps and, where they were recorded, of layers and phases.

      With --rerun, the step in which they part is executed again, from the nearest checkpoint of either run (or the start), \
      once as A was and once as B was: with the threads and the instruction set of their manifests, or those given here. \
      The first element that differs is printed with both values and their distance in ulp. The runs are only read.

      Exit codes: 0 no difference; 1 there is one; 2 nothing could be compared, or the step could not be run again.
      """)

  @Argument(help: "A trace, a golden, or a run's directory: A.")
  var first: String

  @Argument(help: "Another one: B.")
  var second: String

  @Flag(help: "Execute the first step that differs again, and print the first element that differs.")
  var rerun = false

  @Option(name: .customLong("isa-a"), help: "The instruction set for A: auto, portable, avx2, avx512 or neon.")
  var instructionSetA: InstructionSetChoice?

  @Option(name: .customLong("isa-b"), help: "The instruction set for B.")
  var instructionSetB: InstructionSetChoice?

  @Option(name: .customLong("threads-a"), help: "Worker threads for A.")
  var threadsA: Int?

  @Option(name: .customLong("threads-b"), help: "Worker threads for B.")
  var threadsB: Int?

  @Option(name: .customLong("program-a"), help: "Another build of gradflow for A.")
  var programA: String?

  @Option(name: .customLong("program-b"), help: "Another build of gradflow for B.")
  var programB: String?

  @OptionGroup var data: DataOption

  func validate() throws {
    for threads in [threadsA, threadsB] {
      if let threads, !WorkerPool.threadRange.contains(threads) {
        throw ValidationError(BackendError.threadCount(threads).description)
      }
    }
    let others: [Any?] = [instructionSetA, instructionSetB, threadsA, threadsB, programA, programB, data.directory]
    if !rerun, others.contains(where: { $0 != nil }) {
      throw ValidationError("--isa-a, --threads-a, --program-a, their like for B, and --data belong to --rerun")
    }
  }

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
    case .divergence(let divergence):
      if let metric = comparison.metric { try Console.print("the first number that differs: \(metric)") }
      if rerun { try runAgain(divergence, a, b) }
      throw Stop(.failed)
    }
  }

  private func trace(_ path: String) throws -> Trace {
    try TracePath.whole(path)
  }

  // MARK: Again

  private func runAgain(_ divergence: Divergence, _ a: Trace, _ b: Trace) throws {
    guard case .step(let epoch, let step, _) = divergence else {
      throw Stop(.impossible, "the difference is in no training step, so there is none to run again")
    }
    let again = BisectRerun(
      first: try configuration("first", first, a, programA, threadsA, instructionSetA),
      second: try configuration("second", second, b, programB, threadsB, instructionSetB),
      step: StepPosition(epoch: epoch, step: step), data: data.directory)
    for line in try again.lines() { try Console.print(line) }
  }

  /// What was asked for here, or else what the run's manifest says and this machine has.
  private func configuration(
    _ name: String, _ run: String, _ trace: Trace, _ program: String?, _ threads: Int?, _ set: InstructionSetChoice?
  ) throws -> BisectRerun.Configuration {
    let manifest = isDirectory(run) ? try? readFile(RunDirectory(path: run).manifest, limit: 1 << 20) : nil
    let said = manifest.flatMap { try? JSONValue(parsing: String(decoding: $0, as: UTF8.self)) }
    var instructionSet = set?.rawValue
    if instructionSet == nil, let recorded = said?["instruction_set"]?.string {
      if InstructionSet(rawValue: recorded)?.isAvailable == true {
        instructionSet = recorded
      } else {
        Console.log(
          "gradflow: warning: \(run) was made with \(recorded), which this machine has not: its fastest takes its place")
      }
    }
    if let program, !fileExists(program) { throw Stop(.impossible, "\(program): there is no such program") }
    return BisectRerun.Configuration(
      name: name, run: run, trace: trace, program: program ?? Environment.program,
      threads: threads ?? said?["threads"]?.int, instructionSet: instructionSet)
  }
}
