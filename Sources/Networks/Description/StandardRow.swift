import Optimisers

/// The experiments by name: the seven rows of Table 1, the two with the other placement of batch norm, and those that try what
/// the report proposes or leaves out.
public struct StandardRow: Hashable, Sendable {
  /// Such as `vgg38-bn-rc-1e-2`.
  public let id: String
  /// As Table 1 prints it.
  public let model: String
  public let configuration: NetworkConfiguration
  /// Learning rate at the start of the cosine.
  public let baseLearningRate: Double
  public let isInTable1: Bool
  public let optimiser: OptimiserChoice

  /// What it has that no row of Table 1 has, each in some words.
  public var particulars: [String] {
    configuration.particulars + (optimiser == .standard ? [] : ["optimiser \(optimiser.text)"])
  }

  public static let all: [StandardRow] = [
    row("vgg08", "VGG08", blocks: 0, rate: 1e-3),
    row("vgg38", "VGG38", rate: 1e-3),
    row("vgg38-bn-1e-2", "VGG38 BN", bn: true, rate: 1e-2),
    row("vgg38-bn-1e-3", "VGG38 BN", bn: true, rate: 1e-3),
    row("vgg38-rc", "VGG38 RC", rc: true, rate: 1e-3),
    row("vgg38-bn-rc-1e-3", "VGG38 BN + RC", bn: true, reduction: true, rc: true, rate: 1e-3),
    row("vgg38-bn-rc-1e-2", "VGG38 BN + RC", bn: true, reduction: true, rc: true, rate: 1e-2),
    row("vgg38-bn-all-1e-2", "VGG38 BN (all blocks)", bn: true, reduction: true, rate: 1e-2, inTable: false),
    row("vgg38-bn-all-1e-3", "VGG38 BN (all blocks)", bn: true, reduction: true, rate: 1e-3, inTable: false),
    row("vgg38-he-1e-3", "VGG38 He", rate: 1e-3, inTable: false) { $0.initialisation = .heNormal },
    row("vgg38-elu-1e-3", "VGG38 ELU", rate: 1e-3, inTable: false) { $0.activation = .elu(alpha: 1) },
    row("vgg38-bn-rc-elu-1e-2", "VGG38 BN + RC ELU", bn: true, reduction: true, rc: true, rate: 1e-2, inTable: false) {
      $0.activation = .elu(alpha: 1)
    },
    row("vgg38-ic-1e-2", "VGG38 IC", bn: true, reduction: true, rate: 1e-2, inTable: false) {
      $0.normPlacement = .beforeConvolution(dropout: NormPlacement.usualDropout)
    },
    row("vgg38-ic-rc-1e-2", "VGG38 IC + RC", bn: true, reduction: true, rc: true, rate: 1e-2, inTable: false) {
      $0.normPlacement = .beforeConvolution(dropout: NormPlacement.usualDropout)
    },
    row("vgg38-bn-rc-ghost-1e-2", "VGG38 BN + RC ghost", bn: true, reduction: true, rc: true, rate: 1e-2, inTable: false) {
      // Divides the batches of every profile.
      $0.normStatistics = NormStatistics(ghostSize: 10)
    },
    row(
      "vgg38-bn-rc-decay-1e-2", "VGG38 BN + RC decay", bn: true, reduction: true, rc: true, rate: 1e-2, inTable: false,
      optimiser: OptimiserChoice(normDecay)),
    row(
      "vgg38-bn-rc-ghost-decay-1e-2", "VGG38 BN + RC ghost, decay", bn: true, reduction: true, rc: true, rate: 1e-2,
      inTable: false, optimiser: OptimiserChoice(normDecay)
    ) { $0.normStatistics = NormStatistics(ghostSize: 10) },
    row("vgg38-gn-rc-1e-2", "VGG38 GN + RC", bn: true, reduction: true, rc: true, rate: 1e-2, inTable: false) {
      $0.normStatistics = .groupNorm(groups: 4)
    },
    row("vgg38-bgn-rc-1e-2", "VGG38 BN, GN + RC", bn: true, reduction: true, rc: true, rate: 1e-2, inTable: false) {
      $0.normStatistics = NormStatistics(ghostSize: 2, groups: 4)
    },
  ]

  /// Weight decay of batch norm's factors and addends alone.
  private static var normDecay: AdamWSettings {
    var settings = AdamWSettings()
    settings.leftOut = [.weight, .bias]
    return settings
  }

  public static let table1: [StandardRow] = all.filter(\.isInTable1)

  public static func named(_ id: String) throws(UnknownRow) -> StandardRow {
    guard let row = all.first(where: { $0.id == id }) else { throw UnknownRow(id: id) }
    return row
  }

  private static func row(
    _ id: String, _ model: String, blocks: Int = 5, bn: Bool = false, reduction: Bool = false, rc: Bool = false,
    rate: Double, inTable: Bool = true, optimiser: OptimiserChoice = .standard,
    change: (inout NetworkConfiguration) -> Void = { _ in }
  ) -> StandardRow {
    var configuration = NetworkConfiguration(
      blocksPerStage: blocks, normalisesProcessing: bn, normalisesReduction: reduction, isResidual: rc)
    change(&configuration)
    return StandardRow(
      id: id, model: model, configuration: configuration, baseLearningRate: rate, isInTable1: inTable, optimiser: optimiser)
  }
}

public struct UnknownRow: Error, Equatable, CustomStringConvertible {
  public let id: String

  public var description: String {
    "there is no row named \"\(id)\"; the rows are \(StandardRow.all.map(\.id).joined(separator: ", "))"
  }
}
