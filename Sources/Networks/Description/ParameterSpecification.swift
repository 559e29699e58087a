import LayerNames
import Tensors

/// Name, shape and kind of one entry of a network's state, as the course code names it.
public struct ParameterSpecification: Hashable, Sendable {
  public enum Kind: Sendable {
    case weight, bias, gamma, beta, runningMean, runningVariance

    /// `nil` for what training does not change by a gradient.
    var ofParameter: ParameterKind? {
      switch self {
      case .weight: .weight
      case .bias: .bias
      case .gamma: .gamma
      case .beta: .beta
      case .runningMean, .runningVariance: nil
      }
    }
  }

  /// Such as `layer_dict.block_0_1.layer_dict.conv_0.weight`.
  public let name: String
  public let shape: [Int]
  public let kind: Kind
  /// Inputs that one output of the layer sums over: channels × kernel places. For batch norm 0.
  public let fanIn: Int

  public var isBuffer: Bool { kind == .runningMean || kind == .runningVariance }

  /// All parameters in the order in which the signal meets them; without buffers.
  public static func all(of configuration: NetworkConfiguration) -> [ParameterSpecification] {
    state(of: configuration).filter { !$0.isBuffer }
  }

  /// All parameters and buffers in the order in which the signal meets them.
  public static func state(of configuration: NetworkConfiguration) -> [ParameterSpecification] {
    NetworkDescription(configuration).state
  }

  /// The short name under which figures and traces list a layer: block and layer, as in `reduction_block_2_conv_0`.
  public static func label(of name: String) -> String {
    ParameterName(name).label
  }

  public var label: String { Self.label(of: name) }
}
