import CKernels
import Kernels
import Tensors

/// Adam, without weight decay or AMSGrad.
///
/// t counts from 1: m ← β1·m + (1 − β1)·g; v ← β2·v + (1 − β2)·g·g;
/// p ← p − (lr / (1 − β1ᵗ))·m / (√v / √(1 − β2ᵗ) + ε). Scalars are computed in double and rounded to S; powers by one fixed
/// rule. Source: Kingma & Ba, arXiv:1412.6980, algorithm 1, with the bias corrections as in its section 2.
public class Adam<S: KernelScalar>: Optimiser, ParallelWork {
  public let parameters: [Parameter<S>]
  public let constants: AdamSettings
  public var updates = 0
  /// First and second moments.
  public let state: [OptimiserState<S>]
  let first: [Tensor<S>]
  let second: [Tensor<S>]

  private let backend: Backend
  let kernels: KernelTable

  public init(_ parameters: [Parameter<S>], constants: AdamSettings = AdamSettings(), backend: Backend) {
    self.parameters = parameters
    self.constants = constants
    self.backend = backend
    kernels = backend.kernels(for: S.self)
    state = [OptimiserState("first", of: parameters), OptimiserState("second", of: parameters)]
    first = state[0].tensors
    second = state[1].tensors
  }

  public func update(learningRate: Double) {
    updates += 1
    let update = AdamUpdate(learningRate: learningRate, constants: call(learningRate: learningRate))
    backend.pool.run(self, with: update, tasks: parameters.count)
  }

  /// Of update number `updates`.
  private func call(learningRate: Double) -> gf_adam_constants {
    let correction1 = 1 - Elementary.power(constants.beta1, UInt64(updates))
    let correction2 = 1 - Elementary.power(constants.beta2, UInt64(updates))
    return gf_adam_constants(
      beta1: constants.beta1, beta2: constants.beta2, one_minus_beta1: 1 - constants.beta1,
      one_minus_beta2: 1 - constants.beta2, step: learningRate / correction1, root: correction2.squareRoot(),
      epsilon: constants.epsilon)
  }

  public func scalars(learningRate: Double) -> [(name: String, value: Double)] {
    let call = call(learningRate: learningRate)
    return [
      ("step", call.step), ("root", call.root), ("beta1", call.beta1), ("beta2", call.beta2), ("epsilon", call.epsilon),
    ]
  }

  public func perform(task: Int, worker: Int, with update: AdamUpdate) {
    let parameter = parameters[task]
    var constants = update.constants
    kernels.pointee.adam(
      &constants, parameter.gradient.pointer, parameter.value.pointer, first[task].pointer, second[task].pointer,
      parameter.count)
  }
}

/// One update of all parameters.
public struct AdamUpdate {
  let learningRate: Double
  let constants: gf_adam_constants
}

public struct AdamSettings: OptimiserSettings {
  public static var kind: String { "adam" }
  public static var fields: [OptimiserField<Self>] {
    [.number("beta1", .fraction, \.beta1), .number("beta2", .fraction, \.beta2), .number("epsilon", .positive, \.epsilon)]
  }

  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double

  public init() { self.init(beta1: 0.9) }

  public init(beta1: Double, beta2: Double = 0.999, epsilon: Double = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  public func optimiser<S: KernelScalar>(of parameters: [Parameter<S>], backend: Backend) -> any Optimiser<S> {
    Adam(parameters, constants: self, backend: backend)
  }
}
