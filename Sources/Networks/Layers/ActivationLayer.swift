import Layers

/// An activation of each element: `Activation`.
public struct ActivationLayer: NetworkLayer, PointwisePart {
  /// Name of the layer before it; an activation has none of its own.
  public let predecessor: String
  public let activation: Activation

  public init(after predecessor: String, _ activation: Activation) {
    self.predecessor = predecessor
    self.activation = activation
  }

  public var label: String { predecessor + "_activation" }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    if let problem = activation.problem { throw .impossibleActivation(problem) }
    return input
  }

  func join(_ loop: inout PointwiseLoop) { loop.activation = activation }
}
