import CKernels
import Kernels
import Tensors

/// Stochastic gradient descent, with momentum or without.
///
/// v ← μ·v + g; p ← p − lr·v, or p ← p − lr·(g + μ·v) after Nesterov. Without momentum p ← p − lr·g, and nothing is
/// remembered. Source: Sutskever, Martens, Dahl & Hinton, ICML 2013, section 2, with the learning rate outside of the velocity,
/// so that a change of it acts at once, as in PyTorch.
public final class SGD<S: KernelScalar>: Optimiser, ParallelWork {
  public let parameters: [Parameter<S>]
  public var updates = 0
  /// The velocity, where there is momentum.
  public let state: [OptimiserState<S>]

  private let settings: SGDSettings
  private let backend: Backend
  private let kernels: KernelTable

  public init(_ parameters: [Parameter<S>], settings: SGDSettings, backend: Backend) {
    self.parameters = parameters
    self.settings = settings
    self.backend = backend
    kernels = backend.kernels(for: S.self)
    state = settings.momentum == 0 ? [] : [OptimiserState("velocity", of: parameters)]
  }

  public func update(learningRate: Double) {
    updates += 1
    let constants = gf_sgd_constants(
      rate: learningRate, momentum: settings.momentum, nesterov: settings.isNesterov ? 1 : 0)
    backend.pool.run(self, with: constants, tasks: parameters.count)
  }

  public func scalars(learningRate: Double) -> [(name: String, value: Double)] {
    [("rate", learningRate), ("momentum", settings.momentum)]
  }

  public func perform(task: Int, worker: Int, with constants: gf_sgd_constants) {
    let parameter = parameters[task]
    var constants = constants
    kernels.pointee.sgd(
      &constants, parameter.gradient.pointer, parameter.value.pointer, state.first?.tensors[task].pointer, parameter.count)
  }
}

public struct SGDSettings: OptimiserSettings {
  public static var kind: String { "sgd" }
  public static var fields: [OptimiserField<Self>] {
    [.number("momentum", .fraction, \.momentum), .flag("nesterov", \.isNesterov)]
  }

  /// μ; 0: none.
  public var momentum = 0.9
  /// Whether the gradient is taken for the place to which the velocity leads.
  public var isNesterov = false

  public init() {}

  public func optimiser<S: KernelScalar>(of parameters: [Parameter<S>], backend: Backend) -> any Optimiser<S> {
    SGD(parameters, settings: self, backend: backend)
  }
}
