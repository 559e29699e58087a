import CKernels
import Kernels

/// What happens to each element between two layers, by kind: the forward function, its gradient from the output, and what checks
/// have to know of its kink. All are computed in the loop that normalises and adds (`Pointwise`).
public enum Activation: Hashable, Sendable, CustomStringConvertible {
  /// y = x where x > 0, otherwise slope · x; by comparison and selection, so that a NaN stays one and a zero takes the slope's
  /// side. A slope of 0 is the ReLU, one of 1 the identity. Source: Maas, Hannun & Ng, ICML 2013.
  case leakyReLU(slope: Double)
  /// y = x where x > 0, otherwise alpha · (eˣ − 1), in double, rounded once. Source: Clevert, Unterthiner & Hochreiter,
  /// arXiv:1511.07289.
  case elu(alpha: Double)

  public static let identity = Activation.leakyReLU(slope: 1)

  /// What the kernels call `slope`.
  var constant: Double {
    switch self {
    case .leakyReLU(let slope): slope
    case .elu(let alpha): alpha
    }
  }

  public var description: String {
    switch self {
    case .leakyReLU(let slope): "leaky ReLU of slope \(slope)"
    case .elu(let alpha): "ELU of alpha \(alpha)"
    }
  }

  /// What makes it impossible, or `nil`.
  public var problem: String? {
    switch self {
    case .leakyReLU(let slope): (0...1).contains(slope) ? nil : "a leaky ReLU of slope \(slope); possible is 0 to 1"
    case .elu(let alpha): alpha > 0 && alpha <= 10 ? nil : "an ELU of alpha \(alpha); possible is above 0 to 10"
    }
  }

  /// By what the weights after it must be larger for the signal to keep its size: 1/√E[f(z)²] for z normal with mean 0 and
  /// variance 1. For the leaky ReLU that is √(2/(1 + slope²)); for the ELU E[f(z)²] is ½ + alpha²·(e²·Φ(−2) − 2·√e·Φ(−1) + ½),
  /// Φ being the normal distribution's function.
  /// Source: He, Zhang, Ren & Sun, arXiv:1502.01852, section 2.2, whose derivation is for rectifiers.
  public var gain: Double {
    switch self {
    case .leakyReLU(let slope): (2 / (1 + slope * slope)).squareRoot()
    case .elu(let alpha): (1 / (0.5 + alpha * alpha * Self.eluBelowZero)).squareRoot()
    }
  }

  /// E[(eᶻ − 1)²; z < 0] = e²·Φ(−2) − 2·√e·Φ(−1) + ½.
  private static let eluBelowZero = 0x1.28d9249eb2887p-3

  public var isIdentity: Bool { self == .identity }

  /// Whether the gradient needs nothing of the output but its sign: then what comes before the activation tells as much.
  public var needsSignAlone: Bool {
    switch self {
    case .leakyReLU: true
    case .elu: false
    }
  }

  /// Whether an output tells that its input is no nearer to the kink than `margin`, or almost. The ReLU's zeros do not tell.
  package func isClear(output y: Double, margin: Double) -> Bool {
    switch self {
    case .leakyReLU(let slope): y > margin || y < -margin * slope || (slope == 0 && y <= 0)
    // The ELU's slope there is alpha at most, and half of that for inputs up to log 2.
    case .elu(let alpha): y > margin || y < -margin * alpha / 2
    }
  }

  func forward(_ call: inout gf_pointwise_forward, _ kernels: KernelTable) {
    switch self {
    case .leakyReLU: kernels.pointee.pointwise_forward(&call)
    case .elu: kernels.pointee.elu_forward(&call)
    }
  }

  func backward(_ call: inout gf_pointwise_backward, _ kernels: KernelTable) {
    switch self {
    case .leakyReLU: kernels.pointee.pointwise_backward(&call)
    case .elu: kernels.pointee.elu_backward(&call)
    }
  }

  func sums(_ call: inout gf_pointwise_backward, into sums: UnsafeMutablePointer<Double>, _ kernels: KernelTable) {
    switch self {
    case .leakyReLU: kernels.pointee.backward_sums(&call, sums)
    case .elu: kernels.pointee.elu_sums(&call, sums)
    }
  }
}
