import GradientChecking
import Kernels
import Layers
import Tensors

/// Batch norm in training mode with the leaky ReLU behind it, in binary32 against binary64.
///
/// The statistics of both are computed in binary64 from the same numbers; then the constants are rounded. With
/// u = 2⁻²⁴, d = x − μ, s = γ/√(var + ε), x̂ = d/√(var + ε), q = |μ|/√(var + ε), to first order:
/// - z = d·s + β: μ is rounded (u·|μ|), d (u·|d|), s twice, the result once; the slope's product errs by 2u·|y|, and
///   neither side of the kink errs by more than z: |δy| ≤ u·(|s|·(|μ| + 4|d|) + 2|β| + 2|y|).
/// - dx = s·(dz − s₁ − x̂·s₂), s₁ and s₂ being the means of dz and dz·x̂, |dz| ≤ 1: x̂ errs by u·(q + 3|x̂|), dz by 2u,
///   s₁ by u·(|s₁| + 2), s₂ by u·(|s₂| + q + 5), the three operations and s together by 6u of the summands' magnitudes:
///   |δdx| ≤ u·|s|·(8|dz| + 7|s₁| + 2 + |s₂|·(q + 3|x̂|) + |x̂|·(7|s₂| + q + 5)).
/// - The sums over m values of dz and dz·x̂: what is common to all terms is u·q of Σdz and 3u of Σdz·x̂; what remains is
///   as good as independent, and 8√m times its largest term, u·(2 + 6|x̂|), bounds it (`Rounding.probableGamma`).
enum PrecisionBatchNorm {
  @Sendable static func rows(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let backend = try bench.backend(), channels = PrecisionBench.channels
    let gamma = TwinParameter("weight", [channels], within: 0.5, around: 1, &generator)
    let beta = TwinParameter("bias", [channels], within: 0.5, &generator)
    let x = TwinTensor(bench.shape, within: 1, around: 0.25, &generator), dy = TwinTensor(bench.shape, &generator)
    let (y, dx) = (TwinTensor(shape: bench.shape), TwinTensor(shape: bench.shape))
    let single = Side(bench, x.single, gamma.single, beta.single, backend)
    let double = Side(bench, x.double, gamma.double, beta.double, backend)
    single.forward(into: y.single)
    double.forward(into: y.double)
    let statistics = double.norm.batchStatistics
    let constants = Constants(statistics, gamma: gamma.double, beta: beta.double)
    let bounds = Tensor<Double>(shape: bench.shape)
    constants.boundOutput(x.double, y.double, into: bounds)
    var rows = [
      bench.row("BatchNorm", "output", y.single, y.double, scale: bounds, factor: 1.01 * Rounding.floatUnit)
    ]
    // Both sides differentiate at one output, so that they are on the same side of every kink.
    for i in 0..<y.double.count { y.double.pointer[i] = Double(y.single.pointer[i]) }
    single.backward(dy.single, output: y.single, into: dx.single)
    double.backward(dy.double, output: y.double, into: dx.double)
    constants.boundInputGradient(
      x.double, y.double, dy.double, dGamma: gamma.double.gradient, dBeta: beta.double.gradient, into: bounds)
    rows.append(
      bench.row("BatchNorm", "input gradient", dx.single, dx.double, scale: bounds, factor: 1.01 * Rounding.floatUnit))
    let m = Double(bench.images * bench.pixels)
    for (tensor, parameter) in [("weight gradient", gamma), ("bias gradient", beta)] {
      let scale = Tensor<Double>(shape: [channels])
      for c in 0..<channels {
        let sum = abs(beta.double.gradient.pointer[c]), gradient = abs(parameter.double.gradient.pointer[c])
        let common = constants.q[c] * sum + 4 * gradient
        scale.pointer[c] = common + 8 * m.squareRoot() * (2 + 6 * constants.largest[c])
      }
      rows.append(
        bench.row(
          "BatchNorm", tensor, parameter.single.gradient, parameter.double.gradient, scale: scale,
          factor: 1.01 * Rounding.floatUnit))
    }
    return rows
  }

  static let slope = 0.01

  /// Forward and backward in one type.
  private struct Side<S: KernelScalar> {
    let bench: PrecisionBench
    let x: Tensor<S>
    let norm: BatchNorm<S>
    let pointwise: Pointwise<S>
    var images: Range<Int> { 0..<bench.images }

    init(_ bench: PrecisionBench, _ x: Tensor<S>, _ gamma: Parameter<S>, _ beta: Parameter<S>, _ backend: Backend) {
      self.bench = bench
      self.x = x
      let kernels = backend.kernels(for: S.self)
      norm = BatchNorm(
        gamma: gamma, beta: beta, runningMean: StateBuffer(name: "running_mean", shape: gamma.shape),
        runningVariance: StateBuffer(name: "running_var", shape: gamma.shape), kernels: kernels,
        capacity: bench.images)
      pointwise = Pointwise(kernels: kernels)
    }

    func forward(into y: Tensor<S>) {
      norm.collectStatistics(x, images: images)
      norm.finishStatistics(imageCount: bench.images, pixels: bench.pixels, recording: .none)
      pointwise.forward(x, normalising: norm, activation: .leakyReLU(slope: slope), into: y, images: images)
    }

    func backward(_ dy: Tensor<S>, output y: Tensor<S>, into dx: Tensor<S>) {
      norm.collectGradient(dy, output: y, input: x, activation: .leakyReLU(slope: slope), images: images)
      norm.finishGradient(imageCount: bench.images, pixels: bench.pixels, accumulating: false)
      pointwise.backward(
        dy, output: y, input: x, through: norm, statistics: .batch, activation: .leakyReLU(slope: slope), into: dx, images: images
      )
    }
  }

  /// Per channel, in binary64.
  private struct Constants {
    let mean: [Double]
    let inverse: [Double]
    let scale: [Double]
    let shift: [Double]
    let q: [Double]
    /// Largest |x̂|: the inputs are within 1.25 of zero.
    let largest: [Double]

    init(
      _ statistics: (mean: [Double], biasedVariance: [Double]), gamma: Parameter<Double>, beta: Parameter<Double>
    ) {
      mean = statistics.mean
      inverse = statistics.biasedVariance.map { 1 / ($0 + 1e-5).squareRoot() }
      scale = zip(inverse, gamma.value.elements).map { abs($0 * $1) }
      shift = beta.value.magnitudes
      q = zip(mean, inverse).map { abs($0) * $1 }
      largest = zip(mean, inverse).map { (1.25 + abs($0)) * $1 }
    }

    func boundOutput(_ x: Tensor<Double>, _ y: Tensor<Double>, into bounds: Tensor<Double>) {
      let channels = mean.count
      var i = 0
      while i < x.count {
        for c in 0..<channels {
          let d = abs(x.pointer[i + c] - mean[c])
          bounds.pointer[i + c] =
            scale[c] * (abs(mean[c]) + 4 * d) + 2 * shift[c] + 2 * abs(y.pointer[i + c])
        }
        i += channels
      }
    }

    func boundInputGradient(
      _ x: Tensor<Double>, _ y: Tensor<Double>, _ dy: Tensor<Double>, dGamma: Tensor<Double>, dBeta: Tensor<Double>,
      into bounds: Tensor<Double>
    ) {
      let channels = mean.count, m = Double(x.count / channels)
      let s1 = dBeta.elements.map { abs($0) / m }, s2 = dGamma.elements.map { abs($0) / m }
      var i = 0
      while i < x.count {
        for c in 0..<channels {
          let xhat = abs(x.pointer[i + c] - mean[c]) * inverse[c]
          let dz = abs(dy.pointer[i + c]) * (y.pointer[i + c] > 0 ? 1 : slope)
          bounds.pointer[i + c] =
            scale[c]
            * (8 * dz + 7 * s1[c] + 2 + s2[c] * (q[c] + 3 * xhat) + xhat * (7 * s2[c] + q[c] + 5))
        }
        i += channels
      }
    }
  }
}
