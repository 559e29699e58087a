import Kernels
import Networks
import Optimisers
import Tensors

/// Where another program's update is not what the run's optimiser makes of the gradients that this program found itself: no chaos
/// is between the two, only the rounding of one update.
public struct UpdateDeparture: Equatable, Sendable {
  public let point: String
  /// `value`, or what the optimiser remembers: `first`, `second`, ...
  public let quantity: String
  public let parameter: String
  /// The element that departs most.
  public let element: Int
  public let found: Double
  public let expected: Double
  public let tolerance: Double

  /// In tolerances.
  public var times: Double { abs(found - expected) / tolerance }
}

/// One update by the run's optimiser, from a state and gradients that another program answered.
///
/// Tolerances, ε being 2⁻²⁴, half a unit of binary32 at 1:
/// - of what the optimiser remembers, 16·ε·(|s| + |s′|), s before and s′ after it: it takes at most five roundings, of numbers no
///   larger than these, in either program, and constants that are rounded once; and the smallest normal number, as programs
///   may take smaller ones for 0;
/// - of a parameter p, 2·ε·(|p| + |p′|), for its own rounding in either program, and 64·ε·d, d the largest update of the tensor's
///   elements: 16·ε as above, times 4, for elements whose moments nearly cancel.
struct UpdateCheck {
  private let step: TrainingStep
  private let before: [[Float]]
  private let expected: [[Float]]

  /// The tensors that are compared, in an order of their own.
  private static func tensors(_ step: TrainingStep) -> [Tensor<Float>] {
    step.optimiser.parameters.map(\.value) + step.optimiser.state.flatMap(\.tensors)
  }

  /// Makes the update from what the network and the optimiser hold.
  init(_ step: TrainingStep, updates: Int, learningRate: Double) {
    self.step = step
    let tensors = Self.tensors(step)
    before = tensors.map(\.values)
    step.optimiser.updates = updates
    step.optimiser.update(learningRate: learningRate)
    expected = tensors.map(\.values)
  }

  /// What the network and the optimiser hold by now, which is the answer, against the update.
  func departures(at point: String) -> [UpdateDeparture] {
    let parameters = step.optimiser.parameters
    let quantities = ["value"] + step.optimiser.state.map(\.name)
    return Self.tensors(step).enumerated().compactMap { index, tensor in
      let largest =
        index < parameters.count
        ? zip(before[index], expected[index]).reduce(0) { max($0, abs(Double($1.1) - Double($1.0))) } : nil
      var worst: UpdateDeparture?
      for (element, found) in tensor.values.enumerated() {
        let (old, new) = (Double(before[index][element]), Double(expected[index][element]))
        let tolerance =
          largest.map { 0x1p-23 * (abs(old) + abs(new)) + 0x1p-18 * $0 + 0x1p-126 } ?? 0x1p-20 * (abs(old) + abs(new)) + 0x1p-126
        let departure = UpdateDeparture(
          point: point, quantity: quantities[index / parameters.count], parameter: parameters[index % parameters.count].name,
          element: element, found: Double(found), expected: new, tolerance: tolerance)
        if departure.times > max(worst?.times ?? 0, 1) { worst = departure }
      }
      return worst
    }
  }
}
