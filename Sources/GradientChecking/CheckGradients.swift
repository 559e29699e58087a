/// Holds the gradients that `backward` gives against differences of `function`, in every element of every input.
///
/// The function's outputs y are made one number by Σ v·tanh(y/s), v random, s = max(1, |y|) at these inputs, so that a wrong
/// share of any output shows. Its derivative by each element comes from four evaluations (central differences, extrapolated once:
/// an error of h⁴·f⁽⁵⁾/480 with h = 2⁻¹²). An element passes within 1e-7 of the larger of both numbers and what rounding may add.
/// After the manner of `check_grads` in JAX, reverse mode, first order; the method is that of `gradflow gradcheck`.
///
/// ```swift
/// let report = checkGradients(
///   of: { inputs in inputs[0].map { $0 * $0 } },
///   backward: { inputs, outputGradient in [zip(inputs[0], outputGradient).map { 2 * $0 * $1 }] },
///   at: [[0.5, -1.25, 2]])
/// print(report)  // input 0: 3 of 3 elements, ... passed
/// ```
///
/// - Parameters:
///   - function: outputs for given inputs; the same for the same inputs. Inputs and outputs are flat.
///   - backward: for inputs and dL/d(outputs), dL/d(input) for each input, in their order. What is not to be checked, such as
///     labels, belongs into the closures, not among the inputs.
///   - inputs: the place at which gradients are checked; of order one is best, and away from kinks.
///   - names: of the inputs, for the report; `input 0`, `input 1`, … if not given.
///   - kinks: for inputs, numbers whose signs tell on which side of its kinks the function is, such as what goes into a
///     ReLU. Steps that would change a sign are made smaller; without it, a kink near an input fails the check.
///   - outputError: bounds the rounding error of each output. If not given, 2⁻⁴⁷ (64 units of 2⁻⁵³) of the largest output:
///     more than sums of some dozen terms of a size need. A sum in which large terms cancel needs to be told.
///   - seed: of the weights v.
/// - Returns: a row for each input; `passed` says whether all is well, and printing it what is wrong and where.
public func checkGradients(
  of function: @escaping (_ inputs: [[Double]]) -> [Double],
  backward: @escaping (_ inputs: [[Double]], _ outputGradient: [Double]) -> [[Double]],
  at inputs: [[Double]], named names: [String]? = nil, kinks: (([[Double]]) -> [Double])? = nil,
  outputError: Double? = nil, seed: UInt64 = 0
) -> GradientCheckReport {
  precondition(!inputs.isEmpty, "there is no input to differentiate by")
  precondition(names == nil || names?.count == inputs.count, "as many names as inputs")
  let names = names ?? inputs.indices.map { "input \($0)" }
  let values = inputs.map(CheckedElements.init), gradients = inputs.map { CheckedElements($0.map { _ in 0 }) }
  let output = CheckedElements(function(inputs)), sides = CheckedElements(kinks?(inputs) ?? [])
  var problem: String?
  /// What does not fit is told in the report, and the number that takes its place passes no check.
  func put(_ found: [Double], into place: CheckedElements, _ what: @autoclosure () -> String) {
    if found.count == place.count { return place.assign(found) }
    if problem == nil { problem = "\(what()) has \(found.count) elements where \(place.count) were expected" }
    place.assign(place.values.map { _ in .nan })
  }
  func present() -> [[Double]] { values.map(\.values) }
  var generator = SeededGenerator(seed: seed)
  let subject = CheckSubject(
    probing: output, around: output.values, gradient: CheckedElements(output.values), &generator,
    variables: zip(names, zip(values, gradients)).map { .init($0, $1.0, gradient: $1.1) },
    sides: sides.count == 0 ? [] : [sides],
    forward: {
      let inputs = present()
      put(function(inputs), into: output, "what the function gives")
      if let kinks { put(kinks(inputs), into: sides, "what kinks gives") }
    },
    backward: { outputGradient in
      let found = backward(present(), outputGradient.values)
      if found.count != gradients.count, problem == nil {
        problem = "backward gives \(found.count) gradients for \(gradients.count) inputs"
      }
      for (index, gradient) in gradients.enumerated() {
        put(index < found.count ? found[index] : [], into: gradient, "the gradient of \(names[index])")
      }
    },
    outputErrors: {
      let largest = output.values.map(\.magnitude).max() ?? 0
      return output.values.map { _ in outputError ?? 0x1p-47 * largest }
    })
  var rows = GradientComparison.rows(subject, layer: "function", shape: "\(output.count) outputs", mode: "reverse")
  if let problem {
    for index in rows.indices {
      rows[index].failure = problem
      rows[index].passed = false
    }
  }
  return GradientCheckReport(rows: rows)
}

extension GradientCheckReport: CustomStringConvertible {
  /// A line for each tensor.
  public var description: String {
    rows.map { row in
      "\(row.tensor): \(row.elementsChecked) of \(row.elementCount) elements, error at most \(row.worstRatio) of what is"
        + " accepted" + (row.kinksSkipped == 0 ? "" : ", \(row.kinksSkipped) on kinks") + ": "
        + (row.failure.map { "FAILED, \($0)" } ?? "passed")
    }.joined(separator: "\n")
  }
}
