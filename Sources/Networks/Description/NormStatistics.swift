/// Over what batch norm takes its statistics; the protocol's is each channel of the whole batch, and running averages alone in
/// evaluation. See `BatchNorm`.
public struct NormStatistics: Hashable, Sendable {
  /// Images of a batch that share them in training (ghost batches); all where it is `nil`.
  public var ghostSize: Int?
  /// Groups that the channels are divided into; each channel is by itself where it is `nil`.
  public var groups: Int?
  /// The share of an image's own statistics in evaluation.
  public var exampleWeight: Double

  public init(ghostSize: Int? = nil, groups: Int? = nil, exampleWeight: Double = 0) {
    self.ghostSize = ghostSize
    self.groups = groups
    self.exampleWeight = exampleWeight
  }

  public static let standard = NormStatistics()

  /// Whether an image's own statistics have a share in evaluation, so that the gradient goes through them there too.
  public var weighsExamples: Bool { exampleWeight > 0 }

  /// Each image by itself, in training and in evaluation: group norm. Source: Wu & He, arXiv:1803.08494.
  public static func groupNorm(groups: Int) -> NormStatistics {
    NormStatistics(ghostSize: 1, groups: groups, exampleWeight: 1)
  }

  /// What the protocol has not, each in some words.
  var particulars: [String] {
    [
      ghostSize.map { "ghost batches of \($0)" }, groups.map { "\($0) groups of channels" },
      weighsExamples ? "evaluation weighs examples by \(exampleWeight)" : nil,
    ].compactMap { $0 }
  }

  /// What makes them impossible for that many channels, or `nil`.
  func problem(channels: Int) -> String? {
    if let ghostSize, ghostSize < 1 { return "ghost batches of \(ghostSize) images; at least 1" }
    if let groups, groups < 1 || channels % groups != 0 {
      return "\(channels) channels cannot be divided into \(groups) groups of one size"
    }
    if !(0...1).contains(exampleWeight) { return "an example's weight of \(exampleWeight); possible are 0 to 1" }
    return nil
  }
}
