import ArgumentParser
import Datasets
import Experiments
import Files
import Kernels
import Networks
import PlainText

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Rows, profiles, datasets, and this machine's instruction sets.")

  @Flag(name: .customLong("json"), help: "Print one JSON object.")
  var isJSON = false

  @Flag(name: .customLong("yaml"), help: "Print the built-in matrix as a file that `gradflow matrix --matrix` reads.")
  var isYAML = false

  @Option(
    name: .customLong("plan"),
    help: "Print the plan of a training step of this row: its operations, what they read and write, and the places in memory.",
    completion: .list(StandardRow.all.map(\.id)))
  var planned: String?

  @Option(name: .customLong("batch"), help: "With --plan: images of a batch.")
  var batch = 100

  @Option(name: .customLong("threads"), help: "With --plan: worker threads.")
  var threads = 1

  func validate() throws {
    if [isJSON, isYAML, planned != nil].count(where: \.self) > 1 {
      throw ValidationError("--json, --yaml and --plan exclude one another")
    }
    if planned == nil, batch != 100 || threads != 1 {
      throw ValidationError("--batch and --threads are for --plan, which is not given")
    }
    guard (1...100_000).contains(batch) else { throw ValidationError("--batch takes 1 to 100000 images, not \(batch)") }
    guard WorkerPool.threadRange.contains(threads) else {
      let range = WorkerPool.threadRange
      throw ValidationError("--threads takes \(range.lowerBound) to \(range.upperBound), not \(threads)")
    }
  }

  func run() throws {
    if let planned {
      let row = try StandardRow.named(planned)
      let plan = PlanListing(NetworkDescription(row.configuration), capacity: batch, workers: threads)
      for line in plan.lines(batch: batch, threads: threads) { try Console.print(line) }
    } else if isYAML {
      try Console.print(String(MatrixFile(rows: ExperimentRow.table1).yaml.dropLast()))
    } else if isJSON {
      try Console.print(json.description)
    } else {
      for line in lines { try Console.print(line) }
    }
  }

  // MARK: Text

  private var lines: [String] {
    rowLines + [""] + profileLines + [""] + datasetLines + [""] + instructionSetLines
  }

  private var rowLines: [String] {
    var table = TextTable([
      ("row", .left), ("network", .left), ("BN processing", .left), ("BN reduction", .left), ("RC", .left),
      ("base LR", .right), ("parameters", .right), ("Table 1", .left), ("what else", .left),
    ])
    func mark(_ isSo: Bool) -> String { isSo ? "yes" : "-" }
    func what(_ row: StandardRow) -> String { row.particulars.isEmpty ? "-" : row.particulars.joined(separator: ", ") }
    for row in StandardRow.all {
      let network = row.configuration
      table.add([
        row.id, "VGG\(network.depth < 10 ? "0" : "")\(network.depth)", mark(network.normalisesProcessing),
        mark(network.normalisesReduction), mark(network.isResidual), "\(row.baseLearningRate)",
        "\(network.parameterCount)", mark(row.isInTable1), what(row),
      ])
    }
    return table.lines
  }

  private var profileLines: [String] {
    var table = TextTable([("profile", .left), ("data", .left), ("size", .left)])
    for profile in Profile.allCases { table.add([profile.rawValue, profile.dataDescription, profile.sizeDescription]) }
    return table.lines
  }

  private var datasetLines: [String] {
    var table = TextTable([("dataset", .left), ("what it is", .left)])
    for dataset in DatasetEntry.all { table.add([dataset.name, dataset.description]) }
    return table.lines
  }

  private var instructionSetLines: [String] {
    var table = TextTable([("instruction set", .left), ("on this machine", .left)])
    for set in InstructionSet.allCases {
      table.add([set.rawValue, set == .best ? "yes, chosen by --isa auto" : set.isAvailable ? "yes" : "no"])
    }
    return table.lines
  }

  // MARK: JSON

  private var json: JSONValue {
    .members([
      "rows": .array(StandardRow.all.map(json(of:))),
      "profiles": .array(
        Profile.allCases.map {
          .members([
            "name": .string($0.rawValue), "data": .string($0.dataDescription), "size": .string($0.sizeDescription),
          ])
        }),
      "datasets": .array(
        DatasetEntry.all.map { .members(["name": .string($0.name), "description": .string($0.description)]) }),
      "instruction_sets": .array(InstructionSet.available.map { .string($0.rawValue) }),
    ])
  }

  private func json(of row: StandardRow) -> JSONValue {
    let network = row.configuration
    return .members([
      "row": .string(row.id), "model": .string(row.model), "depth": JSONValue(network.depth),
      "bn_processing": .bool(network.normalisesProcessing), "bn_reduction": .bool(network.normalisesReduction),
      "residual": .bool(network.isResidual), "base_learning_rate": JSONValue(row.baseLearningRate),
      "parameters": JSONValue(network.parameterCount), "table_1": .bool(row.isInTable1),
      "what_else": .array(row.particulars.map { .string($0) }),
    ])
  }
}

private struct DatasetEntry {
  let name: String
  let description: String

  static let all = [
    DatasetEntry(name: "synthetic", description: "built in: images made from a seed of their own"),
    DatasetEntry(name: "cifar-100", description: "a directory in the official binary layout: 50000 + 10000 images"),
    DatasetEntry(name: "cifar-10", description: "the same, with 10 classes"),
  ]
}
