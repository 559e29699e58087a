import Layers

/// The shape of one network of the experiment: three stages of processing blocks, each closed by a reduction block,
/// between an entry convolution and a linear head.
public struct NetworkConfiguration: Hashable, Sendable {
  public static let stages = 3
  public static let imageChannels = 3
  /// The smallest side of an image: after three reductions one pixel is left.
  public static let smallestSide = 8

  /// Processing blocks of each stage: 0 for VGG08, 5 for VGG38.
  public var blocksPerStage: Int
  public var filters: Int
  public var classes: Int
  /// Height and width of the images.
  public var side: Int
  public var normalisesProcessing: Bool
  public var normalisesReduction: Bool
  public var normPlacement: NormPlacement
  public var normStatistics = NormStatistics.standard
  /// Whether a processing block's input is added to its second convolution's (normalised) output.
  public var isResidual: Bool
  public var activation: Activation
  /// Dropout rate after the first convolution of each processing block (Zagoruyko & Komodakis, arXiv:1605.07146).
  public var blockDropout: Double
  /// Dropout rate of the linear layer's input.
  public var headDropout: Double
  public var initialisation: Initialisation

  public init(
    blocksPerStage: Int, filters: Int = 32, classes: Int = 100, side: Int = 32, normalisesProcessing: Bool = false,
    normalisesReduction: Bool = false, isResidual: Bool = false, activation: Activation = .leakyReLU(slope: 0.01),
    blockDropout: Double = 0, headDropout: Double = 0, initialisation: Initialisation = .standard,
    normPlacement: NormPlacement = .afterConvolution
  ) {
    self.blocksPerStage = blocksPerStage
    self.filters = filters
    self.classes = classes
    self.side = side
    self.normalisesProcessing = normalisesProcessing
    self.normalisesReduction = normalisesReduction
    self.isResidual = isResidual
    self.activation = activation
    self.blockDropout = blockDropout
    self.headDropout = headDropout
    self.initialisation = initialisation
    self.normPlacement = normPlacement
  }

  /// Layers with weights that the name counts: VGG08 has 8, VGG38 has 38.
  public var depth: Int { 2 * (Self.stages * blocksPerStage + Self.stages) + 2 }

  /// What it has that no row of Table 1 has, each in some words.
  public var particulars: [String] {
    var words: [String] = []
    if let rate = normPlacement.dropout { words.append("IC layers of dropout \(rate)") }
    words += normStatistics.particulars
    if case .elu = activation { words.append("\(activation)") }
    if initialisation != .standard { words.append("initialisation \(initialisation.rawValue)") }
    return words
  }

  public var parameterCount: Int {
    ParameterSpecification.all(of: self).reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// The same network for other data.
  public func with(classes: Int, side: Int) -> NetworkConfiguration {
    var copy = self
    copy.classes = classes
    copy.side = side
    return copy
  }

  /// The deepest network: a hundred blocks a stage.
  package static let largestDepth = 608

  /// The blocks that a network of that depth has, if there is one.
  package static func blocksPerStage(depth: Int) -> Int? {
    (8...largestDepth).contains(depth) && (depth - 8) % (2 * stages) == 0 ? (depth - 8) / (2 * stages) : nil
  }

  /// What makes the configuration impossible, or `nil`.
  public var problem: String? {
    if blocksPerStage < 0 { return "a stage cannot have \(blocksPerStage) blocks" }
    if !(1...1024).contains(filters) { return "\(filters) filters; possible are 1 to 1024" }
    if !(2...10_000).contains(classes) { return "\(classes) classes; possible are 2 to 10000" }
    if !(Self.smallestSide...1024).contains(side) {
      return "images of \(side) x \(side) pixels; three reductions need a side of \(Self.smallestSide) to 1024"
    }
    if let problem = activation.problem { return problem }
    for rate in [blockDropout, headDropout, normPlacement.dropout ?? 0] where !(rate >= 0 && rate < 1) {
      return LayerError.impossibleDropout(rate: rate).description
    }
    if normPlacement != .afterConvolution, !normalisesProcessing, !normalisesReduction {
      return "batch norm before convolutions, and no blocks that have batch norm: give it to processing or reduction blocks"
    }
    if let problem = normStatistics.problem(channels: filters) { return problem }
    if blocksPerStage > 100 { return "\(blocksPerStage) blocks a stage; at most 100" }
    return nil
  }
}
