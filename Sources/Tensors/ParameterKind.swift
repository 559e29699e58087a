/// What a parameter is to its layer.
public enum ParameterKind: String, CaseIterable, Sendable {
  /// What multiplies inputs: of a convolution, of a linear layer.
  case weight
  case bias
  /// Batch norm's factor.
  case gamma
  /// Batch norm's addend.
  case beta
}
