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
///
/// **Ghost batches**: N is the size of a ghost: the first N images of a batch, the next N, and so on; the last ghost of an
/// incomplete batch holds what is left. Each has its own statistics and means of gradients, as a batch of its own would. The
/// running averages follow each in turn; the gradients of γ and β are the ghosts' sums in double, added ascending. Source:
/// Hoffer, Hubara & Soudry, arXiv:1705.08741; Summers & Dinneen, arXiv:1906.03548.
///
/// **Groups of channels**: m = N·H·W·K, K being the channels of a group. The mean is that of the channels' means, the variance
/// the mean of (channel variance + (channel mean − mean)²), in double, channels ascending; fixed statistics likewise. With ghosts
/// of one image that is group norm, with larger ones batch and group norm combined. Source: Wu & He, arXiv:1803.08494; Summers
/// & Dinneen.
///
/// **A weight α of the example**: evaluation normalises each image by (1 − α)·E[x] + α·its own mean, and by the variance of that
/// mixture, (1 − α)·Var[x] + α·its own variance + α·(1 − α)·(its own mean − E[x])². With α = 1 and groups, that is group norm's
/// evaluation. Source: Summers & Dinneen.
public final class BatchNorm<S: KernelScalar> {
  public let channels: Int
  public let gamma: Parameter<S>
  public let beta: Parameter<S>
  public let runningMean: StateBuffer<S>
  public let runningVariance: StateBuffer<S>
  public let epsilon: Double
  public let momentum: Double
  /// Images that share their statistics; all of a batch where it is `nil`.
  public let ghostSize: Int?
  /// Channels that share their statistics.
  public let groupSize: Int
  /// α: the share of an image's own statistics in evaluation.
  public let exampleWeight: Double

  // What the pointwise kernels read: rounded once per batch. [ghosts, channels]
  let mean: Buffer<S>
  let inverse: Buffer<S>
  let scale: Buffer<S>
  let meanGradient: Buffer<S>
  let meanProduct: Buffer<S>

  private let kernels: KernelTable
  private let momentSlots: Buffer<Double>
  private let batchMean: Buffer<Double>
  private let batchVariance: Buffer<Double>
  /// What evaluation normalises by where no example has a weight.
  private let fixedMean: Buffer<Double>
  private let fixedVariance: Buffer<Double>
  private let gradientSlots: Buffer<Double>
  /// Of one ghost.
  private let gradientTotals: Buffer<Double>
  /// Of all ghosts.
  private let gradients: Buffer<Double>
  private let populationMean: Buffer<Double>
  private let populationVariance: Buffer<Double>
  private var populationBatches = 0
  /// Images that share their constants, as these were last made, and the share of their own statistics in them.
  private var sharing = Int.max
  private var ownShare = 1.0
  /// Ghosts of the last training-mode pass.
  private var ghosts = 1

  /// - Parameters:
  ///   - capacity: the largest number of images in a batch.
  ///   - ghostSize: at least 1.
  ///   - groupSize: a divisor of the channels.
  ///   - exampleWeight: from 0 to 1.
  public init(
    gamma: Parameter<S>, beta: Parameter<S>, runningMean: StateBuffer<S>, runningVariance: StateBuffer<S>,
    epsilon: Double = BatchNormDefaults.epsilon, momentum: Double = BatchNormDefaults.momentum, kernels: KernelTable,
    capacity: Int, ghostSize: Int? = nil, groupSize: Int = 1, exampleWeight: Double = 0
  ) {
    channels = gamma.count
    self.gamma = gamma
    self.beta = beta
    self.runningMean = runningMean
    self.runningVariance = runningVariance
    self.epsilon = epsilon
    self.momentum = momentum
    self.ghostSize = ghostSize
    self.groupSize = groupSize
    self.exampleWeight = exampleWeight
    self.kernels = kernels
    precondition(channels % groupSize == 0, "\(channels) channels in groups of \(groupSize): to be refused before")
    let constants = channels * Self.sets(capacity, ghostSize: ghostSize, exampleWeight: exampleWeight)
    mean = Buffer(count: constants)
    inverse = Buffer(count: constants)
    scale = Buffer(count: constants)
    meanGradient = Buffer(count: constants)
    meanProduct = Buffer(count: constants)
    momentSlots = Buffer(count: capacity * 2 * channels)
    batchMean = Buffer(count: constants)
    batchVariance = Buffer(count: constants)
    fixedMean = Buffer(count: channels)
    fixedVariance = Buffer(count: channels)
    gradientSlots = Buffer(count: capacity * 2 * channels)
    gradientTotals = Buffer(count: 2 * channels)
    gradients = Buffer(count: 2 * channels)
    populationMean = Buffer(count: channels)
    populationVariance = Buffer(count: channels)
  }

  /// What `init` allocates, in bytes.
  package static func workspaceBytes(channels: Int, capacity: Int, ghostSize: Int? = nil, exampleWeight: Double = 0) -> Int {
    let sets = Self.sets(capacity, ghostSize: ghostSize, exampleWeight: exampleWeight)
    let constants = 5 * sets * channels, sums = 2 * 2 * capacity * channels + (2 * sets + 8) * channels
    return constants * MemoryLayout<S>.stride + sums * MemoryLayout<Double>.stride
  }

  /// How many sets of constants there can be at a time.
  private static func sets(_ capacity: Int, ghostSize: Int?, exampleWeight: Double) -> Int {
    exampleWeight > 0 ? capacity : ghosts(of: capacity, size: ghostSize)
  }

  private static func ghosts(of images: Int, size: Int?) -> Int { size.map { (images + $0 - 1) / $0 } ?? 1 }

  /// The batch's statistics of the last training-mode pass, in double; of one ghost after the other. Until an
  /// evaluation that weighs examples, which keeps the images' own in their place.
  public var batchStatistics: (mean: [Double], biasedVariance: [Double]) {
    let count = ghosts * channels
    return (Array(batchMean.elements.prefix(count)), Array(batchVariance.elements.prefix(count)))
  }

  /// Values of a channel, or group of channels, in the smallest ghost of a batch.
  package func fewestValues(images: Int, pixels: Int) -> Int {
    (ghostSize.map { (images - 1) % $0 + 1 } ?? images) * pixels * groupSize
  }

  /// Whether the statistics of an evaluation depend on its images.
  package var weighsExamples: Bool { exampleWeight > 0 }

  /// Where the constants of an image begin.
  func place(of image: Int) -> Int { image / sharing * channels }

  /// The images of each set of constants, of `count` images: a ghost's, an image alone, or all.
  private func images(ofSet set: Int, in count: Int) -> Range<Int> {
    sharing == .max ? 0..<count : set * sharing..<min((set + 1) * sharing, count)
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
    sharing = ghostSize ?? .max
    ownShare = 1
    ghosts = Self.ghosts(of: imageCount, size: ghostSize)
    for ghost in 0..<ghosts {
      finishStatistics(
        ofGhost: ghost, images: images(ofSet: ghost, in: imageCount), pixels: pixels, recording: recording)
    }
  }

  private func finishStatistics(ofGhost ghost: Int, images: Range<Int>, pixels: Int, recording: BatchNormRecording) {
    let place = ghost * channels
    let (batchMean, batchVariance) = (batchMean.pointer + place, batchVariance.pointer + place)
    kernels.pointee.combine_moments(
      momentSlots.pointer + images.lowerBound * 2 * channels, images.count, pixels, channels, batchMean, batchVariance)
    pool(batchMean, batchVariance)
    let m = Double(images.count * pixels * groupSize)
    precondition(m > 1, "batch norm of a single value: to be refused before")
    let unbias = m / (m - 1)
    for c in 0..<channels {
      setConstants(c, at: place, mean: batchMean[c], variance: batchVariance[c])
      switch recording {
      case .running:
        let oldMean = Double(runningMean.value.pointer[c]), oldVariance = Double(runningVariance.value.pointer[c])
        runningMean.value.pointer[c] = S((1 - momentum) * oldMean + momentum * batchMean[c])
        runningVariance.value.pointer[c] =
          S((1 - momentum) * oldVariance + momentum * (batchVariance[c] * unbias))
      case .population:
        populationMean.pointer[c] += batchMean[c]
        populationVariance.pointer[c] += batchVariance[c] * unbias
      case .none: break
      }
    }
    if recording == .population { populationBatches += 1 }
  }

  /// Gives the channels of a group their group's statistics.
  private func pool(_ mean: UnsafeMutablePointer<Double>, _ variance: UnsafeMutablePointer<Double>) {
    guard groupSize > 1 else { return }
    for first in stride(from: 0, to: channels, by: groupSize) {
      let group = first..<first + groupSize, size = Double(groupSize)
      var sum = 0.0, squares = 0.0
      for c in group { sum += mean[c] }
      let middle = sum / size
      for c in group {
        let distance = mean[c] - middle
        squares += variance[c] + distance * distance
      }
      for c in group { (mean[c], variance[c]) = (middle, squares / size) }
    }
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
    sharing = weighsExamples ? 1 : .max
    ownShare = exampleWeight
    let batches = Double(populationBatches)
    for c in 0..<channels {
      switch statistics {
      case .running:
        fixedMean.pointer[c] = Double(runningMean.value.pointer[c])
        fixedVariance.pointer[c] = Double(runningVariance.value.pointer[c])
      case .population:
        fixedMean.pointer[c] = populationMean.pointer[c] / batches
        fixedVariance.pointer[c] = populationVariance.pointer[c] / batches
      }
    }
    pool(fixedMean.pointer, fixedVariance.pointer)
    if weighsExamples { return }
    for c in 0..<channels { setConstants(c, at: 0, mean: fixedMean.pointer[c], variance: fixedVariance.pointer[c]) }
  }

  /// Constants of each image of a group, from the fixed statistics and its own, which `collectStatistics` left.
  public func weighExamples(images: Range<Int>, pixels: Int) {
    let other = 1 - exampleWeight
    for image in images {
      let sums = momentSlots.pointer + image * 2 * channels, place = image * channels
      let (own, variance) = (batchMean.pointer + place, batchVariance.pointer + place)
      for c in 0..<channels {
        own[c] = sums[c] / Double(pixels)
        variance[c] = sums[channels + c] / Double(pixels)
      }
      pool(own, variance)
      for c in 0..<channels {
        let distance = own[c] - fixedMean.pointer[c]
        setConstants(
          c, at: place, mean: other * fixedMean.pointer[c] + exampleWeight * own[c],
          variance: (other * fixedVariance.pointer[c] + exampleWeight * variance[c])
            + (exampleWeight * other) * (distance * distance))
      }
    }
  }

  private func setConstants(_ c: Int, at place: Int, mean value: Double, variance: Double) {
    mean.pointer[place + c] = S(value)
    inverse.pointer[place + c] = S(1 / (variance + epsilon).squareRoot())
    scale.pointer[place + c] = gamma.value.pointer[c] * inverse.pointer[place + c]
  }

  // MARK: Gradient

  /// Sums Σdz and Σdz·x̂ over the images of a group, dz being the gradient below the activation; `y` and `x` as in
  /// `Pointwise.backward`.
  public func collectGradient(
    _ dy: Tensor<S>, output y: Tensor<S>?, input x: Tensor<S>, activation: Activation = .identity, images: Range<Int>
  ) {
    var call = gf_pointwise_backward(
      pixels: x.stride / channels, channels: channels, output: nil, output_gradient: nil, input: nil,
      mean: nil, inverse: nil, scale: nil,
      shift: y == nil && !activation.isIdentity ? beta.value.pointer : nil, sum1: nil, sum2: nil, gamma: nil,
      slope: activation.constant,
      input_gradient: nil, skip_gradient: nil)
    for image in images {
      call.output = y.map { UnsafeRawPointer($0.at(image)) }
      call.output_gradient = UnsafeRawPointer(dy.at(image))
      call.input = UnsafeRawPointer(x.at(image))
      let place = place(of: image)
      call.mean = UnsafeRawPointer(mean.pointer + place)
      call.inverse = UnsafeRawPointer(inverse.pointer + place)
      call.scale = UnsafeRawPointer(scale.pointer + place)
      activation.sums(&call, into: gradientSlots.pointer + image * 2 * channels, kernels)
    }
  }

  /// dL/dγ = Σdz·x̂ and dL/dβ = Σdz over the batch, and the means that the input gradient needs where it goes through the
  /// statistics: dx = γ/√(var + ε) · (dz − mean(dz) − x̂·mean(dz·x̂)).
  ///
  /// With groups, the means are over the group's channels, of γ·dz, and dx = (γ·dz − mean(γ·dz) − x̂·mean(γ·dz·x̂))/√(var + ε).
  /// Of statistics that are the image's own to a share α, it is α of the means: mean and variance change by α of the image's
  /// own, and the term (own mean − E[x])² makes the variance's derivative 2α·(x − mean)/m, mean being the mixture's.
  public func finishGradient(imageCount: Int, pixels: Int, accumulating: Bool) {
    for set in 0..<(sharing == .max ? 1 : (imageCount + sharing - 1) / sharing) {
      let images = images(ofSet: set, in: imageCount)
      // The first set's go into the sums of all, to which the others' are added.
      let totals = set == 0 ? gradients.pointer : gradientTotals.pointer
      kernels.pointee.combine_sums(
        gradientSlots.pointer + images.lowerBound * 2 * channels, images.count, 2 * channels, totals)
      setMeans(at: set * channels, of: totals, values: Double(images.count * pixels * groupSize))
      if set > 0 { for i in 0..<2 * channels { gradients.pointer[i] += totals[i] } }
    }
    for c in 0..<channels {
      let sum = gradients.pointer[c], product = gradients.pointer[channels + c]
      beta.gradient.pointer[c] = accumulating ? beta.gradient.pointer[c] + S(sum) : S(sum)
      gamma.gradient.pointer[c] = accumulating ? gamma.gradient.pointer[c] + S(product) : S(product)
    }
  }

  /// The means that the input gradient of one set needs.
  private func setMeans(at place: Int, of totals: UnsafeMutablePointer<Double>, values m: Double) {
    guard groupSize > 1 else {
      for c in 0..<channels {
        meanGradient.pointer[place + c] = S(ownShare * totals[c] / m)
        meanProduct.pointer[place + c] = S(ownShare * totals[channels + c] / m)
      }
      return
    }
    for first in stride(from: 0, to: channels, by: groupSize) {
      let group = first..<first + groupSize
      var sum = 0.0, product = 0.0
      for c in group {
        let factor = Double(gamma.value.pointer[c])
        sum += factor * totals[c]
        product += factor * totals[channels + c]
      }
      for c in group {
        meanGradient.pointer[place + c] = S(ownShare * sum / m)
        meanProduct.pointer[place + c] = S(ownShare * product / m)
      }
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
