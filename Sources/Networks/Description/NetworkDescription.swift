import Layers

/// A network as the list of its layers, in the order in which the signal meets them, the loss last.
///
/// Everything else about it is derived from this list: its parameters, the operations of its passes, which of them run together,
/// the memory that they take, and what they cost.
public struct NetworkDescription: Sendable {
  /// Shape of the images.
  public let input: MapShape
  public let layers: [any NetworkLayer]
  /// Shape of each layer's input.
  public let inputShapes: [MapShape]
  /// Outputs of the last layer before the loss.
  public let classes: Int
  /// How weights and biases begin, and by what a layer must be larger because of the activation before it.
  public let initialisation: Initialisation
  public let gain: Double

  /// - Parameter gain: of the activation, as `Activation.gain`; the protocol's initialisation takes none.
  /// - Throws: `DescriptionError` for layers that do not fit together, with the first one that does not.
  public init(
    input: MapShape, layers: [any NetworkLayer], initialisation: Initialisation = .standard, gain: Double = 1
  ) throws(DescriptionError) {
    self.input = input
    self.layers = layers
    self.initialisation = initialisation
    self.gain = gain
    var shapes: [MapShape] = []
    var shape = input
    var places: [String: Int] = [:]
    for (index, layer) in layers.enumerated() {
      func error(_ problem: DescriptionError.Problem) -> DescriptionError {
        DescriptionError(position: index + 1, layer: layer.label, problem: problem)
      }
      if let skip = layer as? ResidualAddLayer {
        guard let source = places[skip.source] else { throw error(.unknownSource(skip.source)) }
        guard shapes[source] == shape else {
          throw error(.skipOfOtherShape(source: skip.source, found: shapes[source], expected: shape))
        }
      } else if places.updateValue(index, forKey: layer.label) != nil {
        throw error(.namedTwice)
      }
      if (layer is SoftmaxCrossEntropyLayer) != (index == layers.count - 1) { throw error(.lossNotLast) }
      shapes.append(shape)
      do throws(LayerError) { shape = try layer.outputShape(of: shape) } catch let problem { throw error(.impossible(problem)) }
    }
    if layers.isEmpty { throw DescriptionError(position: 1, layer: "-", problem: .lossNotLast) }
    inputShapes = shapes
    classes = shape.channels
  }

  /// Parameters and buffers in the order in which the signal meets them.
  public var state: [ParameterSpecification] {
    zip(layers, inputShapes).flatMap { $0.parameters(input: $1) }
  }

  /// The layers whose input a skip adds somewhere.
  var skipSources: Set<String> { Set(layers.compactMap { ($0 as? ResidualAddLayer)?.source }) }

  /// The largest number of channels that goes into or comes out of a convolution.
  var mostChannels: Int {
    zip(layers, inputShapes).reduce(0) { most, pair in
      (pair.0 as? ConvolutionLayer).map { max(most, $0.filters, pair.1.channels) } ?? most
    }
  }
}
