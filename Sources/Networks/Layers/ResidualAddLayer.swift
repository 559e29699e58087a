import Layers

/// Adds what an earlier layer took: `ResidualAdd`.
public struct ResidualAddLayer: NetworkLayer, PointwisePart {
  /// The layer whose input is added, by its label.
  public let source: String

  public init(inputOf source: String) { self.source = source }

  public var label: String { source + "_skip" }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape { input }

  func join(_ loop: inout PointwiseLoop) { loop.skip = source }
}
