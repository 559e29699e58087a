import ArgumentParser
import Bisection
import Experiments
import Files
import Kernels
import Networks
import SystemLimits
import Traces
import Training

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Repeat a run up to one step, and list what that step computed.",
    discussion: """
      Prints JSON: a line about the replay, then one for each part of the step, in the order in which it was computed: \
      images and labels, outputs layer by layer, buffers, gradients from the last layer to the first, gradients of \
      parameters, updated parameters. The run itself is only read. `gradflow bisect --rerun` compares two such lists.
      """)

  @Argument(help: ArgumentHelp("A run's directory, or its trace.", valueName: "run"))
  var path: String

  @Option(help: "The step: EPOCH:STEP, both from 0.")
  var step: StepArgument

  @Option(help: "Begin at this checkpoint, which must be before the step; at the run's start if not given.")
  var from: String?

  @Option(help: "Write the state before the step to this file, for --from.")
  var save: String?

  @Option(help: "Write the values of this part, counted from 0 in the list, to the file of --values.")
  var part: Int?

  @Option(help: "A safetensors file for the part's values, under the name \"values\".")
  var values: String?

  @OptionGroup var data: DataOption

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (part == nil) == (values == nil) else { throw ValidationError("--part and --values go together") }
    if let part, part < 0 { throw ValidationError("--part counts from 0; not \(part)") }
  }

  func run() throws {
    let path = TracePath.resolve(self.path)
    let inputs = InputFiles.run(self.path) + [from].compactMap { $0 } + data.inputs
    if let save, let values, namesSameFile(save, values) {
      throw ValidationError("--save and --values name one file, \(save): give two names")
    }
    let saved = try save.map { try OutputFile($0, option: "--save", inputs: inputs) }
    let output = try values.map { try OutputFile($0, option: "--values", inputs: inputs) }
    for file in [saved, output].compactMap({ $0 }) where file.isStandardOutput {
      throw ValidationError("the list goes to standard output, so --save and --values need files")
    }
    let trace = try TracePath.whole(self.path)
    try Self.check(step.position, isIn: trace, path: self.path)
    let identity = try RunIdentity(trace.header, path: path)
    let source = try ExperimentData(
      RunDataset.load(for: identity, data: data.directory), identity.settings, seed: identity.seed)
    try MemoryNeed(identity.settings.network, images: identity.settings.batchSize, in: Float.self)
      .check(against: compute.memory)
    let replay = try Replay(identity, source: source, backend: compute.backend(), from: from)
    let start = replay.position
    let recorded = trace.stepDigests
    /// Of the state after a step, where it is recorded.
    func digest(after place: StepPosition) -> ShortDigest? {
      guard let digests = recorded[place.epoch], digests.indices.contains(place.step) else { return nil }
      return digests[place.step]
    }
    let departure = try replay.advance(to: step.position, expected: digest(after:))
    if let saved { try saved.write(tensors: replay.checkpointBytes) }
    let (parts, tensor) = try replay.inspect(part: part)
    let isOther = digest(after: step.position).map { $0 != replay.lastDigest } ?? false
    if let place = departure ?? (isOther ? step.position : nil) {
      Console.log(
        "gradflow: warning: after step \(place) the state is not the one in the trace: this machine or program does not compute "
          + "what that run computed")
    }
    if let tensor, let output {
      var file = SafeTensors()
      file["values"] = tensor
      try output.write(tensors: file.fileBytes)
    }
    for line in ReplayReport(start: start, step: step.position, departure: departure, parts: parts).lines {
      try Console.print(line)
    }
  }

  /// A run that goes on, or broke off, may have begun the epoch after its last whole one.
  private static func check(_ step: StepPosition, isIn trace: Trace, path: String) throws {
    let whole = trace.epochs.count
    if step.epoch < whole + (trace.test == nil ? 1 : 0) { return }
    throw Stop(
      .impossible,
      "\(path) has no step \(step.epoch):\(step.step): its \(whole) \(whole == 1 ? "epoch is" : "epochs are") counted from 0")
  }
}

/// `EPOCH:STEP`, both counted from 0.
struct StepArgument: ExpressibleByArgument {
  let position: StepPosition

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let epoch = Int(parts[0]), let step = Int(parts[1]), epoch >= 0, step >= 0 else { return nil }
    position = StepPosition(epoch: epoch, step: step)
  }
}
