import LayerNames
import Platform
import Traces

/// Claims 2 and 6: how the gradient's size runs through the layers. Every epoch of every seed counts.
enum GradientClaims {
  /// Above this no gradient is "vanishingly small": a thousand times the report's 1e-11, as the plain network's varies with
  /// its seed by two orders of magnitude (33 seeds on small data: up to 6e-9), and still four orders below what the last
  /// convolution gets (1e-5).
  static let vanished = 1e-8
  /// "A few orders of magnitude": four. The report's Figure 5 shows 2.3 in the first epoch and 1.2 in the last; on small
  /// data in the first, wild epochs of LR 1e-2 it is up to 3.7.
  static let few = 4.0
  /// "Loses fifteen": at least twelve orders. Seeds differ by two (13.8 to 16.1 on small data).
  static let many = 12.0

  private static let boundary = LayerName(.reduction(stage: 2), .convolution, 1).description
  private static let output = LayerName.output.description

  /// The layers of a run by their labels, each read once: an epoch has the labels of the epoch before.
  private static func layers(of run: RunRecord) -> [String: LayerName] {
    var layers: [String: LayerName] = [:]
    for label in Set(run.epochs.lazy.flatMap(\.gradientFlow).map(\.name)) { layers[label] = LayerName(label) }
    return layers
  }

  /// Geometric means over the layers of stage 0, 1 and 2.
  private static func stageMeans(_ flow: some Sequence<NamedValue>, _ layers: [String: LayerName]) -> [Double] {
    let stages = flow.map { (stage: layers[$0.name]?.stage, value: $0.value) }
    return (0...2).map { number in geometricMean(stages.filter { $0.stage == number }.map(\.value)) }
  }

  static func vanishes(_ runs: RunSet) -> Claim {
    Claim(
      2, "Its gradient is vanishingly small in every layer before \(boundary) (around 1e-11 there, smaller before).",
      rule: "in every epoch of every seed of vgg38, mean |gradient| at most 1e-8 in each of these layers, and smaller from "
        + "stage to stage towards the input (geometric means; an exact zero is smaller than anything)"
    ) { () throws(Undecidable) in
      let deep = try runs.row("vgg38")
      var findings: [String] = []
      var largest = 0.0
      var bySeed: [SeedValue] = []
      for run in deep.runs {
        let before = findings.count
        var ofSeed = 0.0, rise = true
        let layers = layers(of: run)
        for line in run.epochs {
          guard let end = line.gradientFlow.firstIndex(where: { $0.name == boundary }) else {
            throw Undecidable("\(run.name) has no gradient flow of \(boundary)")
          }
          let before = line.gradientFlow[..<end]
          for layer in before where !(layer.value.isFinite && layer.value <= vanished) {
            findings.append("\(run.name), epoch \(line.epoch): \(layer.name) \(Format.scientific(layer.value))")
          }
          ofSeed = before.reduce(ofSeed) { $1.value.isNaN ? .infinity : max($0, $1.value) }
          let means = stageMeans(before, layers)
          if !(means[0] <= means[1] && means[1] <= means[2]) {
            rise = false
            findings.append(
              "\(run.name), epoch \(line.epoch): stages \(means.map(Format.scientific).joined(separator: ", ")) do not rise")
          }
        }
        bySeed.append(
          .init(
            seed: run.seed, range: ofSeed...ofSeed, value: Format.scientific(ofSeed) + (rise ? "" : " (stages do not rise)"),
            holds: findings.count == before))
        largest = max(largest, ofSeed)
      }
      let seeds = overSeeds(bySeed, "the largest of these layers")
      if !findings.isEmpty { return (false, Array(findings.prefix(6)) + LearningClaims.more(findings.count - 6) + seeds) }
      let first = deep.representative.epochs[0].gradientFlow
      let means = stageMeans(first.prefix { $0.name != boundary }, layers(of: deep.representative))
      return (
        true,
        [
          "largest of all \(Format.scientific(largest)); stages 0, 1, 2 at the end of the first epoch "
            + means.map(Format.scientific).joined(separator: ", ")
            + "; linear layer \(Format.scientific(first[output] ?? .nan))"
        ] + seeds
      )
    }
  }

  static func restored(_ runs: RunSet) -> Claim {
    Claim(
      6, "BN and RC restore the gradient's flow, where the plain network loses fifteen orders of magnitude.",
      rule: "in every epoch of every seed of vgg38-bn-rc-1e-2, each convolution's mean |gradient| within four orders of "
        + "magnitude of the linear layer's, below and above; in vgg38, some convolution's at least twelve orders below (an exact "
        + "zero is), and its linear layer's above zero"
    ) { () throws(Undecidable) in
      let whole = try runs.row("vgg38-bn-rc-1e-2")
      let plain = try runs.row("vgg38")
      var spread: [(deepest: Double, highest: Double)] = []
      var lost: [(deepest: Double, highest: Double)] = []
      for run in whole.runs { spread += try losses(run, whereNoFlow: .infinity) }
      var bySeed: [SeedValue] = []
      for run in plain.runs {
        // A network that is dead, or has no numbers, loses nothing on the way through its layers.
        let losses = try losses(run, whereNoFlow: -.infinity)
        let least = losses.map(\.deepest).min() ?? 0
        let most = losses.map(\.deepest).max() ?? 0
        bySeed.append(
          .init(
            seed: run.seed, range: least...most, value: "\(Format.fixed(least, 1)) to \(Format.fixed(most, 1))",
            holds: least >= many))
        lost += losses
      }
      let worst = spread.map { max(abs($0.deepest), abs($0.highest)) }.max() ?? .infinity
      let least = lost.map(\.deepest).min() ?? 0
      let holds = worst <= few && least >= many
      return (
        holds,
        [
          "with BN and RC at most \(Format.fixed(worst, 1)) orders of magnitude from the linear layer's; "
            + (least == -.infinity
              ? "the plain network has an epoch whose gradients are no flow (the linear layer's is zero, or a number is not finite)"
              : "the plain network loses at least \(Format.fixed(least, 1))")
        ] + overSeeds(bySeed, "orders of magnitude that the plain network loses, over its epochs")
      )
    }
  }

  /// What a seed has over its epochs, as numbers to find the extremes by and in words.
  private struct SeedValue {
    let seed: UInt64
    let range: ClosedRange<Double>
    let value: String
    let holds: Bool
    var text: String { "seed \(seed) \(value)" }
  }

  /// As many seeds are told one by one.
  private static let toldOneByOne = 8

  /// The report ran one seed, and the plain network's loss of gradient differs between seeds by orders: so what each seed
  /// has stands beside the verdict on all. Empty for a single seed. Of many seeds the lowest and the highest are told, and those
  /// in which the numbers do not hold.
  private static func overSeeds(_ seeds: [SeedValue], _ what: String) -> [String] {
    if seeds.count < 2 { return [] }
    let holding = seeds.count { $0.holds }
    var values = seeds.map(\.text).joined(separator: ", ")
    if seeds.count > toldOneByOne, let lowest = seeds.min(by: { $0.range.lowerBound < $1.range.lowerBound }),
      let highest = seeds.max(by: { $0.range.upperBound < $1.range.upperBound })
    {
      let apart = seeds.filter { !$0.holds }
      values = "lowest \(lowest.text), highest \(highest.text)"
      if !apart.isEmpty {
        let told = apart.prefix(toldOneByOne).map(\.text) + LearningClaims.more(apart.count - toldOneByOne)
        values += "; not in " + told.joined(separator: ", ")
      }
    }
    return [
      "the report's numbers hold in \(holding == seeds.count ? "all \(holding)" : "\(holding) of \(seeds.count)") seeds: "
        + "\(what): \(values)"
    ]
  }

  /// For each epoch, how many orders of magnitude the convolutions lie below the linear layer: the most and the least.
  ///
  /// - Parameter whereNoFlow: stands for an epoch in which a gradient is no number, or the linear layer's is zero.
  private static func losses(
    _ run: RunRecord, whereNoFlow: Double
  ) throws(Undecidable) -> [(deepest: Double, highest: Double)] {
    var result: [(Double, Double)] = []
    let layers = layers(of: run)
    for line in run.epochs {
      guard let linear = line.gradientFlow[output] else { throw Undecidable("\(run.name) has no gradient flow of \(output)") }
      let flow = line.gradientFlow.filter { layers[$0.name]?.kind == .convolution }.map(\.value)
      let isFlow = linear.isFinite && linear > 0 && flow.allSatisfy { $0.isFinite && $0 >= 0 }
      // A zero is lost altogether: infinitely many orders.
      let orders = flow.map { isFlow ? log10(linear) - log10($0) : whereNoFlow }
      guard let deepest = orders.max(), let highest = orders.min() else {
        throw Undecidable("\(run.name) has no gradient flow of a convolution")
      }
      result.append((deepest, highest))
    }
    return result
  }

  /// Zero if one is zero.
  static func geometricMean(_ values: [Double]) -> Double {
    if values.isEmpty { return .nan }
    return pow(10, values.reduce(0) { $0 + log10($1) } / Double(values.count))
  }
}
