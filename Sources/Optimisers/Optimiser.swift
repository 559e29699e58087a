import Kernels
import Tensors

/// What makes updates of parameters out of their gradients.
///
/// All that it remembers from one update to the next is `updates` and `state`: who keeps both, and gives them back, goes on
/// with the same bits.
public protocol Optimiser<S>: AnyObject {
  associatedtype S: KernelScalar

  var parameters: [Parameter<S>] { get }
  /// Updates made so far.
  var updates: Int { get set }
  /// What is remembered of each parameter; zero before the first update. The order counts: digests follow it.
  var state: [OptimiserState<S>] { get }

  /// The scalars of the last update made, if that was its learning rate, by name and before they were rounded to S.
  func scalars(learningRate: Double) -> [(name: String, value: Double)]

  /// One update of all parameters from their gradients, in place. Allocates nothing.
  func update(learningRate: Double)
}

/// One thing that an optimiser remembers, such as Adam's first moments.
public struct OptimiserState<S: KernelScalar> {
  /// Such as `first`: it stands in checkpoints and digests.
  public let name: String
  /// One a parameter, each of its parameter's shape.
  public let tensors: [Tensor<S>]

  public init(_ name: String, of parameters: [Parameter<S>]) {
    self.name = name
    tensors = parameters.map { Tensor(shape: $0.shape) }
  }
}
