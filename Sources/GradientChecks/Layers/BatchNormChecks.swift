import GradientChecking
import Kernels
import Layers
import Tensors

/// Which statistics normalise in a check.
package enum BatchNormMode: String, Sendable, CaseIterable {
  case training, running, population
}

/// A batch norm of its own, with every parameter and buffer drawn at random.
package struct BatchNormBench {
  package let norm: BatchNorm<Double>
  package let x: Tensor<Double>
  package let mode: BatchNormMode
  /// What normalises in the evaluation modes, by definition: the buffers, or the report's equations 3, 4 and 6.
  package private(set) var fixedStatistics: (mean: [Double], variance: [Double])

  package var images: Range<Int> { 0..<x.shape[0] }
  package var pixels: Int { x.shape[1] * x.shape[2] }
  package var channels: Int { x.shape[3] }

  /// - Parameter spread: scales the inputs' mean and deviation, and the statistics that normalise them.
  package init(
    _ shape: [Int], _ mode: BatchNormMode, spread: Double = 1, _ backend: Backend, _ generator: inout SeededGenerator
  ) {
    self.mode = mode
    let channels = shape[3]
    let runningMean = StateBuffer<Double>(name: "running_mean", shape: [channels])
    let runningVariance = StateBuffer<Double>(name: "running_var", shape: [channels])
    runningMean.value.assign(generator.uniform(-spread...spread, count: channels))
    runningVariance.value.assign(generator.uniform(0.5 * spread * spread...2 * spread * spread, count: channels))
    norm = BatchNorm(
      gamma: Parameter("weight", [channels], in: 0.5...1.5, &generator),
      beta: Parameter("bias", [channels], &generator),
      runningMean: runningMean, runningVariance: runningVariance, kernels: backend.kernels(for: Double.self),
      capacity: shape[0])
    // A mean that is not zero, so that forgetting to subtract it shows.
    x = Tensor(shape: shape)
    x.assign(generator.uniform(-spread...2 * spread, count: x.count))
    fixedStatistics = (runningMean.value.values, runningVariance.value.values)
    if mode == .population { gatherPopulation(batches: 3, spread, &generator) }
  }

  /// E[x] is the mean of the batch means, Var[x] is m/(m − 1) times the mean of the batches' biased variances.
  private mutating func gatherPopulation(batches: Int, _ spread: Double, _ generator: inout SeededGenerator) {
    let batch = Tensor<Double>(shape: x.shape)
    let m = Double(x.count / channels)
    let zeros = [Double](repeating: 0, count: channels)
    fixedStatistics = (zeros, zeros)
    norm.resetPopulation()
    for _ in 0..<batches {
      batch.assign(generator.uniform(-spread...1.5 * spread, count: batch.count))
      norm.collectStatistics(batch, images: images)
      norm.finishStatistics(imageCount: images.count, pixels: pixels, recording: .population)
      let (mean, variance) = Reference.batchStatistics(batch.values, channels: channels)
      for c in 0..<channels {
        fixedStatistics.mean[c] += mean[c] / Double(batches)
        fixedStatistics.variance[c] += variance[c] / Double(batches) * (m / (m - 1))
      }
    }
  }

  /// Fixes what the next `Pointwise.forward` normalises by.
  package func prepare(recording: BatchNormRecording = .none) {
    switch mode {
    case .training:
      norm.collectStatistics(x, images: images)
      norm.finishStatistics(imageCount: images.count, pixels: pixels, recording: recording)
    case .running: norm.useFixedStatistics(.running)
    case .population: norm.useFixedStatistics(.population)
    }
  }

  /// Of what normalises.
  var largestVariance: Double {
    let variances =
      mode == .training ? Reference.batchStatistics(x.values, channels: channels).variance : fixedStatistics.variance
    return variances.max() ?? 0
  }

  package var gradientMode: BatchNormGradient { mode == .training ? .batch : .fixed }

  /// Bound on the rounding of each output, to first order.
  ///
  /// y = γ·(x − μ)·s + β. μ errs by γ_m·mean|x| (m terms), the variance relatively by γ_{m+3}, and by 2·|δμ|/σ for the
  /// mean in it; s by half of that and three roundings more. With D = |x − μ| + |x| + mean|x| and the relative error
  /// bounded by 2(m + 5)u: |δy| ≤ 2(m + 5)·u·(|γ|·s·D·(1 + |x̂|) + |β|).
  func outputErrors() -> [Double] {
    let m = images.count * pixels
    let (mean, variance) =
      mode == .training ? Reference.batchStatistics(x.values, channels: channels) : fixedStatistics
    let meanMagnitude = Reference.batchStatistics(x.magnitudes, channels: channels).mean
    return x.elements.enumerated().map { i, value in
      let c = i % channels
      let s = 1 / (variance[c] + norm.epsilon).squareRoot()
      let distance = abs(value - mean[c]) + abs(value) + max(meanMagnitude[c], abs(mean[c]))
      let scale = abs(norm.gamma.value.pointer[c]) * s * distance * (1 + distance * s)
      return 2 * Double(m + 5) * Rounding.unit * (scale + abs(norm.beta.value.pointer[c]))
    }
  }
}

enum BatchNormChecks {
  /// Batch of one, one channel, channels that fill no vector, 1x1 maps, odd sizes; always more than two values a
  /// channel, since two normalise to +1 and -1 whatever they are.
  static let shapes = [[2, 3, 3, 1], [1, 5, 5, 3], [5, 1, 1, 5], [2, 3, 2, 7], [3, 2, 2, 33], [1, 1, 4, 16]]

  static let all: [GradientCheck] =
    shapes.flatMap { shape in
      BatchNormMode.allCases.map { mode in
        let make = shape == [2, 3, 2, 7] ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
        return make("BatchNorm", text(shape), mode.rawValue) { backend, generator in
          subject(BatchNormBench(shape, mode, backend, &generator), backend, &generator)
        }
      }
    }
    + BatchNormMode.allCases.map { mode in
      GradientCheck("BatchNorm", shape: text([2, 3, 3, 5]) + ", skip, leaky ReLU", mode: mode.rawValue) {
        backend, generator in
        fusedSubject(
          BatchNormBench([2, 3, 3, 5], mode, backend, &generator), .leakyReLU(slope: 0.1), backend, &generator)
      }
    }
    + BatchNormMode.allCases.map { mode in
      GradientCheck("BatchNorm", shape: text([2, 3, 3, 5]) + ", skip, ELU", mode: mode.rawValue) { backend, generator in
        fusedSubject(BatchNormBench([2, 3, 3, 5], mode, backend, &generator), .elu(alpha: 0.8), backend, &generator)
      }
    }
    + BatchNormMode.allCases.map { mode in
      // A variance of 1e-6 at most, against an ε of 1e-5: the outputs bend over √ε = 3e-3, so steps are a thousandth of that.
      GradientCheck("BatchNorm", shape: text([2, 3, 3, 5]) + ", variance below ε", mode: mode.rawValue) {
        backend, generator in
        let bench = BatchNormBench([2, 3, 3, 5], mode, spread: 0x1p-11, backend, &generator)
        precondition(bench.largestVariance < bench.norm.epsilon / 4)
        var subject = subject(bench, backend, &generator)
        subject.step = 0x1p-18
        return subject
      }
    }

  static func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "x") }

  static func subject(
    _ bench: BatchNormBench, _ backend: Backend, _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let (norm, x) = (bench.norm, bench.x)
    let pointwise = Pointwise<Double>(kernels: backend.kernels(for: Double.self))
    let y = Tensor<Double>(shape: x.shape), dx = Tensor<Double>(shape: x.shape)
    return CheckSubject(
      probing: y, &generator,
      variables: [.init("input", x, gradient: dx), norm.gamma.variable, norm.beta.variable],
      forward: {
        bench.prepare()
        pointwise.forward(x, normalising: norm, into: y, images: bench.images)
      },
      backward: { dy in
        norm.collectGradient(dy, output: nil, input: x, images: bench.images)
        norm.finishGradient(imageCount: bench.images.count, pixels: bench.pixels, accumulating: false)
        pointwise.backward(
          dy, output: nil, input: x, through: norm, statistics: bench.gradientMode, into: dx, images: bench.images)
      },
      outputErrors: bench.outputErrors)
  }

  /// As the networks run it: normalise, add the skip, activate in one pass.
  static func fusedSubject(
    _ bench: BatchNormBench, _ activation: Activation, _ backend: Backend, _ generator: inout SeededGenerator
  ) -> CheckSubject {
    let (norm, x) = (bench.norm, bench.x)
    let pointwise = Pointwise<Double>(kernels: backend.kernels(for: Double.self))
    let skip = Tensor<Double>(shape: x.shape), dSkip = Tensor<Double>(shape: x.shape)
    skip.assign(generator.uniform(-1...1, count: skip.count))
    let y = Tensor<Double>(shape: x.shape), dx = Tensor<Double>(shape: x.shape)
    return CheckSubject(
      probing: y, &generator,
      variables: [
        .init("input", x, gradient: dx), .init("skip", skip, gradient: dSkip), norm.gamma.variable, norm.beta.variable,
      ],
      sides: [y],
      forward: {
        bench.prepare()
        pointwise.forward(x, normalising: norm, adding: skip, activation: activation, into: y, images: bench.images)
      },
      backward: { dy in
        norm.collectGradient(dy, output: y, input: x, activation: activation, images: bench.images)
        norm.finishGradient(imageCount: bench.images.count, pixels: bench.pixels, accumulating: false)
        pointwise.backward(
          dy, output: y, input: x, through: norm, statistics: bench.gradientMode, activation: activation, into: dx,
          skip: dSkip, images: bench.images)
      },
      outputErrors: {
        zip(bench.outputErrors(), skip.elements).map { $0 + 2 * Rounding.unit * (abs($1) + 1) }
      })
  }
}
