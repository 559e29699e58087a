import Foundation
import Tensors

/// Makes a scalar of a layer's output y: Σ v·tanh(y), v random of either sign and of magnitude 0.5 to 1.5.
///
/// A plain Σ v·y would hide a backward pass that is right only for a gradient which does not depend on y, and a sum
/// whose second derivative is zero would show nothing in a sweep of the step.
struct Probe {
  let output: Tensor<Double>
  /// dL/dy = v·(1 − tanh²(y)).
  let gradient: Tensor<Double>
  private let weights: [Double]

  init(of output: Tensor<Double>, _ generator: inout SeededGenerator) {
    self.output = output
    gradient = Tensor(shape: output.shape)
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
  ///   - forward: fills `output` from the variables.
  ///   - backward: fills the variables' gradients from dL/d(output).
  ///   - outputErrors: bounds on the rounding error of each output, for the values of the last `forward`.
  init(
    probing output: Tensor<Double>, _ generator: inout SeededGenerator, variables: [Variable],
    sides: [Tensor<Double>] = [], forward: @escaping () -> Void, backward: @escaping (Tensor<Double>) -> Void,
    outputErrors: @escaping () -> [Double]
  ) {
    let probe = Probe(of: output, &generator)
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

/// Bounds on rounding in binary64 and binary32.
enum Rounding {
  /// Half the distance from 1 to the next number: the largest relative error of one operation.
  static let unit = 0x1p-53
  static let floatUnit = 0x1p-24

  /// γ_n = n·u / (1 − n·u): relative to Σ|terms|, the largest error of n operations in any order.
  /// Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., lemma 3.1.
  static func gamma(_ operations: Int, unit: Double = Rounding.unit) -> Double {
    let nu = Double(operations) * unit
    return nu / (1 - nu)
  }

  /// The same for rounding errors that are as good as independent: exp(λ·√n·u + n·u² / (1 − u)) − 1, which fails for a
  /// sum with a probability of at most 2n·exp(−λ²·(1 − u)² / 2). With λ = 8 that is 1e-5 for 10⁹ operations. Source:
  /// Higham & Mary, SIAM J. Sci. Comput. 41 (2019), theorem 2.4.
  static func probableGamma(_ operations: Int, unit: Double) -> Double {
    let n = Double(operations)
    return expm1(8 * n.squareRoot() * unit + n * unit * unit / (1 - unit))
  }
}
