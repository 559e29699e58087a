import Layers

/// Leaky ReLU of each element: `LeakyReLU`.
public struct ActivationLayer: NetworkLayer, PointwisePart {
  /// Of the layer before it, under whose name it counts.
  public let predecessor: String
  public let slope: Double

  public init(after predecessor: String, slope: Double) {
    self.predecessor = predecessor
    self.slope = slope
  }

  public var label: String { predecessor + "_activation" }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape { input }

  func join(_ loop: inout PointwiseLoop) { loop.slope = slope }
}
