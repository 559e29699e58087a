/// What random numbers are drawn for. Each use has a stream of its own, so that none depends on how many numbers another
/// drew. All names stand here; they are part of the reproducibility contract (`RandomStream` says how they enter the key).
public struct StreamName: Hashable, Sendable, CustomStringConvertible {
  /// The name that enters the key.
  public let description: String

  private init(_ name: String) { description = name }

  /// The initial values of the parameter with this name: "initialisation/NAME".
  public static func initialisation(_ parameter: String) -> StreamName { .init("initialisation/\(parameter)") }
  /// Which training images of a class are set aside for validation: "validation-split/LABEL", the label in decimal.
  public static func validationSplit(class label: Int) -> StreamName { .init("validation-split/\(label)") }
  /// Which training images are set aside where classes are not balanced: "validation-split/all".
  public static let unbalancedValidationSplit = StreamName("validation-split/all")
  /// The order of the training images in an epoch: "shuffle".
  public static let shuffle = StreamName("shuffle")
  /// Which elements a layer drops in an epoch: "dropout/LAYER".
  public static func dropout(_ layer: String) -> StreamName { .init("dropout/\(layer)") }
  /// Crop offsets of an epoch: "crop".
  public static let crop = StreamName("crop")
  /// Flips of an epoch: "flip".
  public static let flip = StreamName("flip")
  /// What stands for another rounding of a layer's results: "rounding/LAYER/PHASE". No run draws it.
  public static func rounding(_ layer: String, _ phase: String) -> StreamName { .init("rounding/\(layer)/\(phase)") }
  /// The normal numbers that stand for other rounding: "rounding/sample".
  public static let roundingSample = StreamName("rounding/sample")
  /// The signs that a sketch of a gradient is taken with: "sketch/PARAMETER". No run's state depends on it.
  public static func sketch(_ parameter: String) -> StreamName { .init("sketch/\(parameter)") }
  /// A tensor of an anchor, a state from which one step is made: "anchor/ANCHOR/TENSOR".
  public static func anchor(_ anchor: String, _ tensor: String) -> StreamName { .init("anchor/\(anchor)/\(tensor)") }
  /// Some aspect of the built-in synthetic data: "synthetic/ASPECT".
  public static func synthetic(_ aspect: String) -> StreamName { .init("synthetic/\(aspect)") }
}
