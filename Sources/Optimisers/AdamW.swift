import CKernels
import Kernels
import Tensors

/// Adam with decoupled weight decay.
///
/// p ← p·(1 − lr·λ), then Adam's update of it; parameters of the kinds that are left out get Adam's update alone, with Adam's
/// bits. 1 − lr·λ is computed in double and rounded to S. Source: Loshchilov & Hutter, arXiv:1711.05101, algorithm 2, with the
/// learning rate as its schedule multiplier and step size in one.
public final class AdamW<S: KernelScalar>: Adam<S> {
  private let weightDecay: Double
  private let isLeftOut: [Bool]

  public init(_ parameters: [Parameter<S>], settings: AdamWSettings, backend: Backend) {
    weightDecay = settings.weightDecay
    isLeftOut = parameters.map { settings.leftOut.contains($0.kind) }
    super.init(parameters, constants: settings.adam, backend: backend)
  }

  public override func scalars(learningRate: Double) -> [(name: String, value: Double)] {
    super.scalars(learningRate: learningRate) + [("decay", decay(learningRate))]
  }

  /// What a parameter is multiplied by.
  private func decay(_ learningRate: Double) -> Double { 1 - learningRate * weightDecay }

  public override func perform(task: Int, worker: Int, with update: AdamUpdate) {
    guard !isLeftOut[task] else { return super.perform(task: task, worker: worker, with: update) }
    let parameter = parameters[task]
    var constants = update.constants
    kernels.pointee.adamw(
      &constants, decay(update.learningRate), parameter.gradient.pointer, parameter.value.pointer, first[task].pointer,
      second[task].pointer,
      parameter.count)
  }
}

public struct AdamWSettings: OptimiserSettings {
  public static var kind: String { "adamw" }
  public static var fields: [OptimiserField<Self>] {
    [
      .number("beta1", .fraction, \.adam.beta1), .number("beta2", .fraction, \.adam.beta2),
      .number("epsilon", .positive, \.adam.epsilon), .number("weight_decay", .share, \.weightDecay),
      .kinds("no_decay", \.leftOut),
    ]
  }

  public var adam = AdamSettings()
  /// λ: what of a parameter goes in an update with a learning rate of 1.
  public var weightDecay = 0.01
  /// Kinds of parameters that do not decay.
  public var leftOut: [ParameterKind] = []

  public init() {}

  public func optimiser<S: KernelScalar>(of parameters: [Parameter<S>], backend: Backend) -> any Optimiser<S> {
    AdamW(parameters, settings: self, backend: backend)
  }
}
