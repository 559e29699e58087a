/// What a network is made for.
public enum NetworkUse: Sendable {
  /// Training steps and evaluation, with nothing kept that these do not need.
  case training
  /// Checks: there is the images' gradient too, all activations are kept, and a backward pass may follow an evaluation.
  case inspection
}
