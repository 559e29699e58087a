import CKernels
import Kernels
import Tensors

/// Adam, without weight decay or AMSGrad.
///
/// t counts from 1: m ← β1·m + (1 − β1)·g; v ← β2·v + (1 − β2)·g·g;
/// p ← p − (lr / (1 − β1ᵗ))·m / (√v / √(1 − β2ᵗ) + ε). Scalars are computed in double and rounded to S; powers by one fixed
/// rule. Source: Kingma & Ba, arXiv:1412.6980, algorithm 1, with the bias corrections as in its section 2.
public final class Adam<S: KernelScalar>: ParallelWork {
  public struct Constants: Hashable, Sendable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
    }
  }

  public let parameters: [Parameter<S>]
  public let constants: Constants
  /// First and second moments, one tensor a parameter.
  public let first: [Tensor<S>]
  public let second: [Tensor<S>]
  /// Updates made so far.
  public var step = 0

  private let backend: Backend
  private let kernels: KernelTable
  private var call = gf_adam_constants()

  public init(_ parameters: [Parameter<S>], constants: Constants = Constants(), backend: Backend) {
    self.parameters = parameters
    self.constants = constants
    self.backend = backend
    kernels = backend.kernels(for: S.self)
    first = parameters.map { Tensor(shape: $0.shape) }
    second = parameters.map { Tensor(shape: $0.shape) }
  }

  /// One update of all parameters from their gradients.
  public func update(learningRate: Double) {
    step += 1
    let correction1 = 1 - Elementary.power(constants.beta1, UInt64(step))
    let correction2 = 1 - Elementary.power(constants.beta2, UInt64(step))
    call = gf_adam_constants(
      beta1: constants.beta1, beta2: constants.beta2, one_minus_beta1: 1 - constants.beta1,
      one_minus_beta2: 1 - constants.beta2, step: learningRate / correction1, root: correction2.squareRoot(),
      epsilon: constants.epsilon)
    backend.pool.run(self, tasks: parameters.count)
  }

  public func perform(task: Int, worker: Int) {
    let parameter = parameters[task]
    var constants = call
    kernels.pointee.adam(
      &constants, parameter.gradient.pointer, parameter.value.pointer, first[task].pointer, second[task].pointer,
      parameter.count)
  }
}
