import CKernels
import Kernels
import Tensors

/// Batch normalisation over the m = N·H·W values of each channel.
///
/// Training: x̂ = (x − mean) / √(var + ε) with the batch's own mean and biased variance; y = γ·x̂ + β. The running mean and
/// the running unbiased variance (m / (m − 1)) follow by exponential average. Evaluation: the same with running averages,
/// or with population statistics (the report's equations 3, 4 and 6).
/// Statistics: per image two passes in double, pixels ascending (Σx, then Σ(x − image mean)²); the images are combined
/// ascending by Chan's update. On elements the arithmetic is in S: y = fma(x − S(mean), scale, β) with
/// scale = γ · S(1 / √(var + ε)), rounded to S.
/// Source: Ioffe & Szegedy, arXiv:1502.03167; Chan, Golub & LeVeque, Am. Statistician 37 (1983).
public final class BatchNorm<S: KernelScalar> {
  public let channels: Int
  public let gamma: Parameter<S>
  public let beta: Parameter<S>
  public let runningMean: StateBuffer<S>
  public let runningVariance: StateBuffer<S>
  public let epsilon: Double
  public let momentum: Double

  // What the pointwise kernels read: rounded once per batch.
  let mean: Buffer<S>
  let inverse: Buffer<S>
  let scale: Buffer<S>
  let meanGradient: Buffer<S>
  let meanProduct: Buffer<S>

  private let kernels: KernelTable
  private let momentSlots: Buffer<Double>
  private let batchMean: Buffer<Double>
  private let batchVariance: Buffer<Double>
  private let gradientSlots: Buffer<Double>
  private let gradientTotals: Buffer<Double>
  private let populationMean: Buffer<Double>
  private let populationVariance: Buffer<Double>
  private var populationBatches = 0

  public init(
    gamma: Parameter<S>, beta: Parameter<S>, runningMean: StateBuffer<S>, runningVariance: StateBuffer<S>,
    epsilon: Double = BatchNormDefaults.epsilon, momentum: Double = BatchNormDefaults.momentum, kernels: KernelTable,
    capacity: Int
  ) {
    channels = gamma.count
    self.gamma = gamma
    self.beta = beta
    self.runningMean = runningMean
    self.runningVariance = runningVariance
    self.epsilon = epsilon
    self.momentum = momentum
    self.kernels = kernels
    mean = Buffer(count: channels)
    inverse = Buffer(count: channels)
    scale = Buffer(count: channels)
    meanGradient = Buffer(count: channels)
    meanProduct = Buffer(count: channels)
    momentSlots = Buffer(count: capacity * 2 * channels)
    batchMean = Buffer(count: channels)
    batchVariance = Buffer(count: channels)
    gradientSlots = Buffer(count: capacity * 2 * channels)
    gradientTotals = Buffer(count: 2 * channels)
    populationMean = Buffer(count: channels)
    populationVariance = Buffer(count: channels)
  }

  /// What `init` allocates, in bytes.
  package static func workspaceBytes(channels: Int, capacity: Int) -> Int {
    let constants = 5 * channels, sums = 2 * 2 * capacity * channels + 6 * channels
    return constants * MemoryLayout<S>.stride + sums * MemoryLayout<Double>.stride
  }

  /// The batch's statistics of the last training-mode pass, in double.
  public var batchStatistics: (mean: [Double], biasedVariance: [Double]) {
    (Array(batchMean.elements), Array(batchVariance.elements))
  }

  // MARK: Statistics

  /// Sums over the images of a group; to be followed by `finishStatistics` when all images are through.
  public func collectStatistics(_ x: Tensor<S>, images: Range<Int>) {
    for image in images {
      kernels.pointee.moments(
        x.at(image), x.stride / channels, channels, momentSlots.pointer + image * 2 * channels)
    }
  }

  /// Statistics of the batch from those of its images: what `forward` normalises by from now on.
  public func finishStatistics(imageCount: Int, pixels: Int, recording: BatchNormRecording) {
    kernels.pointee.combine_moments(
      momentSlots.pointer, imageCount, pixels, channels, batchMean.pointer, batchVariance.pointer)
    let m = Double(imageCount * pixels)
    precondition(m > 1, "batch norm of a single value: to be refused before")
    let unbias = m / (m - 1)
    for c in 0..<channels {
      setConstants(c, mean: batchMean.pointer[c], variance: batchVariance.pointer[c])
      switch recording {
      case .running:
        let oldMean = Double(runningMean.value.pointer[c]), oldVariance = Double(runningVariance.value.pointer[c])
        runningMean.value.pointer[c] = S((1 - momentum) * oldMean + momentum * batchMean.pointer[c])
        runningVariance.value.pointer[c] =
          S((1 - momentum) * oldVariance + momentum * (batchVariance.pointer[c] * unbias))
      case .population:
        populationMean.pointer[c] += batchMean.pointer[c]
        populationVariance.pointer[c] += batchVariance.pointer[c] * unbias
      case .none: break
      }
    }
    if recording == .population { populationBatches += 1 }
  }

  /// Forgets the population statistics; a pass with `.population` recording gathers new ones.
  public func resetPopulation() {
    populationMean.zero()
    populationVariance.zero()
    populationBatches = 0
  }

  /// Constants for evaluation mode. Population: E[x] is the mean of the batch means, Var[x] the mean of the batches'
  /// unbiased variances, each m / (m − 1) times its biased one with its own m; for batches of one size that is the report's
  /// equation 4.
  public func useFixedStatistics(_ statistics: BatchNormStatistics) {
    if statistics == .population {
      precondition(populationBatches > 0, "population statistics before any batch was seen")
    }
    let batches = Double(populationBatches)
    for c in 0..<channels {
      switch statistics {
      case .running:
        setConstants(
          c, mean: Double(runningMean.value.pointer[c]), variance: Double(runningVariance.value.pointer[c]))
      case .population:
        setConstants(
          c, mean: populationMean.pointer[c] / batches,
          variance: populationVariance.pointer[c] / batches)
      }
    }
  }

  private func setConstants(_ c: Int, mean value: Double, variance: Double) {
    mean.pointer[c] = S(value)
    inverse.pointer[c] = S(1 / (variance + epsilon).squareRoot())
    scale.pointer[c] = gamma.value.pointer[c] * inverse.pointer[c]
  }

  // MARK: Gradient

  /// Sums Σdz and Σdz·x̂ over the images of a group, dz being the gradient below the activation; `y` and `x` as in
  /// `Pointwise.backward`.
  public func collectGradient(
    _ dy: Tensor<S>, output y: Tensor<S>?, input x: Tensor<S>, activation: Activation = .identity, images: Range<Int>
  ) {
    var call = gf_pointwise_backward(
      pixels: x.stride / channels, channels: channels, output: nil, output_gradient: nil, input: nil,
      mean: mean.pointer, inverse: inverse.pointer, scale: scale.pointer,
      shift: y == nil && !activation.isIdentity ? beta.value.pointer : nil, sum1: nil, sum2: nil, slope: activation.constant,
      input_gradient: nil, skip_gradient: nil)
    for image in images {
      call.output = y.map { UnsafeRawPointer($0.at(image)) }
      call.output_gradient = UnsafeRawPointer(dy.at(image))
      call.input = UnsafeRawPointer(x.at(image))
      activation.sums(&call, into: gradientSlots.pointer + image * 2 * channels, kernels)
    }
  }

  /// dL/dγ = Σdz·x̂ and dL/dβ = Σdz over the batch, and the means that the input gradient of training mode needs:
  /// dx = γ/√(var + ε) · (dz − mean(dz) − x̂·mean(dz·x̂)).
  public func finishGradient(imageCount: Int, pixels: Int, accumulating: Bool) {
    kernels.pointee.combine_sums(gradientSlots.pointer, imageCount, 2 * channels, gradientTotals.pointer)
    let m = Double(imageCount * pixels)
    for c in 0..<channels {
      let sum = gradientTotals.pointer[c], product = gradientTotals.pointer[channels + c]
      meanGradient.pointer[c] = S(sum / m)
      meanProduct.pointer[c] = S(product / m)
      beta.gradient.pointer[c] = accumulating ? beta.gradient.pointer[c] + S(sum) : S(sum)
      gamma.gradient.pointer[c] = accumulating ? gamma.gradient.pointer[c] + S(product) : S(product)
    }
  }
}

/// The protocol's constants.
public enum BatchNormDefaults {
  public static let epsilon = 1e-5
  /// Weight of the newest batch in the running averages.
  public static let momentum = 0.1
}

/// Which constants normalise in evaluation mode: the exponential averages, or the report's population statistics.
public enum BatchNormStatistics: String, Sendable, CaseIterable { case running, population }

/// What a pass that normalises by the batch's own statistics does with them besides.
public enum BatchNormRecording: Sendable {
  /// The running averages follow.
  case running
  /// They are added to the population's; the running averages stay.
  case population
  case none
}

/// Whether the statistics that normalised depend on the batch (training) or are constants (evaluation).
public enum BatchNormGradient: Sendable { case batch, fixed }
