import Foundation

/// Makes a scalar of a layer's output y: Σ v·tanh(y), v random of either sign and of magnitude 0.5 to 1.5.
///
/// A plain Σ v·y would hide a backward pass that is right only for a gradient which does not depend on y, and a sum
/// whose second derivative is zero would show nothing in a sweep of the step.
struct OutputProbe {
  let output: any CheckedTensor
  /// dL/dy = v·(1 − tanh²(y)).
  let gradient: any CheckedTensor
  private let weights: [Double]

  init(of output: any CheckedTensor, gradient: any CheckedTensor, _ generator: inout SeededGenerator) {
    self.output = output
    self.gradient = gradient
    weights = (0..<output.count).map { _ in
      generator.uniform(0.5...1.5) * (generator.next() & 1 == 0 ? 1 : -1)
    }
  }

  func terms(into terms: UnsafeMutableBufferPointer<Double>) {
    let y = output.pointer
    weights.withUnsafeBufferPointer { v in
      var i = 0
      while i < v.count {
        terms[i] = v[i] * tanh(y[i])
        i += 1
      }
    }
  }

  func differentiate() {
    for (i, v) in weights.enumerated() {
      let t = tanh(output.pointer[i])
      gradient.pointer[i] = v * (1 - t * t)
    }
  }

  /// |δ(v·tanh y)| ≤ |v|·(|δy| + 4u·|tanh y|): tanh's slope is at most 1, the library's tanh errs by at most two units
  /// in the last place (4u), and |δy| is what the caller bounds.
  func termErrors(outputErrors: [Double]) -> [Double] {
    precondition(outputErrors.count == weights.count)
    return weights.indices.map { i in
      abs(weights[i]) * (outputErrors[i] + 4 * Rounding.unit * abs(tanh(output.pointer[i])))
    }
  }
}

extension CheckSubject {
  /// A layer's output under a probe.
  ///
  /// - Parameters:
  ///   - gradient: where dL/d(output) is left for `backward`.
  ///   - forward: fills `output` from the variables.
  ///   - backward: fills the variables' gradients from dL/d(output).
  ///   - outputErrors: bounds on the rounding error of each output, for the values of the last `forward`.
  package init(
    probing output: any CheckedTensor, gradient: any CheckedTensor, _ generator: inout SeededGenerator, variables: [Variable],
    sides: [any CheckedTensor] = [], forward: @escaping () -> Void, backward: @escaping (any CheckedTensor) -> Void,
    outputErrors: @escaping () -> [Double]
  ) {
    let probe = OutputProbe(of: output, gradient: gradient, &generator)
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
