/// The sequence of units and pools that a configuration stands for; names as in the course code.
struct Architecture {
  /// A convolution with what follows it up to the next one: [batch norm] → [+ skip] → leaky ReLU.
  struct Unit {
    let block: String
    /// Index of the convolution (and batch norm) within its block.
    let index: Int
    let channels: Int
    let hasBias: Bool
    let isNormalised: Bool
    /// The unit before which the block begins: its input is added here.
    let skipsFromBlockInput: Bool

    var convolutionName: String { "layer_dict.\(block).layer_dict.conv_\(index)" }
    var normName: String { "layer_dict.\(block).layer_dict.bn_\(index)" }
    var label: String { "\(block)_conv_\(index)" }
    var normLabel: String { "\(block)_bn_\(index)" }
  }

  enum Node {
    case unit(Unit)
    /// 2×2 average, stride 2.
    case pool(block: String)
  }

  static let headName = "logit_linear_layer"

  let configuration: NetworkConfiguration
  let nodes: [Node]

  init(_ configuration: NetworkConfiguration) {
    self.configuration = configuration
    let filters = configuration.filters
    func unit(
      _ block: String, _ index: Int, channels: Int? = nil, bias: Bool = false, norm: Bool, skip: Bool = false
    ) -> Node {
      .unit(
        Unit(
          block: block, index: index, channels: channels ?? filters, hasBias: bias, isNormalised: norm,
          skipsFromBlockInput: skip))
    }
    var nodes = [unit("input_conv", 0, channels: NetworkConfiguration.imageChannels, norm: true)]
    for stage in 0..<NetworkConfiguration.stages {
      for block in 0..<configuration.blocksPerStage {
        let name = "block_\(stage)_\(block)"
        let norm = configuration.normalisesProcessing
        nodes.append(unit(name, 0, norm: norm))
        nodes.append(unit(name, 1, norm: norm, skip: configuration.isResidual))
      }
      let name = "reduction_block_\(stage)"
      let norm = configuration.normalisesReduction
      nodes.append(unit(name, 0, bias: true, norm: norm))
      nodes.append(.pool(block: name))
      nodes.append(unit(name, 1, bias: true, norm: norm))
    }
    self.nodes = nodes
  }

  /// Whether the backward pass can compute the output of the unit at `position` anew from its convolution's, which batch norm
  /// needs anyway: it only normalises and activates, and no later unit adds it. (With a slope below 0 its sign would not tell
  /// the side of the kink.)
  func isRecomputable(at position: Int) -> Bool {
    guard case .unit(let unit) = nodes[position] else { return false }
    return unit.isNormalised && !unit.skipsFromBlockInput && configuration.slope >= 0 && !isAdded(at: position)
  }

  /// Whether a convolution, and so a weight gradient, reads what the node at `position` puts out.
  func isRead(at position: Int) -> Bool {
    if position + 1 < nodes.count, case .unit = nodes[position + 1] { true } else { false }
  }

  /// Whether a residual block begins with what the node at `position` puts out.
  private func isAdded(at position: Int) -> Bool {
    var block: String?
    for case .unit(let unit) in nodes.dropFirst(position + 1).prefix(while: { if case .unit = $0 { true } else { false } }) {
      if block == nil, unit.index != 0 { return false }
      if let block, unit.block != block { return false }
      block = unit.block
      if unit.skipsFromBlockInput { return true }
    }
    return false
  }

  var specifications: [ParameterSpecification] {
    let filters = configuration.filters
    var all: [ParameterSpecification] = []
    for case .unit(let unit) in nodes {
      let fanIn = unit.channels * 9
      all.append(
        .init(
          name: unit.convolutionName + ".weight", shape: [filters, unit.channels, 3, 3], kind: .weight, fanIn: fanIn))
      if unit.hasBias {
        all.append(.init(name: unit.convolutionName + ".bias", shape: [filters], kind: .bias, fanIn: fanIn))
      }
      guard unit.isNormalised else { continue }
      for (suffix, kind) in [
        ("weight", ParameterSpecification.Kind.gamma), ("bias", .beta), ("running_mean", .runningMean),
        ("running_var", .runningVariance),
      ] {
        all.append(.init(name: "\(unit.normName).\(suffix)", shape: [filters], kind: kind, fanIn: 0))
      }
    }
    let classes = configuration.classes
    all.append(
      .init(name: Self.headName + ".weight", shape: [classes, filters], kind: .weight, fanIn: filters))
    all.append(.init(name: Self.headName + ".bias", shape: [classes], kind: .bias, fanIn: filters))
    return all
  }
}
