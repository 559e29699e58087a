/// What is checked: a sum of terms as a function of some tensors, and the gradient that is claimed for it.
///
/// The claim is whatever `backward` leaves, so that a test can make a wrong one and see it caught.
package struct CheckSubject {
  package enum Claim {
    /// The gradient is the derivative, and some of it is not zero.
    case derivative
    /// The derivative is zero by mathematics, as that of a bias before batch norm: the gradient is rounding, small
    /// against the gradient of the variable named `besides`.
    case zero(besides: String)
  }

  /// A tensor that the function depends on, and the one in which `backward` leaves the gradient.
  package struct Variable {
    package var name: String
    package var value: any CheckedTensor
    package var gradient: any CheckedTensor
    package var claim: Claim

    package init(
      _ name: String, _ value: any CheckedTensor, gradient: any CheckedTensor, claim: Claim = .derivative
    ) {
      self.name = name
      self.value = value
      self.gradient = gradient
      self.claim = claim
    }
  }

  /// What is differenced of a variable.
  package enum Selection: Hashable, Sendable {
    case everyElement
    /// A tensor of more than `elements` elements is sampled: that many elements, drawn at random, and a few directions.
    case sample(elements: Int, directions: Int)
  }

  package var variables: [Variable]
  package var termCount: Int
  /// Writes the terms for the variables' present values.
  package var forward: (UnsafeMutableBufferPointer<Double>) -> Void
  /// Leaves the gradients at the variables' values of the last `forward`.
  package var backward: () -> Void
  /// Bounds the rounding error of each term near the variables' values of the last `forward`.
  package var termErrors: () -> [Double]
  /// Tensors, written by `forward` and `look`, whose signs tell on which side of its kinks the function is.
  package var sides: [any CheckedTensor]
  /// Writes `sides` where the variables stand, for a function that does not tell by itself. It is asked after `forward`, where
  /// somebody wants to know.
  package var look: () -> Void = {}

  /// The signs of `sides` where `forward` was last called: whether each element is greater than 0.
  func signs() -> [[Bool]] {
    look()
    return sides.map { $0.elements.map { $0 > 0 } }
  }

  /// How far a sweep's largest steps may reach: where h⁴ no longer matters beside h².
  package var reach = 1.0
  /// The first step of a difference: small against the lengths over which the function bends, and against the distance of
  /// its kinks.
  package var step = CentralDifference.step
  package var selection = Selection.everyElement

  package init(
    variables: [Variable], termCount: Int, sides: [any CheckedTensor] = [],
    forward: @escaping (UnsafeMutableBufferPointer<Double>) -> Void, backward: @escaping () -> Void,
    termErrors: @escaping () -> [Double]
  ) {
    self.variables = variables
    self.termCount = termCount
    self.sides = sides
    self.forward = forward
    self.backward = backward
    self.termErrors = termErrors
  }
}
