/// How weights and biases begin. Batch norm's γ is 1 and β 0 with each of them.
public enum Initialisation: String, CaseIterable, Sendable {
  /// The protocol's: weights and biases uniform on ±1/√fan_in (Kaiming uniform with a = √5). The signal shrinks layer by layer.
  case standard = "protocol"
  /// Weights normal with mean 0 and standard deviation gain/√fan_in; biases 0. The signal keeps its size. The gain is that of the
  /// network's activation, in the first layer too. Source: He, Zhang, Ren & Sun, arXiv:1502.01852, section 2.2.
  case heNormal = "he_normal"
  /// Weights uniform on ±√3·gain/√fan_in, which has the same standard deviation; biases 0.
  case heUniform = "he_uniform"
}
