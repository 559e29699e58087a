/// What a network is made for.
public enum NetworkUse: Sendable {
  /// Training steps and evaluation, with nothing kept that these do not need.
  case training
  /// Checks: there is the images' gradient too, and evaluation keeps its activations and may be followed by a backward pass.
  case inspection
}
