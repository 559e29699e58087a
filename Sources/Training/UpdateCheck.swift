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

  /// In tolerances; infinite where one of the numbers is not finite.
  public var times: Double {
    let times = abs(found - expected) / tolerance
    return times.isNaN ? .infinity : times
  }
}

/// One update by the run's optimiser, from a state and gradients that another program answered.
///
/// Tolerances, ε being 2⁻²⁴, half a unit of binary32 at 1; both programs round, and calculate constants such as 1 − β and the
/// corrections in binary64, to round them once:
/// - of what the optimiser remembers, 16·ε·(|s| + |s′|), s before and s′ after: at most five roundings in either program, of
///   numbers no larger than these. And eight of the smallest numbers above 0, for products that underflow; or anything where
///   both are below the normal numbers, of which a program may make 0;
/// - of a parameter p, three roundings of its own, 3·ε·(|p| + |p′|), and eight of its update's, 8·ε·|p′ − p|; and by how much
///   it moves if the optimiser remembered 16·ε·(|s| + |s′|) more before, for each thing that it remembers: the update is made
///   once more with each, so this holds for any optimiser, and where terms cancel.
struct UpdateCheck {
  private let step: TrainingStep
  private let before: [[Float]]
  private let expected: [[Float]]
  /// Of the parameters' elements, by what the optimiser remembers.
  private let moves: [[[Float]]]

  /// The tensors that are compared, in an order of their own: parameters, then each thing that is remembered of them.
  private static func tensors(_ step: TrainingStep) -> [Tensor<Float>] {
    step.optimiser.parameters.map(\.value) + step.optimiser.state.flatMap(\.tensors)
  }

  /// Makes the update from what the network and the optimiser hold, and leaves it there.
  init(_ step: TrainingStep, updates: Int, learningRate: Double) {
    self.step = step
    let tensors = Self.tensors(step), parameters = step.optimiser.parameters.count
    let before = tensors.map(\.values)
    func updated(_ state: [[Float]]) -> [[Float]] {
      for (tensor, values) in zip(tensors, state) { tensor.assign(values) }
      step.optimiser.updates = updates
      step.optimiser.update(learningRate: learningRate)
      return tensors.map(\.values)
    }
    let expected = updated(before)
    moves = step.optimiser.state.indices.map { state in
      var more = before
      for index in (state + 1) * parameters..<(state + 2) * parameters {
        more[index] = zip(before[index], expected[index]).map { $0 + 0x1p-20 * (abs($0) + abs($1)) }
      }
      return Array(updated(more).prefix(parameters))
    }
    for (tensor, values) in zip(tensors, expected) { tensor.assign(values) }
    self.before = before
    self.expected = expected
  }

  private func tolerance(_ index: Int, _ element: Int) -> Double {
    let old = Double(before[index][element]), new = Double(expected[index][element]), size = abs(old) + abs(new)
    guard index < step.optimiser.parameters.count else { return 0x1p-20 * size + 0x1p-146 }
    return moves.reduce(3 * 0x1p-24 * size + 0x1p-21 * abs(new - old) + 0x1p-146) {
      $0 + abs(Double($1[index][element]) - new)
    }
  }

  /// What the network and the optimiser hold by now, which is the answer, against the update: what departs, a tensor each, and
  /// the largest departure of all elements, in tolerances.
  func departures(at point: String) -> (outside: [UpdateDeparture], largest: Double) {
    let parameters = step.optimiser.parameters, quantities = ["value"] + step.optimiser.state.map(\.name)
    var outside: [UpdateDeparture] = []
    var largest = 0.0
    for (index, tensor) in Self.tensors(step).enumerated() {
      let (quantity, parameter) = (quantities[index / parameters.count], parameters[index % parameters.count].name)
      var worst: UpdateDeparture?
      for (element, found) in tensor.values.enumerated() {
        let wanted = expected[index][element]
        let areEqual = found == wanted && found.isFinite
        // Each by itself: the larger of 0 and NaN may be 0.
        let areBelowNormal = abs(found) < .leastNormalMagnitude && abs(wanted) < .leastNormalMagnitude
        if areEqual || areBelowNormal { continue }
        let departure = UpdateDeparture(
          point: point, quantity: quantity, parameter: parameter, element: element, found: Double(found),
          expected: Double(wanted), tolerance: tolerance(index, element))
        if departure.times > worst?.times ?? 0 { worst = departure }
      }
      guard let worst else { continue }
      largest = max(largest, worst.times)
      if worst.times > 1 { outside.append(worst) }
    }
    return (outside, largest)
  }
}
