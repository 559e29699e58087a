/// Counts what was compared of one tensor and keeps the worst of it.
package struct Tally {
  package var elementCount: Int
  private(set) var checked = 0
  /// Elements given up for kinks.
  var kinks = 0
  /// Elements whose bound is too coarse to count as compared.
  var blind = 0
  private var worst = 0.0
  private var failure: String?

  package init(elementCount: Int) { self.elementCount = elementCount }

  /// A NaN has no sign that means anything.
  private func text(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }

  private func words(_ element: Int, _ actual: Double, _ expected: Double, _ bound: Double) -> String {
    "element \(element): \(text(actual)) where \(text(expected)) was expected (bound \(text(bound)))"
  }

  /// Accepts |actual − expected| ≤ bound, all finite; anything else fails.
  package mutating func add(_ element: Int, _ actual: Double, expected: Double, bound: Double, counts: Bool = true) {
    if counts { checked += 1 }
    let error = abs(actual - expected)
    guard actual.isFinite, expected.isFinite, bound.isFinite else {
      worst = .infinity
      return fail(words(element, actual, expected, bound))
    }
    if error == 0 { return }
    worst = max(worst, error / bound)
    if !(error <= bound) { fail(words(element, actual, expected, bound)) }
  }

  /// The same for a whole tensor in binary32, with bounds `scale[i]` · `factor`. A loop of its own, because the
  /// tensors of a production batch have millions of elements.
  package mutating func add(
    _ actual: UnsafePointer<Float>, expected: UnsafePointer<Double>, scale: UnsafePointer<Double>, factor: Double,
    count: Int
  ) {
    var i = 0
    while i < count {
      let bound = scale[i] * factor
      let error = abs(Double(actual[i]) - expected[i])
      if !(error <= bound && bound < .infinity) {
        add(i, Double(actual[i]), expected: expected[i], bound: bound, counts: false)
      } else if error > worst * bound {
        worst = error / bound
      }
      i += 1
    }
    checked += count
  }

  /// The first failure is kept: it is enough to find the place.
  package mutating func fail(_ facts: String) {
    if failure == nil { failure = facts }
  }

  package func row(layer: String, tensor: String, shape: String, mode: String) -> GradientCheckRow {
    GradientCheckRow(
      layer: layer, tensor: tensor, shape: shape, mode: mode, elementCount: elementCount, elementsChecked: checked,
      worstRatio: worst, kinksSkipped: kinks, failure: failure ?? incompleteness)
  }

  private var incompleteness: String? {
    if checked == 0 {
      "nothing was compared (\(elementCount) elements, \(kinks) on kinks, \(blind) below the rounding bound)"
    } else if Double(kinks) > GradientComparison.kinkShare * Double(elementCount) {
      "\(kinks) of \(elementCount) elements lie on kinks; at most 1 % may"
    } else if blind > 0 {
      "\(blind) of \(elementCount) elements have a rounding bound too coarse to see an error"
    } else if checked + kinks != elementCount {
      "\(checked) compared and \(kinks) skipped of \(elementCount) elements"
    } else {
      nil
    }
  }
}
