/// Holds a subject's gradients against differences, tensor by tensor.
///
/// An element passes where |a − n| ≤ 1e-7·max(|a|, |n|) + the rounding bound of its difference (`CentralDifference`).
/// It counts as compared only where that bound can see: at most 1e-6 of the tensor's largest gradient. A tensor passes
/// if every number is finite, every element was compared, and at most 1 % were given up for kinks.
///
/// Of a large tensor a sample is differenced one by one, and all elements together along random directions, in a row of its
/// own: an error in a single one of n elements shows there divided by √n, one in all of them as it is.
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
    return subject.variables.indices.flatMap { index in
      let variable = subject.variables[index], gradient = gradients[index]
      var generator = SeededGenerator("\(layer), \(shape), \(mode), \(variable.name)")
      let elements = elements(of: variable, subject.selection, &generator)
      var tally = Tally(elementCount: elements.count)
      if variable.value.count != gradient.count {
        tally.fail("\(gradient.count) gradients for \(variable.value.count) elements")
      } else {
        switch variable.claim {
        case .derivative: compare(variable, gradient, elements, with: differences, &tally)
        case .zero(let besides):
          let neighbour = zip(subject.variables, gradients).first { $0.0.name == besides }?.1
          expectZero(
            variable, gradient, elements, with: differences, scale: neighbour?.map(abs).max() ?? 0, &tally)
        }
      }
      var rows = [tally.row(layer: layer, tensor: variable.name, shape: shape, mode: mode)]
      if case .sample(_, let count) = subject.selection, elements.count < gradient.count {
        let tally = directions(count, through: variable, gradient, with: differences, &generator)
        rows.append(tally.row(layer: layer, tensor: variable.name, shape: shape, mode: mode + ", \(count) directions"))
      }
      return rows
    }
  }

  /// Which elements are differenced one by one: a random one of every `count / elements` in a row.
  private static func elements(
    of variable: CheckSubject.Variable, _ selection: CheckSubject.Selection, _ generator: inout SeededGenerator
  ) -> [Int] {
    let count = variable.value.count
    guard case .sample(let elements, _) = selection, elements < count else { return Array(0..<count) }
    return (0..<elements).map { index in
      let start = index * count / elements, end = (index + 1) * count / elements
      return start + generator.integer(below: end - start)
    }
  }

  /// A tally with an element for each direction.
  private static func directions(
    _ count: Int, through variable: CheckSubject.Variable, _ gradient: [Double], with differences: CentralDifference,
    _ generator: inout SeededGenerator
  ) -> Tally {
    var tally = Tally(elementCount: count)
    var length = 1.0
    while length * length * Double(gradient.count) > 1 { length /= 2 }
    let limit = blindness * (gradient.map(abs).max() ?? 0)
    for index in 0..<count {
      let direction = gradient.map { _ in generator.next() & 1 == 0 ? length : -length }
      var analytic = 0.0
      for (g, d) in zip(gradient, direction) { analytic += g * d }
      let numeric = differences.derivative(along: direction, of: variable.value, gradient: gradient) {
        if case .derivative = variable.claim { agrees(analytic, $0) } else { isZero($0) }
      }
      switch (variable.claim, numeric) {
      case (.derivative, _): accept(analytic, numeric, index, blindAbove: limit, &tally)
      case (.zero, let numeric?): tally.add(index, numeric.value, expected: 0, bound: numeric.rounding)
      case (.zero, nil): tally.kinks += 1
      }
    }
    return tally
  }

  private static func compare(
    _ variable: CheckSubject.Variable, _ gradient: [Double], _ elements: [Int], with differences: CentralDifference,
    _ tally: inout Tally
  ) {
    let limit = blindness * (gradient.map(abs).max() ?? 0)
    for element in elements {
      let numeric = differences.derivative(by: element, of: variable.value) { agrees(gradient[element], $0) }
      accept(gradient[element], numeric, element, blindAbove: limit, &tally)
    }
  }

  /// - Parameter numeric: what was differenced, or `nil` where kinks were too near.
  private static func accept(
    _ analytic: Double, _ numeric: CentralDifference.Estimate?, _ element: Int, blindAbove limit: Double,
    _ tally: inout Tally
  ) {
    guard let numeric else {
      tally.kinks += 1
      return
    }
    // A bound that cannot see makes no comparison, but what exceeds even that bound is wrong all the same.
    let isBlind = !(numeric.rounding <= limit)
    if isBlind { tally.blind += 1 }
    tally.add(element, analytic, expected: numeric.value, bound: bound(analytic, numeric), counts: !isBlind)
  }

  private static func bound(_ analytic: Double, _ numeric: CentralDifference.Estimate) -> Double {
    relativeTolerance * max(abs(analytic), abs(numeric.value)) + numeric.rounding
  }

  private static func agrees(_ analytic: Double, _ numeric: CentralDifference.Estimate) -> Bool {
    abs(analytic - numeric.value) <= bound(analytic, numeric)
  }

  private static func isZero(_ numeric: CentralDifference.Estimate) -> Bool { abs(numeric.value) <= numeric.rounding }

  private static func expectZero(
    _ variable: CheckSubject.Variable, _ gradient: [Double], _ elements: [Int], with differences: CentralDifference,
    scale: Double, _ tally: inout Tally
  ) {
    guard scale > 0, scale.isFinite else {
      return tally.fail("a zero cannot be told from rounding: its neighbour's gradient is \(scale)")
    }
    // What is small needs no difference to be seen: all of it is held against the bound, sampled or not.
    for (element, value) in gradient.enumerated() {
      tally.add(element, value, expected: 0, bound: zeroTolerance * scale, counts: false)
    }
    for element in elements {
      let numeric = differences.derivative(by: element, of: variable.value) { isZero($0) }
      guard let numeric else {
        tally.kinks += 1
        continue
      }
      tally.add(element, numeric.value, expected: 0, bound: numeric.rounding)
    }
  }
}
