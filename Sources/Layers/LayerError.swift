/// What no layer can compute.
public enum LayerError: Error, Equatable, CustomStringConvertible {
  /// Batch norm over a single value per channel: the unbiased variance divides by zero.
  case singleValue(layer: String)
  case kernelLargerThanInput(kernel: Int, padding: Int, dilation: Int, input: Int)
  case impossibleGeometry(String)
  /// A dropout that is not at least 0 and below 1.
  case impossibleDropout(rate: Double)
  case impossibleActivation(String)

  public var description: String {
    switch self {
    case .singleValue(let layer):
      "\(layer): batch norm in training mode needs more than one value per channel (images x height x width is 1): "
        + "use a larger batch or image, or evaluation mode"
    case .kernelLargerThanInput(let kernel, let padding, let dilation, let input):
      "a kernel of \(kernel) with dilation \(dilation) does not fit an input of \(input) padded by \(padding) on each side"
    case .impossibleGeometry(let what): what
    case .impossibleDropout(let rate): "a dropout of \(rate): possible is 0 to below 1"
    case .impossibleActivation(let what): what
    }
  }
}
