/// The name of a layer in the course code's networks: where it stands, and what it is. Printed and read here alone.
///
/// There are two forms of it: the label, as in traces, tables and figures (`block_0_1_conv_0`), and the path in the state dict
/// (`layer_dict.block_0_1.layer_dict.conv_0`).
public struct LayerName: Hashable, Sendable, CustomStringConvertible {
  /// The block that a layer belongs to. Stages and blocks count from 0.
  public enum Block: Hashable, Sendable {
    /// The convolution that the images enter by.
    case entry
    /// A processing block of a stage.
    case processing(stage: Int, index: Int)
    /// The block that ends a stage with half the pixels.
    case reduction(stage: Int)
  }

  public enum Kind: String, CaseIterable, Sendable {
    case convolution = "conv"
    case batchNorm = "bn"
  }

  /// The linear layer has no block, and is the only one of its kind; every other layer has both, and a number within its block.
  private enum Place: Hashable, Sendable {
    case output
    case within(Block, Kind, Int)
  }

  private let place: Place

  public static let output = LayerName(place: .output)

  public init(_ block: Block, _ kind: Kind, _ index: Int) { place = .within(block, kind, index) }

  private init(place: Place) { self.place = place }

  /// `nil` for the linear layer at the output.
  public var block: Block? { if case .within(let block, _, _) = place { block } else { nil } }
  public var kind: Kind? { if case .within(_, let kind, _) = place { kind } else { nil } }
  /// Within its block and kind.
  public var index: Int { if case .within(_, _, let index) = place { index } else { 0 } }
  /// `nil` for the entry and the output.
  public var stage: Int? { block?.stage }

  // MARK: Printed

  /// As traces, tables and figures have it.
  public var description: String {
    switch place {
    case .output: Self.outputWord
    case .within(let block, let kind, let index): "\(block)_\(kind.rawValue)_\(index)"
    }
  }

  /// As the state dict has it.
  public var path: String {
    switch place {
    case .output: Self.outputWord
    case .within(let block, let kind, let index): "\(Self.container).\(block).\(Self.container).\(kind.rawValue)_\(index)"
    }
  }

  /// What it shares with the layers of its kind in its stage, in words.
  public var family: String {
    guard case .within(let block, let kind, _) = place else { return Self.outputWord.replacing("_", with: " ") }
    return "\(block.family) \(kind.rawValue)"
  }

  private static let outputWord = "logit_linear_layer"
  /// What the course code's modules keep their parts in.
  static let container = "layer_dict"

  // MARK: Read

  /// Reads a label or a path; `nil` for what is neither.
  public init?(_ text: String) {
    if text == Self.outputWord {
      place = .output
      return
    }
    // Both forms are the same words; only a whole name gives them back.
    let words = text.split(separator: ".").filter { $0 != Self.container }.joined(separator: "_").split(separator: "_")
    guard words.count >= 3, !words.contains(where: { $0.hasPrefix("-") }), let index = Int(words[words.count - 1]),
      let kind = Kind(rawValue: String(words[words.count - 2])), let block = Block(words.dropLast(2))
    else { return nil }
    place = .within(block, kind, index)
    guard description == text || path == text else { return nil }
  }
}

extension LayerName.Block: CustomStringConvertible {
  public var description: String {
    switch self {
    case .entry: "input_conv"
    case .processing(let stage, let index): "block_\(stage)_\(index)"
    case .reduction(let stage): "reduction_block_\(stage)"
    }
  }

  /// `nil` for the entry, which comes before the first.
  public var stage: Int? {
    switch self {
    case .entry: nil
    case .processing(let stage, _), .reduction(let stage): stage
    }
  }

  fileprivate var family: String {
    switch self {
    case .entry: "input conv"
    case .processing(let stage, _): "block \(stage)"
    case .reduction(let stage): "reduction block \(stage)"
    }
  }

  fileprivate init?(_ words: ArraySlice<Substring>) {
    let names = words.filter { Int($0) == nil }, numbers = words.compactMap { Int($0) }
    switch (names, numbers.count) {
    case (["input", "conv"], 0): self = .entry
    case (["block"], 2): self = .processing(stage: numbers[0], index: numbers[1])
    case (["reduction", "block"], 1): self = .reduction(stage: numbers[0])
    default: return nil
    }
  }
}
