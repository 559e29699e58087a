/// Where batch norm stands in the blocks that have it.
public enum NormPlacement: Hashable, Sendable {
  /// Behind each convolution, before the skip and the activation.
  case afterConvolution
  /// Before each convolution, and followed by dropout: an independent-component (IC) layer. A skip begins before it.
  /// Source: Chen et al., arXiv:1905.05928.
  case beforeConvolution(dropout: Double)

  /// The rate of IC layers where nothing else is said.
  public static let usualDropout = 0.05

  /// As matrix files and traces have it.
  public var name: String {
    switch self {
    case .afterConvolution: "after_convolution"
    case .beforeConvolution: "before_convolution"
    }
  }

  /// Of the dropout behind batch norm; `nil` where there is none by definition.
  public var dropout: Double? {
    switch self {
    case .afterConvolution: nil
    case .beforeConvolution(let rate): rate
    }
  }

  /// - Parameter dropout: the usual rate where it is `nil`.
  /// - Returns: `nil` for a name that no placement has, and for dropout where none can be.
  public init?(name: String, dropout: Double?) {
    switch name {
    case "after_convolution" where dropout == nil: self = .afterConvolution
    case "before_convolution": self = .beforeConvolution(dropout: dropout ?? Self.usualDropout)
    default: return nil
    }
  }
}
