import ArgumentParser
import Experiments
import Files
import Networks
import Training

struct OpeningCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "opening",
    abstract: "Write what another program needs to make a row's first steps.",
    discussion: """
      The kit is a safetensors file: initial weights under the course code's names, the first three batches and one of the \
      validation set as they enter the network, states to make one step from (anchors), and the constants as metadata. \
      What another framework makes of it, `golden check --opening FILE` judges as another arithmetic of the same run; \
      docs/verdicts.md describes both files. A name that ends in .zst is compressed.
      """)

  @Argument(help: "The row: see `gradflow list`.")
  var row: RowArgument

  @Option(help: "The profile: smoke, quick, short or paper.")
  var profile = Profile.quick

  @Option(help: "The run's seed.")
  var seed: UInt64 = 0

  @OptionGroup var data: DataOption

  @Option(help: "The file to be written.")
  var out: String

  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let output = try OutputFile(out, option: "--out", inputs: data.inputs)
    var options = try TrainingOptions.parse(["--profile", profile.rawValue])
    options.data = data
    let dataset = try options.dataset()
    options.warn(of: dataset)
    let specification = RunSpecification(row: ExperimentRow(row.row), profile: profile, seed: seed, dataset: dataset)
    let identity = specification.identity(dataset: dataset)
    try MemoryNeed(identity.settings.network, images: identity.settings.batchSize, in: Float.self).check(against: compute.memory)
    let source = try ExperimentData(dataset, identity.settings, seed: seed)
    let kit = try OpeningRun(identity, source: source, backend: compute.backend()).kit(identity)
    try output.write(tensors: kit.fileBytes)
    try output.tell("\(out): \(kit.names.count) tensors, the opening of \(row.row.id) at \(profile.rawValue), seed \(seed)")
  }
}
