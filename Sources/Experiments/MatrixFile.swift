import Datasets
import Layers
import Networks
import Optimisers
import Training
import Yams

/// Rows described in a YAML file. Every key and value is checked; what is wrong is named with its line.
public struct MatrixFile: Equatable, Sendable {
  public static let format = "gradflow-matrix"
  public static let version = 1

  public var rows: [ExperimentRow]

  public init(rows: [ExperimentRow]) { self.rows = rows }

  /// Reads a file's bytes: UTF-8, with or without a byte-order mark.
  ///
  /// - Parameter name: of the file, for messages.
  public init(bytes: [UInt8], name: String) throws(MatrixFileError) {
    func refusal(_ problem: String, line: Int? = nil) -> MatrixFileError {
      MatrixFileError(file: name, line: line, problem: problem)
    }
    // A byte-order mark, or the zero bytes that ASCII has in wider units: nobody writes them into YAML by hand.
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) || bytes.prefix(4).contains(0) {
      throw refusal("this is UTF-16 or UTF-32, as some editors save text: save it as UTF-8")
    }
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let content = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
    guard let text = String(validating: content, as: UTF8.self) else {
      let (line, byte) = Self.firstInvalid(content)
      throw refusal("byte 0x\(String(byte, radix: 16)) is not UTF-8: save the file as UTF-8", line: line)
    }
    try self.init(yaml: text, name: name)
  }

  /// The line, counted from 1, and the first byte of what is no UTF-8 in `bytes`.
  private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> (line: Int, byte: UInt8) {
    var decoder = UTF8()
    var line = 1
    var rest = bytes.makeIterator()
    var taken = bytes.startIndex
    while true {
      switch decoder.decode(&rest) {
      case .scalarValue(let scalar):
        if scalar == "\n" { line += 1 }
        taken += UTF8.width(scalar)
      case .emptyInput, .error: return (line, taken < bytes.endIndex ? bytes[taken] : 0)
      }
    }
  }

  /// - Parameter name: of the file, for messages.
  public init(yaml text: String, name: String) throws(MatrixFileError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw MatrixFileError(file: name, line: error.line, problem: "this is not YAML: \(error.reason)")
    } catch {
      throw MatrixFileError(file: name, line: nil, problem: "this is not YAML: \(error)")
    }
    guard let root else { throw MatrixFileError(file: name, line: nil, problem: "the file is empty") }
    let file = try YAMLMapping(root, file: name, what: "the file", keys: ["format", "version", "rows"])
    let format = try file.string("format")
    guard format.value == Self.format else {
      throw format.error("the format is \"\(format.value)\", not \"\(Self.format)\"")
    }
    let version = try file.integer("version", in: 0...Int.max)
    guard version.value == Self.version else {
      throw version.error("version \(version.value) of the format is unknown; this program reads \(Self.version)")
    }
    var rows: [ExperimentRow] = []
    let entries = try file.sequence("rows")
    if entries.value.isEmpty { throw entries.error("there are no rows") }
    for entry in entries.value {
      let row = try readRow(entry, file: name)
      if rows.contains(where: { $0.id == row.value.id }) {
        throw row.error("a row named \"\(row.value.id)\" stands above already")
      }
      rows.append(row.value)
    }
    self.rows = rows
  }

  /// The file that says the same.
  public var yaml: String {
    var lines = [
      "# A matrix of experiments. batch, epochs, seeds and augmentation may be left out: the profile decides then.",
      "format: \(Self.format)", "version: \(Self.version)", "rows:",
    ]
    for row in rows {
      lines += [
        "  - id: \(row.id)",
        "    model: \"\(row.model)\"",
        "    depth: \(row.network.depth)",
        "    filters: \(row.network.filters)",
        "    batch_norm: {processing: \(row.network.normalisesProcessing), reduction: \(row.network.normalisesReduction)"
          + "\(row.network.normPlacement.yaml)\(row.network.normStatistics.yaml)}",
        "    residual: \(row.network.isResidual)",
        "    activation: \(row.network.activation.yaml)",
        "    learning_rate: {schedule: \(row.schedule.rawValue), base: \(row.baseLearningRate), "
          + "minimum: \(row.minimumLearningRate), period: \(row.schedulePeriod)}",
      ]
      if row.network.blockDropout > 0 || row.network.headDropout > 0 {
        lines.append("    dropout: {blocks: \(row.network.blockDropout), head: \(row.network.headDropout)}")
      }
      if row.network.initialisation != .standard { lines.append("    initialisation: \(row.network.initialisation.rawValue)") }
      if row.optimiser != .standard { lines.append("    \(MatrixFileOptimiser.key): \(MatrixFileOptimiser.text(row.optimiser))") }
      if let batch = row.batchSize { lines.append("    batch: \(batch)") }
      if let epochs = row.epochs { lines.append("    epochs: \(epochs)") }
      if let seeds = row.seeds { lines.append("    seeds: [\(seeds.map(String.init).joined(separator: ", "))]") }
      if let augmentation = row.augmentation {
        lines.append("    augmentation: {padding: \(augmentation.padding), flip: \(augmentation.flips)}")
      }
      if row.validationSplit != .balanced { lines.append("    validation_split: \(row.validationSplit.rawValue)") }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// What a row's entry in a matrix file says, with the place for messages.
private func readRow(_ node: Node, file: String) throws(MatrixFileError) -> YAMLMapping.Located<ExperimentRow> {
  let entry = try YAMLMapping(
    node, file: file, what: "a row",
    keys: [
      "id", "model", "depth", "filters", "batch_norm", "residual", "activation", "dropout", "initialisation", "learning_rate",
      "batch", "epochs", "seeds", "augmentation", "validation_split", MatrixFileOptimiser.key,
    ])
  let id = try entry.string("id")
  guard !id.value.isEmpty, id.value.utf8.count <= 100, id.value.first != ".",
    id.value.unicodeScalars.allSatisfy({
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0)
    })
  else {
    throw id.error("a row's id names a directory: letters, digits, - _ and . (not first), at most 100; not \"\(id.value)\"")
  }
  let model = try entry.optionalString("model")?.value ?? id.value
  let depth = try entry.integer("depth", in: 8...NetworkConfiguration.largestDepth)
  guard NetworkConfiguration.blocksPerStage(depth: depth.value) != nil else {
    throw depth.error(
      "a network of depth \(depth.value) does not exist: depths are 2 (3 blocks + 3) + 2: 8, 14, 20, 26, 32, 38, ...")
  }
  let filters = try entry.integer("filters", in: 1...1024)
  let norm = try entry.mapping(
    "batch_norm", keys: ["processing", "reduction", "placement", "dropout", "ghost", "groups", "example_weight"])
  let processing = try norm.boolean("processing"), reduction = try norm.boolean("reduction")
  let residual = try entry.boolean("residual")
  let activation = try readActivation(try entry.mapping("activation", keys: ["kind", "slope", "alpha"]))
  let rate = try entry.mapping("learning_rate", keys: ["schedule", "base", "minimum", "period"])
  let scheduleName = try rate.string("schedule")
  guard let schedule = TrainingSettings.Schedule(rawValue: scheduleName.value) else {
    let known = TrainingSettings.Schedule.allCases.map(\.rawValue).joined(separator: ", ")
    throw scheduleName.error("there is no schedule \"\(scheduleName.value)\"; there are \(known)")
  }
  let base = try rate.number("base", above: 0, upTo: 10)
  let minimum = try rate.optionalNumber("minimum", from: 0, upTo: 10)?.value ?? 2e-5
  if schedule == .cosine, base.value < minimum {
    throw base.error(
      "the base \(base.value) is below the minimum \(minimum), so the learning rate would rise: give a smaller minimum")
  }
  let period = try rate.optionalInteger("period", in: 1...100_000)?.value ?? 100
  var row = ExperimentRow(
    id: id.value, model: model,
    network: NetworkConfiguration(
      blocksPerStage: (depth.value - 8) / 6, filters: filters.value, normalisesProcessing: processing.value,
      normalisesReduction: reduction.value, isResidual: residual.value, activation: activation,
      normPlacement: try readPlacement(norm, isAnywhere: processing.value || reduction.value)),
    schedule: schedule, baseLearningRate: base.value, minimumLearningRate: minimum, schedulePeriod: period)
  if let dropout = try entry.optionalMapping("dropout", keys: ["blocks", "head"]) {
    row.network.blockDropout = try dropout.optionalNumber("blocks", from: 0, upTo: 0.999)?.value ?? 0
    row.network.headDropout = try dropout.optionalNumber("head", from: 0, upTo: 0.999)?.value ?? 0
  }
  if let name = try entry.optionalString("initialisation") {
    guard let kind = Initialisation(rawValue: name.value) else {
      let known = Initialisation.allCases.map(\.rawValue).joined(separator: ", ")
      throw name.error("there is no initialisation \"\(name.value)\"; there are \(known)")
    }
    row.network.initialisation = kind
  }
  row.optimiser = try MatrixFileOptimiser.read(entry)
  row.batchSize = try entry.optionalInteger("batch", in: 1...100_000)?.value
  if let ghost = try norm.optionalInteger("ghost", in: 1...100_000) {
    if let batch = row.batchSize, batch % ghost.value != 0 {
      throw ghost.error("ghost batches of \(ghost.value) images do not divide a batch of \(batch)")
    }
    row.network.normStatistics.ghostSize = ghost.value
  }
  if let groups = try norm.optionalInteger("groups", in: 1...1024) {
    guard filters.value % groups.value == 0 else {
      throw groups.error("\(filters.value) filters cannot be divided into \(groups.value) groups of one size")
    }
    row.network.normStatistics.groups = groups.value
  }
  if let weight = try norm.optionalNumber("example_weight", from: 0, upTo: 1) {
    row.network.normStatistics.exampleWeight = weight.value
  }
  row.epochs = try entry.optionalInteger("epochs", in: 1...period)?.value
  if let seeds = try entry.optionalSequence("seeds") {
    row.seeds = []
    for node in seeds.value {
      guard let seed = node.scalar.flatMap({ UInt64($0.string) }) else {
        throw MatrixFileError(file: file, line: node.mark?.line, problem: "a seed is a whole number from 0")
      }
      if row.seeds?.contains(seed) == true {
        throw MatrixFileError(file: file, line: node.mark?.line, problem: "seed \(seed) stands twice")
      }
      row.seeds?.append(seed)
    }
    if seeds.value.isEmpty { throw seeds.error("seeds is empty: leave it out for the default") }
  }
  if let augmentation = try entry.optionalMapping("augmentation", keys: ["padding", "flip"]) {
    let padding = try augmentation.integer("padding", in: 0...31), flip = try augmentation.boolean("flip")
    row.augmentation = .init(padding: padding.value, flips: flip.value)
  }
  if let name = try entry.optionalString("validation_split") {
    guard let kind = Split.Kind(rawValue: name.value) else {
      throw name.error("a validation split is balanced or unbalanced, not \"\(name.value)\"")
    }
    row.validationSplit = kind
  }
  return YAMLMapping.Located(value: row, file: file, line: id.line)
}

private func readPlacement(_ norm: YAMLMapping, isAnywhere: Bool) throws(MatrixFileError) -> NormPlacement {
  let dropout = try norm.optionalNumber("dropout", from: 0, upTo: 0.999)
  guard let name = try norm.optionalString("placement") else {
    if let dropout { throw dropout.error("dropout belongs to batch norm with \"placement: before_convolution\"") }
    return .afterConvolution
  }
  guard let placement = NormPlacement(name: name.value, dropout: dropout?.value) else {
    if let dropout, NormPlacement(name: name.value, dropout: nil) != nil {
      throw dropout.error("dropout belongs to batch norm with \"placement: before_convolution\", not \(name.value)")
    }
    throw name.error("a placement is after_convolution or before_convolution, not \"\(name.value)\"")
  }
  if placement != .afterConvolution, !isAnywhere {
    throw name.error("the placement is of batch norm, which neither processing nor reduction blocks have")
  }
  return placement
}

extension NormPlacement {
  /// Nothing where it is the protocol's.
  fileprivate var yaml: String { dropout.map { ", placement: \(name), dropout: \($0)" } ?? "" }
}

extension NormStatistics {
  /// Nothing of what is the protocol's.
  fileprivate var yaml: String {
    (ghostSize.map { ", ghost: \($0)" } ?? "") + (groups.map { ", groups: \($0)" } ?? "")
      + (weighsExamples ? ", example_weight: \(exampleWeight)" : "")
  }
}

private func readActivation(_ entry: YAMLMapping) throws(MatrixFileError) -> Activation {
  let kind = try entry.string("kind")
  func without(_ key: String) throws(MatrixFileError) {
    if let extra = try entry.optionalNumber(key, from: -1e9, upTo: 1e9) { throw extra.error("\(kind.value) has no \(key)") }
  }
  switch kind.value {
  case "leaky_relu":
    try without("alpha")
    return .leakyReLU(slope: try entry.optionalNumber("slope", from: 0, upTo: 1)?.value ?? 0.01)
  case "relu":
    try without("alpha")
    try without("slope")
    return .leakyReLU(slope: 0)
  case "elu":
    try without("slope")
    return .elu(alpha: try entry.optionalNumber("alpha", from: 1e-3, upTo: 10)?.value ?? 1)
  default: throw kind.error("the activation is relu, leaky_relu or elu, not \"\(kind.value)\"")
  }
}

extension Activation {
  fileprivate var yaml: String {
    switch self {
    case .leakyReLU(let slope): "{kind: leaky_relu, slope: \(slope)}"
    case .elu(let alpha): "{kind: elu, alpha: \(alpha)}"
    }
  }
}
