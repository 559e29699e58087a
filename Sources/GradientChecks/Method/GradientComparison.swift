/// Holds a subject's gradients against differences, tensor by tensor.
///
/// An element passes where |a − n| ≤ 1e-7·max(|a|, |n|) + the rounding bound of its difference (`CentralDifference`).
/// It counts as compared only where that bound can see: at most 1e-6 of the tensor's largest gradient. A tensor passes
/// if every number is finite, every element was compared, and at most 1 % were given up for kinks.
package enum GradientComparison {
  package static let relativeTolerance = 1e-7
  package static let blindness = 1e-6
  package static let kinkShare = 0.01
  /// What may be left of a gradient that is zero by mathematics, against the largest of its neighbour's.
  package static let zeroTolerance = 1e-11

  /// - Parameters:
  ///   - layer, shape, mode: for the rows.
  package static func rows(_ subject: CheckSubject, layer: String, shape: String, mode: String) -> [GradientCheckRow] {
    let differences = CentralDifference(subject)
    subject.backward()
    let gradients = subject.variables.map(\.gradient.values)
    return subject.variables.indices.map { index in
      let variable = subject.variables[index], gradient = gradients[index]
      var tally = Tally(elementCount: variable.value.count)
      if variable.value.count != gradient.count {
        tally.fail("\(gradient.count) gradients for \(variable.value.count) elements")
      } else {
        switch variable.claim {
        case .derivative: compare(variable, gradient, with: differences, &tally)
        case .zero(let besides):
          let neighbour = zip(subject.variables, gradients).first { $0.0.name == besides }?.1
          expectZero(variable, gradient, with: differences, scale: neighbour?.map(abs).max() ?? 0, &tally)
        }
      }
      return tally.row(layer: layer, tensor: variable.name, shape: shape, mode: mode)
    }
  }

  private static func compare(
    _ variable: CheckSubject.Variable, _ gradient: [Double], with differences: CentralDifference, _ tally: inout Tally
  ) {
    let limit = blindness * (gradient.map(abs).max() ?? 0)
    for element in gradient.indices {
      guard let numeric = differences.derivative(by: element, of: variable.value) else {
        tally.kinks += 1
        continue
      }
      let analytic = gradient[element]
      // A bound that cannot see makes no comparison, but what exceeds even that bound is wrong all the same.
      let isBlind = !(numeric.rounding <= limit)
      if isBlind { tally.blind += 1 }
      tally.add(
        element, analytic, expected: numeric.value,
        bound: relativeTolerance * max(abs(analytic), abs(numeric.value)) + numeric.rounding, counts: !isBlind)
    }
  }

  private static func expectZero(
    _ variable: CheckSubject.Variable, _ gradient: [Double], with differences: CentralDifference, scale: Double,
    _ tally: inout Tally
  ) {
    guard scale > 0, scale.isFinite else {
      return tally.fail("a zero cannot be told from rounding: its neighbour's gradient is \(scale)")
    }
    for element in gradient.indices {
      let numeric = differences.derivative(by: element, of: variable.value)
      tally.add(element, gradient[element], expected: 0, bound: zeroTolerance * scale, counts: numeric != nil)
      if let numeric {
        tally.add(element, numeric.value, expected: 0, bound: numeric.rounding, counts: false)
      } else {
        tally.kinks += 1
      }
    }
  }
}
