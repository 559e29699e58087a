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

  /// - Parameters:
  ///   - spread: scales the inputs' mean and deviation, and the statistics that normalise them.
  ///   - ghostSize: images that share their statistics; all if it is `nil`.
  ///   - groupSize: channels that share them.
  ///   - exampleWeight: the share of an image's own in evaluation.
  package init(
    _ shape: [Int], _ mode: BatchNormMode, spread: Double = 1, ghostSize: Int? = nil, groupSize: Int = 1,
    exampleWeight: Double = 0,
    _ backend: Backend, _ generator: inout SeededGenerator
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
      capacity: shape[0], ghostSize: ghostSize, groupSize: groupSize, exampleWeight: exampleWeight)
    // A mean that is not zero, so that forgetting to subtract it shows.
    x = Tensor(shape: shape)
    x.assign(generator.uniform(-spread...2 * spread, count: x.count))
    fixedStatistics = Self.pooled(
      (runningMean.value.values, runningVariance.value.values), groupSize: groupSize)
    if mode == .population { gatherPopulation(batches: 3, spread, &generator) }
  }

  /// The images of each ghost, by definition.
  package var ghosts: [Range<Int>] {
    let size = norm.ghostSize ?? images.count
    return stride(from: 0, to: images.count, by: size).map { $0..<min($0 + size, images.count) }
  }

  /// The statistics of each ghost of `values`, which are shaped as `x`, by definition.
  package func ghostStatistics(_ values: [Double]) -> [(mean: [Double], variance: [Double])] {
    ghosts.map { statistics(of: $0, values) }
  }

  /// The statistics of some images' values, by definition: of groups as of one channel that has all their values.
  private func statistics(of images: Range<Int>, _ values: [Double]) -> (mean: [Double], variance: [Double]) {
    let part = Array(values[images.lowerBound * x.stride..<images.upperBound * x.stride])
    let size = norm.groupSize
    let groups = (0..<channels / size).map { group in
      Reference.batchStatistics(
        part.indices.filter { $0 % channels / size == group }.map { part[$0] }, channels: 1)
    }
    return ((0..<channels).map { groups[$0 / size].mean[0] }, (0..<channels).map { groups[$0 / size].variance[0] })
  }

  /// The statistics of all of a group's channels, each of which has as many values as the others.
  private static func pooled(
    _ statistics: (mean: [Double], variance: [Double]), groupSize: Int
  ) -> (mean: [Double], variance: [Double]) {
    var pooled = statistics
    for c in statistics.mean.indices {
      let group = c / groupSize * groupSize..<(c / groupSize + 1) * groupSize
      pooled.mean[c] = statistics.mean[group].reduce(0, +) / Double(groupSize)
      let squares = group.map { statistics.variance[$0] + statistics.mean[$0] * statistics.mean[$0] }.reduce(0, +)
      pooled.variance[c] = squares / Double(groupSize) - pooled.mean[c] * pooled.mean[c]
    }
    return pooled
  }

  /// What normalises each image, by definition.
  private var statisticsOfImages: [(mean: [Double], variance: [Double])] {
    if mode == .training {
      return zip(ghosts, ghostStatistics(x.values)).flatMap { ghost, statistics in ghost.map { _ in statistics } }
    }
    let share = norm.exampleWeight
    return images.map { image in
      let own = statistics(of: image..<image + 1, x.values)
      let mean = (0..<channels).map { (1 - share) * fixedStatistics.mean[$0] + share * own.mean[$0] }
      // E[x²] − E[x]² of the mixture, in the form that keeps its digits.
      let variance = (0..<channels).map { c in
        let (a, b) = (fixedStatistics.mean[c] - mean[c], own.mean[c] - mean[c])
        return (1 - share) * (fixedStatistics.variance[c] + a * a) + share * (own.variance[c] + b * b)
      }
      return (mean, variance)
    }
  }

  /// E[x] is the mean of the batch means, Var[x] is the mean of the batches' biased variances, each m/(m − 1) times its own; a
  /// ghost is a batch.
  private mutating func gatherPopulation(batches: Int, _ spread: Double, _ generator: inout SeededGenerator) {
    let batch = Tensor<Double>(shape: x.shape)
    let ghosts = ghosts
    let zeros = [Double](repeating: 0, count: channels)
    fixedStatistics = (zeros, zeros)
    norm.resetPopulation()
    for _ in 0..<batches {
      batch.assign(generator.uniform(-spread...1.5 * spread, count: batch.count))
      norm.collectStatistics(batch, images: images)
      norm.finishStatistics(imageCount: images.count, pixels: pixels, recording: .population)
      for (ghost, statistics) in zip(ghosts, ghostStatistics(batch.values)) {
        let m = Double(ghost.count * pixels * norm.groupSize), share = 1 / Double(batches * ghosts.count)
        for c in 0..<channels {
          fixedStatistics.mean[c] += statistics.mean[c] * share
          fixedStatistics.variance[c] += statistics.variance[c] * share * (m / (m - 1))
        }
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
    if mode != .training, norm.weighsExamples {
      norm.collectStatistics(x, images: images)
      norm.weighExamples(images: images, pixels: pixels)
    }
  }

  /// Of what normalises.
  var largestVariance: Double {
    let variances =
      mode == .training ? Reference.batchStatistics(x.values, channels: channels).variance : fixedStatistics.variance
    return variances.max() ?? 0
  }

  package var gradientMode: BatchNormGradient { mode == .training || norm.weighsExamples ? .batch : .fixed }

  /// Bound on the rounding of each output, to first order.
  ///
  /// y = γ·(x − μ)·s + β. μ errs by γ_m·mean|x| (m terms), the variance relatively by γ_{m+3}, and by 2·|δμ|/σ for the
  /// mean in it; s by half of that and three roundings more. With D = |x − μ| + |x| + mean|x| and the relative error
  /// bounded by 2(m + 5)u: |δy| ≤ 2(m + 5)·u·(|γ|·s·D·(1 + |x̂|) + |β|).
  func outputErrors() -> [Double] {
    let ghosts = ghosts
    let m = ghosts[0].count * pixels * norm.groupSize
    let statistics = statisticsOfImages
    let magnitudes = ghostStatistics(x.magnitudes).map(\.mean)
    return x.elements.enumerated().map { i, value in
      let c = i % channels, image = i / x.stride
      let (mean, variance) = statistics[image], meanMagnitude = magnitudes[image / ghosts[0].count]
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
      // Group norm; a gamma of 0 must not matter.
      GradientCheck("BatchNorm", shape: text([3, 2, 2, 6]) + ", groups of 3, by image", mode: mode.rawValue) {
        backend, generator in
        let bench = BatchNormBench([3, 2, 2, 6], mode, ghostSize: 1, groupSize: 3, exampleWeight: 1, backend, &generator)
        bench.norm.gamma.value.pointer[2] = 0
        return subject(bench, backend, &generator)
      }
    }
    + BatchNormMode.allCases.map { mode in
      GradientCheck("BatchNorm", shape: text([4, 2, 2, 4]) + ", groups of 2, ghosts of 2, skip, ELU", mode: mode.rawValue) {
        backend, generator in
        fusedSubject(
          BatchNormBench([4, 2, 2, 4], mode, ghostSize: 2, groupSize: 2, exampleWeight: 0.4, backend, &generator),
          .elu(alpha: 0.8), backend, &generator)
      }
    }
    + BatchNormMode.allCases.map { mode in
      GradientCheck("BatchNorm", shape: text([3, 3, 2, 3]) + ", examples weighed", mode: mode.rawValue) {
        backend, generator in
        fusedSubject(
          BatchNormBench([3, 3, 2, 3], mode, exampleWeight: 0.3, backend, &generator), .leakyReLU(slope: 0.1), backend,
          &generator)
      }
    }
    + BatchNormMode.allCases.map { mode in
      // The last ghost is smaller than the others.
      GradientCheck("BatchNorm", shape: text([5, 2, 3, 5]) + ", ghosts of 2", mode: mode.rawValue) { backend, generator in
        subject(BatchNormBench([5, 2, 3, 5], mode, ghostSize: 2, backend, &generator), backend, &generator)
      }
    }
    + BatchNormMode.allCases.map { mode in
      GradientCheck("BatchNorm", shape: text([4, 2, 3, 3]) + ", ghosts of 2, skip, leaky ReLU", mode: mode.rawValue) {
        backend, generator in
        fusedSubject(
          BatchNormBench([4, 2, 3, 3], mode, ghostSize: 2, backend, &generator), .leakyReLU(slope: 0.1), backend, &generator)
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
