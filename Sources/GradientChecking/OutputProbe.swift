import Foundation

/// Makes a scalar of a layer's output y: Σ v·tanh(y/s), v random of either sign and of magnitude 0.5 to 1.5.
///
/// A plain Σ v·y would hide a backward pass that is right only for a gradient which does not depend on y, and a sum
/// whose second derivative is zero would show nothing in a sweep of the step.
///
/// The scales s keep y/s within ±1 where the gradient is checked: beyond ±12 or so tanh is 1 to the last bit, and any gradient
/// would agree with its differences, both nothing.
struct OutputProbe {
  let output: any CheckedTensor
  /// dL/dy = v·(1 − tanh²(y/s))/s.
  let gradient: any CheckedTensor
  private let weights: [Double]
  private let scales: [Double]

  /// - Parameter outputs: what the output is where gradients are checked; `nil` where it is known to be of order one.
  init(
    of output: any CheckedTensor, gradient: any CheckedTensor, around outputs: [Double]?, _ generator: inout SeededGenerator
  ) {
    self.output = output
    self.gradient = gradient
    scales = outputs.map { $0.map { $0.isFinite ? max(1, abs($0)) : 1 } } ?? [Double](repeating: 1, count: output.count)
    weights = (0..<output.count).map { _ in
      generator.uniform(0.5...1.5) * (generator.next() & 1 == 0 ? 1 : -1)
    }
  }

  func terms(into terms: UnsafeMutableBufferPointer<Double>) {
    let y = output.pointer
    weights.withUnsafeBufferPointer { v in
      var i = 0
      while i < v.count {
        terms[i] = v[i] * tanh(y[i] / scales[i])
        i += 1
      }
    }
  }

  func differentiate() {
    for (i, v) in weights.enumerated() {
      let t = tanh(output.pointer[i] / scales[i])
      gradient.pointer[i] = v * (1 - t * t) / scales[i]
    }
  }

  /// |δ(v·tanh(y/s))| ≤ |v|·(|δy|/s + u·|y/s| + 4u·|tanh(y/s)|): tanh's slope is at most 1, the quotient is rounded, the
  /// library's tanh errs by at most two units in the last place (4u), and |δy| is what the caller bounds.
  func termErrors(outputErrors: [Double]) -> [Double] {
    precondition(outputErrors.count == weights.count)
    return weights.indices.map { i in
      let y = output.pointer[i] / scales[i]
      // Without a scale nothing is rounded in dividing by it.
      let quotient = scales[i] == 1 ? 0 : Rounding.unit * abs(y)
      return abs(weights[i]) * (outputErrors[i] / scales[i] + quotient + 4 * Rounding.unit * abs(tanh(y)))
    }
  }
}

extension CheckSubject {
  /// A layer's output under a probe.
  ///
  /// - Parameters:
  ///   - outputs: what `output` is where gradients are checked; `nil` where it is known to be of order one.
  ///   - gradient: where dL/d(output) is left for `backward`.
  ///   - forward: fills `output` from the variables.
  ///   - backward: fills the variables' gradients from dL/d(output).
  ///   - outputErrors: bounds on the rounding error of each output, for the values of the last `forward`.
  package init(
    probing output: any CheckedTensor, around outputs: [Double]? = nil, gradient: any CheckedTensor,
    _ generator: inout SeededGenerator, variables: [Variable],
    sides: [any CheckedTensor] = [], forward: @escaping () -> Void, backward: @escaping (any CheckedTensor) -> Void,
    outputErrors: @escaping () -> [Double]
  ) {
    let probe = OutputProbe(of: output, gradient: gradient, around: outputs, &generator)
    self.init(
      variables: variables, termCount: output.count, sides: sides,
      forward: {
        forward()
        probe.terms(into: $0)
      },
      backward: {
        probe.differentiate()
        backward(probe.gradient)
      },
      termErrors: { probe.termErrors(outputErrors: outputErrors()) })
  }
}
