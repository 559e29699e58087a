/// Derivatives of a subject by differences of its terms.
///
/// **Formula.** D(h) = Σ(t(x + h) − t(x − h)) / 2h errs by h²·f‴/6 + h⁴·f⁽⁵⁾/120 + …; R = (4·D(h/2) − D(h)) / 3 by
/// h⁴·f⁽⁵⁾/480 only (Richardson 1911). With h = 2⁻¹² that is 7e-18·f⁽⁵⁾, below the rounding described next unless
/// |f⁽⁵⁾| exceeds a million times the terms it moves; the checks' inputs are scaled to be of order one so that it does
/// not. The divisor is the distance of the two rounded points, so that rounding x ± h costs nothing.
///
/// **Rounding.** The terms are subtracted one by one, so that those which do not depend on x leave exactly nothing.
/// With |error of term i| ≤ Eᵢ, and the sums over the terms that changed: D(h) errs by at most 2ΣEᵢ / 2h, D(h/2) by
/// twice that, R by (4·2 + 1)/3 = 3 times it: 3ΣEᵢ / h. Adding up n differences Δᵢ adds γ_{n+4}·Σ|Δᵢ| / 2h, for h and
/// h/2, weighted alike. The gradient's own rounding is of the order u·Σ|terms|, smaller by the factor h.
///
/// **Directions.** Along d = ±2⁻ᵏ in every element, with 2⁻ᵏ next below 1/√n, all n elements move at once, none of them by
/// more than a step alone would move it. Here x ± h·d is rounded, by u·|x| at most: Σ|gradient·x|·u at each point, and so
/// 3u·Σ|gradient·x| / h in R, as above.
///
/// **Kinks.** Where the difference is not what the gradient claims, the four points are looked at: if a sign pattern differs
/// from that of x at any of them, h is divided by 4, up to four times; then the element is given up. A difference that agrees
/// needs no such excuse, so most points are passed once, and by the subject alone.
package final class CentralDifference {
  package static let step = 0x1p-12
  static let retries = 4

  struct Estimate {
    var value: Double
    /// How far rounding alone may put it from the derivative.
    var rounding: Double
  }

  private let subject: CheckSubject
  private let errors: [Double]
  private let baseSigns: [[Bool]]
  /// Terms at x + h, x − h, x + h/2, x − h/2.
  private let points: [UnsafeMutableBufferPointer<Double>]

  /// Evaluates the subject where its variables stand.
  init(_ subject: CheckSubject) {
    self.subject = subject
    points = (0..<4).map { _ in .allocate(capacity: subject.termCount) }
    for buffer in points { buffer.initialize(repeating: 0) }
    subject.forward(points[0])
    baseSigns = subject.signs()
    errors = subject.termErrors()
    precondition(errors.count == subject.termCount, "one error bound a term")
  }

  deinit { for buffer in points { buffer.deallocate() } }

  /// Derivative by one element of a tensor, or `nil` if it is not what was claimed and kinks are too near.
  ///
  /// - Parameter agrees: with what is claimed.
  func derivative(by element: Int, of tensor: any CheckedTensor, agrees: (Estimate) -> Bool) -> Estimate? {
    let x = tensor.pointer[element]
    defer { tensor.pointer[element] = x }
    return estimate(agrees) { step in
      let places = Self.factors.map { x + $0 * step }
      return (places[0] - places[1], places[2] - places[3], { tensor.pointer[element] = places[$0] })
    }
  }

  /// Derivative along `direction` through all elements of a tensor, or `nil` if it is not what was claimed and kinks are too
  /// near. `gradient` is the one that is claimed: of it the bound takes how far rounded points may put the difference.
  func derivative(
    along direction: [Double], of tensor: any CheckedTensor, gradient: [Double], agrees: (Estimate) -> Bool
  ) -> Estimate? {
    let base = tensor.values
    defer { tensor.assign(base) }
    var displacement = 0.0
    for (x, g) in zip(base, gradient) { displacement += abs(x * g) }
    func widened(_ estimate: Estimate, _ step: Double) -> Estimate {
      .init(value: estimate.value, rounding: estimate.rounding + 3 * Rounding.unit * displacement / step)
    }
    var last = 0.0
    let estimate = estimate({ agrees(widened($0, last)) }) { step in
      last = step
      return (
        2 * step, step,
        { point in
          for i in 0..<base.count { tensor.pointer[i] = base[i] + Self.factors[point] * step * direction[i] }
        }
      )
    }
    return estimate.map { widened($0, last) }
  }

  /// Where a difference stands, in steps.
  private static let factors = [1, -1, 0.5, -0.5]

  /// - Parameter line: of a step, the distance of the two outer points, that of the two inner ones, and what moves to each.
  private func estimate(
    _ agrees: (Estimate) -> Bool, _ line: (Double) -> (wide: Double, narrow: Double, move: (Int) -> Void)
  ) -> Estimate? {
    var step = subject.step
    for _ in 0...Self.retries {
      let (wide, narrow, move) = line(step)
      let estimate = estimate(step: step, wide, narrow, move)
      if agrees(estimate) || isOnTheSameSides(move) { return estimate }
      step /= 4
    }
    return nil
  }

  private func estimate(
    step: Double, _ wideDistance: Double, _ narrowDistance: Double, _ move: (Int) -> Void
  ) -> Estimate {
    for (point, terms) in points.enumerated() {
      move(point)
      subject.forward(terms)
    }
    var wide = 0.0, narrow = 0.0, wideMagnitude = 0.0, narrowMagnitude = 0.0, errorSum = 0.0, changed = 0
    errors.withUnsafeBufferPointer { errors in
      var i = 0
      while i < errors.count {
        let outer = points[0][i] - points[1][i], inner = points[2][i] - points[3][i]
        // A term that is not a number differs from itself: it counts as changed.
        if outer != 0 || inner != 0 {
          wide += outer
          narrow += inner
          wideMagnitude += abs(outer)
          narrowMagnitude += abs(inner)
          errorSum += errors[i]
          changed += 1
        }
        i += 1
      }
    }
    let value = (4 * (narrow / narrowDistance) - wide / wideDistance) / 3
    let magnitude = (4 * narrowMagnitude / step + wideMagnitude / (2 * step)) / 3
    // Terms that should have changed may have been rounded to no change at all: at least the largest error counts.
    let evaluation = changed == 0 ? errors.max() ?? 0 : errorSum
    return Estimate(value: value, rounding: 3 * evaluation / step + Rounding.gamma(changed + 4) * magnitude)
  }

  /// Whether all four points lie on the same sides of the kinks as x.
  private func isOnTheSameSides(_ move: (Int) -> Void) -> Bool {
    points.enumerated().allSatisfy { point, terms in
      move(point)
      subject.forward(terms)
      return subject.signs() == baseSigns
    }
  }
}
