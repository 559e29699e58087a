import GradientChecking
import Kernels
import Layers
import Networks

/// Whole networks: every parameter and the images, at random weights and after some steps of Adam.
///
/// The weights are drawn larger than the protocol's (uniform on ±√(9/fan_in)), because its own let the gradient vanish below
/// what differences of a loss can resolve: that is its subject, not ours.
enum NetworkChecks {
  struct Case: Sendable {
    var name: String
    var normalisesProcessing = false
    var normalisesReduction = false
    var isResidual = false
    var activation = Activation.leakyReLU(slope: 0.01)
    var dropout = 0.0
    var normPlacement = NormPlacement.afterConvolution
    var normStatistics = NormStatistics.standard
    var side = 8
    var blocksPerStage = 1
    /// From 4 on, minimal filtering computes the convolutions on maps of 3×3 pixels and more. With 16, the kernels take the
    /// paths that are specialised for the experiment's width: 16 numbers in binary64 fill as many vectors as 32 in binary32.
    var filters = 3
    var images = 3
    /// More than one: their gradients accumulate.
    var batches = 1
    /// The more activations there are, the nearer the nearest of them is to its kink, in any batch.
    var step = CentralDifference.step
    var selection = CheckSubject.Selection.everyElement

    var configuration: NetworkConfiguration {
      var configuration = NetworkConfiguration(
        blocksPerStage: blocksPerStage, filters: filters, classes: 5, side: side,
        normalisesProcessing: normalisesProcessing, normalisesReduction: normalisesReduction, isResidual: isResidual,
        activation: activation, blockDropout: dropout, headDropout: dropout, normPlacement: normPlacement)
      configuration.normStatistics = normStatistics
      return configuration
    }

    var shape: String {
      "\(name), \(configuration.depth) layers of \(filters) filters, "
        + (batches == 1 ? "" : "\(batches) batches, ") + "\(images)x\(side)x\(side)x3 -> \(configuration.classes)"
    }
  }

  static let cases = [
    Case(name: "plain"),
    // The first pool drops the last of 9 pixels.
    Case(name: "BN", normalisesProcessing: true, side: 9), Case(name: "RC", isResidual: true, side: 9),
    Case(name: "BN+RC", normalisesProcessing: true, normalisesReduction: true, isResidual: true),
  ]

  static let all: [GradientCheck] =
    cases.flatMap { one in
      [0, 5].map { check(one, .training, steps: $0) }
    } + [
      check(
        Case(name: "BN+RC", normalisesProcessing: true, normalisesReduction: true, isResidual: true, filters: 4),
        .training, steps: 0),
      check(Case(name: "RC", isResidual: true, side: 9, filters: 4), .training, steps: 5),
      check(
        Case(name: "BN+RC", normalisesProcessing: true, isResidual: true, side: 9, batches: 2), .training, steps: 0),
      check(cases[3], .evaluation(.running), steps: 5), check(cases[3], .evaluation(.population), steps: 5),
      // Without kinks the steps may be large: the whole network's error falls as h² too.
      check(
        Case(
          name: "BN+RC, slope 1", normalisesProcessing: true, isResidual: true, activation: .identity),
        .training, steps: 0),
      check(
        Case(name: "BN+RC, ELU", normalisesProcessing: true, isResidual: true, activation: .elu(alpha: 1)), .training, steps: 0),
      check(Case(name: "ELU", activation: .elu(alpha: 0.5)), .training, steps: 5),
      check(Case(name: "RC, ReLU", isResidual: true, activation: .leakyReLU(slope: 0)), .training, steps: 0),
      // With the mask held: every pass is of one step.
      check(Case(name: "dropout", dropout: 0.3), .training, steps: 5),
      check(
        Case(name: "BN+RC, dropout", normalisesProcessing: true, normalisesReduction: true, isResidual: true, dropout: 0.3),
        .training, steps: 0),
      check(ghostly(), .training, steps: 0), check(ghostly(), .training, steps: 5),
      check(ghostly(filters: 4), .training, steps: 0),
      check(ghostly(), .evaluation(.running), steps: 5), check(ghostly(), .evaluation(.population), steps: 5),
      check(normalised("GN+RC", .groupNorm(groups: 2)), .training, steps: 0),
      check(normalised("GN+RC", .groupNorm(groups: 2)), .evaluation(.running), steps: 5),
      check(normalised("BN, GN+RC", NormStatistics(ghostSize: 2, groups: 2), images: 4), .training, steps: 5),
      check(normalised("BN+RC, examples weighed", NormStatistics(exampleWeight: 0.3)), .evaluation(.running), steps: 5),
      check(
        normalised("BN, GN+RC, examples weighed", NormStatistics(groups: 2, exampleWeight: 0.6)), .evaluation(.population),
        steps: 5),
      check(independent("IC"), .training, steps: 5),
      check(independent("IC+RC", isResidual: true), .training, steps: 0),
      check(independent("IC+RC", isResidual: true, filters: 4), .training, steps: 0),
      check(independent("IC+RC", isResidual: true), .evaluation(.running), steps: 5),
      check(independent("IC+RC", isResidual: true), .evaluation(.population), steps: 5),
    ] + full(.sample(elements: 8, directions: 1))

  /// Two ghosts. Two values, as two images have on the last map of one pixel, would normalise to +1 and -1 whatever they are;
  /// three bend so much still that steps must be smaller.
  private static func ghostly(filters: Int = 3) -> Case {
    var ghostly = normalised("BN+RC, ghosts of 3", NormStatistics(ghostSize: 3), filters: filters, images: 6)
    ghostly.step = 0x1p-15
    return ghostly
  }

  private static func normalised(
    _ name: String, _ statistics: NormStatistics, filters: Int = 6, images: Int = 3
  ) -> Case {
    Case(
      name: name, normalisesProcessing: true, normalisesReduction: true, isResidual: true, normStatistics: statistics,
      filters: filters, images: images, selection: .sample(elements: 12, directions: 1))
  }

  /// Batch norm and dropout before each convolution.
  private static func independent(_ name: String, isResidual: Bool = false, filters: Int = 3) -> Case {
    Case(
      name: name, normalisesProcessing: true, normalisesReduction: true, isResidual: isResidual,
      normPlacement: .beforeConvolution(dropout: 0.2), filters: filters)
  }

  /// The same with more of each tensor: minutes instead of seconds.
  static let thorough: [GradientCheck] = full(.sample(elements: 288, directions: 4), suffix: ", thorough")

  /// Networks as wide as the kernels are specialised for, one of them as deep as the experiment's deepest.
  private static func full(_ selection: CheckSubject.Selection, suffix: String = "") -> [GradientCheck] {
    let wide = Case(name: "plain", side: 12, blocksPerStage: 0, filters: 16, step: 0x1p-15, selection: selection)
    var (norm, residual, deep, batches) = (wide, wide, wide, wide)
    (norm.name, norm.normalisesProcessing, norm.side, norm.blocksPerStage) = ("BN", true, 9, 1)
    (residual.name, residual.isResidual, residual.side, residual.blocksPerStage) = ("RC", true, 8, 1)
    deep = Case(
      name: "BN+RC", normalisesProcessing: true, isResidual: true, blocksPerStage: 5, filters: 16, images: 2,
      step: 0x1p-16, selection: selection)
    batches = Case(
      name: "BN+RC", normalisesProcessing: true, normalisesReduction: true, isResidual: true, filters: 16, batches: 2,
      step: 0x1p-15, selection: selection)
    return [wide, norm, residual, deep, batches].map { check($0, .training, steps: 0, suffix: suffix) }
  }

  private static func check(_ one: Case, _ mode: PassMode, steps: Int, suffix: String = "") -> GradientCheck {
    let modeName =
      switch mode {
      case .evaluation(let statistics): statistics.rawValue
      default: "training"
      }
    let make = one.activation.isIdentity ? GradientCheck.swept : GradientCheck.init(_:shape:mode:subject:)
    return make(
      "Network", one.shape, modeName + (steps == 0 ? ", initial weights" : ", after \(steps) steps") + suffix
    ) { backend, generator in
      try NetworkBench(one, mode, backend).subject(steps: steps, &generator)
    }
  }
}
