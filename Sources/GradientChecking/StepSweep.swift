/// The error of the plain central difference D(h) along one direction, for h = 2⁻⁵, 2⁻⁶, … 2⁻²⁴.
///
/// Where the function is curved the error is h²·f‴/6 + O(h⁴): halving h divides it by four, until rounding takes over.
/// A gradient that is wrong by δ shows as an error that stops falling at δ, long before that.
package struct StepSweep {
  package struct Point {
    package let step: Double
    /// |D(h) − Σ gradient·direction|.
    package let error: Double
    /// Bound on what rounding adds to it.
    package let rounding: Double
  }

  package private(set) var points: [Point] = []

  /// - Parameter generator: draws the direction: over all elements of all variables, each within ±`reach`.
  package init(_ subject: CheckSubject, _ generator: inout SeededGenerator) {
    let directions = Self.directions(for: subject, &generator)
    let base = subject.variables.map(\.value.values)
    let forwards = UnsafeMutableBufferPointer<Double>.allocate(capacity: subject.termCount)
    let backwards = UnsafeMutableBufferPointer<Double>.allocate(capacity: subject.termCount)
    defer {
      forwards.deallocate()
      backwards.deallocate()
    }
    forwards.initialize(repeating: 0)
    backwards.initialize(repeating: 0)
    subject.forward(forwards)
    let signs = subject.signs()
    let errorSum = subject.termErrors().reduce(0, +)
    subject.backward()
    var slope = 0.0, displacement = 0.0
    for (index, variable) in subject.variables.enumerated() {
      for element in 0..<variable.value.count {
        slope += variable.gradient.pointer[element] * directions[index][element]
        displacement += abs(variable.gradient.pointer[element] * base[index][element])
      }
    }
    func move(by step: Double, into terms: UnsafeMutableBufferPointer<Double>) -> Bool {
      for (index, variable) in subject.variables.enumerated() {
        for element in 0..<variable.value.count {
          variable.value.pointer[element] = base[index][element] + step * directions[index][element]
        }
      }
      subject.forward(terms)
      return subject.signs() == signs
    }
    var step = 0x1p-5
    while step >= 0x1p-24 {
      // A step that reaches across a kink says nothing of the curvature.
      if move(by: step, into: forwards), move(by: -step, into: backwards) {
        var sum = 0.0, magnitude = 0.0
        for (f, b) in zip(forwards, backwards) {
          sum += f - b
          magnitude += abs(f - b)
        }
        // Terms: as in `CentralDifference`. x + h·d is rounded, by u·|x| at most, on both sides.
        let rounding =
          (errorSum + Rounding.unit * displacement) / step
          + Rounding.gamma(subject.termCount + 4) * magnitude / (2 * step)
        points.append(Point(step: step, error: abs(sum / (2 * step) - slope), rounding: rounding))
      }
      step /= 2
    }
    for (variable, values) in zip(subject.variables, base) { variable.value.assign(values) }
    subject.forward(forwards)
  }

  private static func directions(for subject: CheckSubject, _ generator: inout SeededGenerator) -> [[Double]] {
    subject.variables.map { generator.uniform(-subject.reach...subject.reach, count: $0.value.count) }
  }

  /// Points whose error rounding has no share in worth speaking of.
  private var curved: ArraySlice<Point> { points.prefix { $0.error > 32 * $0.rounding } }

  /// log₂(error(2h) / error(h)) of neighbouring points above the rounding: 2 by mathematics.
  package var slopes: [Double] {
    zip(curved, curved.dropFirst()).map { Self.log2($0.error / $1.error) }
  }

  private static func log2(_ x: Double) -> Double {
    // Enough digits for a slope, without a library.
    guard x > 0, x.isFinite else { return .nan }
    var mantissa = x.significand, result = Double(x.exponent), bit = 0.5
    for _ in 0..<30 {
      mantissa *= mantissa
      if mantissa >= 2 {
        mantissa /= 2
        result += bit
      }
      bit /= 2
    }
    return result
  }

  package static let slopeTolerance = 0.15
  package static let fewestSlopes = 4

  /// One element for each slope and for each point at the floor.
  package func row(layer: String, shape: String, mode: String) -> GradientCheckRow {
    var tally = Tally(elementCount: 0)
    let slopes = slopes
    if slopes.count < Self.fewestSlopes { tally.fail("only \(slopes.count) steps above the rounding floor") }
    for (index, slope) in slopes.enumerated() {
      tally.add(index, slope, expected: 2, bound: Self.slopeTolerance)
    }
    if let last = curved.last {
      for (index, point) in points.dropFirst(curved.count).enumerated() {
        // What the h² law leaves, with the slope's tolerance, and rounding.
        let remainder = 1.2 * last.error * (point.step / last.step) * (point.step / last.step)
        tally.add(slopes.count + index, point.error, expected: 0, bound: remainder + point.rounding)
      }
    }
    tally.elementCount = tally.checked
    return tally.row(layer: layer, tensor: "a direction", shape: shape, mode: mode)
  }
}
