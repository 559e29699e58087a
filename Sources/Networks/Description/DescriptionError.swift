import Layers

/// What is wrong with a list of layers, and where.
public struct DescriptionError: Error, Equatable, CustomStringConvertible {
  public enum Problem: Equatable, Sendable {
    /// Two layers with one name, or with parameters of one name.
    case namedTwice
    /// A skip that comes from no layer before it.
    case unknownSource(String)
    /// A skip between two shapes.
    case skipOfOtherShape(source: String, found: MapShape, expected: MapShape)
    /// A layer that cannot take what the one before it gives.
    case impossible(LayerError)
    /// A list that does not end with the loss, or has one elsewhere.
    case lossNotLast
  }

  /// Counted from 1.
  public let position: Int
  public let layer: String
  public let problem: Problem

  public var description: String {
    let place = "layer \(position), \(layer)"
    return switch problem {
    case .namedTwice: "\(place): a layer before it has the same name: give each its own"
    case .unknownSource(let source): "\(place): adds the input of \"\(source)\", and no layer before it is named so"
    case .skipOfOtherShape(let source, let found, let expected):
      "\(place): adds the input of \"\(source)\", which is \(found), to \(expected): a skip needs one shape at both ends"
    case .impossible(let error): "\(place): \(error)"
    case .lossNotLast: "\(place): the loss, and nothing else, ends a network"
    }
  }
}
