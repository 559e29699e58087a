import Foundation
import Testing

@testable import Goldens
@testable import Traces

/// The bands once more, from `golden/README.md` alone: "How the bands are made" with arrays and loops. It shares with the
/// library the names of metrics and nothing that computes; Student's t is integrated here.
@Suite("The method of the bands, computed a second time")
struct BandsAnewTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let seeds: UInt64
    let epochs: Int
    var testDescription: String { "\(seeds) seeds, \(epochs) epochs" }
  }

  @Test(
    "centres, deviations and thresholds are what the documented method gives",
    arguments: [Case(seeds: 4, epochs: 3), Case(seeds: 7, epochs: 12), Case(seeds: 16, epochs: 3), Case(seeds: 40, epochs: 12)])
  func method(_ size: Case) throws {
    let runs = Sample.runs(0..<size.seeds, epochs: size.epochs).map(\.trace)
    let bands = try #require(try Sample.golden(seeds: size.seeds, epochs: size.epochs).bands)
    #expect(bands.bands.count == (size.seeds >= 8 ? 12 : 5))
    let promised = size.seeds >= 32 ? 0.02 : 0.05
    var byTail = 0
    for band in bands.bands {
      let anew = Anew(band.metric, runs, layers: band.layers)
      // Half of the promise, shared out evenly among the metrics.
      let (threshold, isTail) = anew.threshold(rate: promised / 2 / Double(bands.bands.count))
      byTail += isTail ? 1 : 0
      #expect(near(band.threshold, threshold), "\(band.metric): \(band.threshold), anew \(threshold)")
      let fit = anew.fit(Array(runs.indices))
      for epoch in band.centres.indices {
        for layer in band.layers.indices {
          #expect(near(band.centres[epoch][layer], fit.centres[epoch][layer]), "\(band.metric) \(epoch) \(layer)")
          #expect(near(band.deviations[epoch][layer], fit.deviations[epoch][layer]), "\(band.metric) \(epoch) \(layer)")
        }
      }
    }
    // Thresholds that the tail decides are those in which its widening shows.
    #expect(byTail > 0, "no threshold is the tail's: this decides nothing of it")
  }

  @Test("bands from the scatter of epochs are what the documented method gives", arguments: [5, 9, 13])
  func scatter(epochs: Int) throws {
    let golden = try Sample.golden(seeds: 1, epochs: epochs)
    let bands = try #require(golden.bands), run = Sample.run(seed: 0, epochs: epochs)
    for band in bands.bands where !band.metric.isOfTest {
      #expect(band.threshold == 4)
      let anew = Anew(band.metric, [run], layers: band.layers, isRounded: false)
      for layer in band.layers.indices {
        let y = anew.places[0].map { $0[layer] }
        // Second differences of independent noise have six times its variance; seeds differ by five times as much.
        let squares = (1..<epochs - 1).map { pow(y[$0 - 1] - 2 * y[$0] + y[$0 + 1], 2) / 6 }
        for epoch in 0..<epochs {
          let around = (1..<epochs - 1).filter { abs($0 - epoch) <= 5 }.map { squares[$0 - 1] }
          let deviation = 5 * (around.reduce(0, +) / Double(around.count)).squareRoot()
          #expect(near(band.centres[epoch][layer], y[epoch]), "\(band.metric) \(epoch) \(layer)")
          #expect(near(band.deviations[epoch][layer], max(deviation, anew.floor)), "\(band.metric) \(epoch) \(layer)")
        }
      }
    }
  }

  @Test("Student's t integrated is the library's", arguments: [3.0, 15, 39], [0.975, 0.995, 0.999])
  func quantile(freedom: Double, probability: Double) {
    let here = StudentsT(freedom: freedom).quantile(probability)
    #expect(abs(here - StudentT.quantile(probability, freedom: freedom)) < 1e-7 * here)
  }

  /// Six digits are recorded.
  private func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1.5e-5 * abs(b) + 1e-300 }
}

/// One metric of an ensemble.
private struct Anew {
  let isAccuracy: Bool
  let floor: Double
  /// `[seed][epoch][layer]` on the scale.
  let places: [[[Double]]]
  let kinds: [String]
  let images = 100.0

  init(_ metric: Metric, _ runs: [Trace], layers: [String], isRounded: Bool = true) {
    isAccuracy = [.trainAccuracy, .validationAccuracy, .testAccuracy].contains(metric)
    let isLoss = [.trainLoss, .validationLoss, .testLoss].contains(metric)
    let isFlow = [.gradientFlow, .gradientFlowMean].contains(metric)
    let isNorm = metric == .weightNorm || metric == .bufferNorm
    floor = isAccuracy ? 0.5 / 100 : isLoss ? 1e-5 : isFlow ? 0.01 : isNorm ? 1e-4 : 0.002
    let least = isLoss ? 1e-6 : isFlow || isNorm ? 1e-45 : 1e-7
    // To this the places are rounded: half the smallest deviation of what has layers.
    let unit =
      isAccuracy || isLoss
      ? 1e-6 : [.gradientFlowMean, .updateMean].contains(metric) ? 1e-5 : isFlow ? 0.005 : isNorm ? 5e-5 : 1e-3
    let isAccuracy = isAccuracy
    func exact(_ value: Double) -> Double { isAccuracy ? value : Foundation.log10(max(value, least)) }
    func place(_ value: Double) -> Double { isRounded ? (exact(value) / unit).rounded() * unit : exact(value) }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    places = runs.map { run in
      func flows(_ line: EpochLine) -> [(String, Double)] { line.gradientFlow.map { ($0.name, $0.value) } }
      func updates(_ line: EpochLine) -> [(String, Double)] { line.gradientStatistics.map { ($0.name, $0.update) } }
      func picked(_ all: [(String, Double)]) -> [Double] { layers.map { name in place(all.first { $0.0 == name }!.1) } }
      switch metric {
      case .testLoss: return [[place(run.test!.loss)]]
      case .testAccuracy: return [[place(run.test!.accuracy)]]
      case .trainLoss: return run.epochs.map { [place($0.trainLoss)] }
      case .trainAccuracy: return run.epochs.map { [place($0.trainAccuracy)] }
      case .validationLoss: return run.epochs.map { [place($0.validationLoss)] }
      case .validationAccuracy: return run.epochs.map { [place($0.validationAccuracy)] }
      case .gradientFlow: return run.epochs.map { picked(flows($0)) }
      case .update: return run.epochs.map { picked(updates($0)) }
      case .gradientFlowMean: return run.epochs.map { [place(pow(10, mean(flows($0).map { exact($0.1) })))] }
      case .updateMean: return run.epochs.map { [place(pow(10, mean(updates($0).map { exact($0.1) })))] }
      case .weightNorm: return run.norms.map { picked($0.parameters.map { ($0.name, $0.value) }) }
      case .bufferNorm: return run.norms.map { picked($0.buffers.map { ($0.name, $0.value) }) }
      }
    }
    // Of the sample's five layers only the two convolutions of block 0 are of one kind.
    kinds = layers.map { $0.hasPrefix("block_0_0_conv") ? "block_0 conv" : $0 }
  }

  func fit(_ seeds: [Int]) -> (centres: [[Double]], deviations: [[Double]]) {
    let n = Double(seeds.count), epochs = places[0].count, layers = kinds.indices
    var centres = [[Double]](repeating: .init(repeating: 0, count: layers.count), count: epochs), own = centres
    for e in 0..<epochs {
      for l in layers {
        for s in seeds { centres[e][l] += places[s][e][l] / n }
        for s in seeds { own[e][l] += pow(places[s][e][l] - centres[e][l], 2) / (n - 1) }
      }
    }
    let reach = epochs >= 10 ? 2 : 1
    var deviations = centres
    for e in 0..<epochs {
      for l in layers {
        var known = 0.0
        if isAccuracy {
          let p = min(max(centres[e][l], 1 / images), 1 - 1 / images)
          known = p * (1 - p) / images
        } else {
          var count = 0.0
          for near in 0..<epochs where abs(near - e) <= reach {
            for kin in layers where kinds[kin] == kinds[l] {
              known += own[near][kin]
              count += 1
            }
          }
          known /= count
        }
        deviations[e][l] = max(((8 * known + (n - 1) * own[e][l]) / (8 + n - 1)).squareRoot(), floor)
      }
    }
    return (centres, deviations)
  }

  /// And whether the tail decides it.
  func threshold(rate: Double) -> (Double, isTail: Bool) {
    let n = Double(places.count)
    let largest = places.indices.map { left in
      let fit = fit(places.indices.filter { $0 != left })
      var largest = 0.0
      for (e, row) in places[left].enumerated() {
        for (l, place) in row.enumerated() {
          // Two-sided.
          largest = max(largest, (place - fit.centres[e][l]) / fit.deviations[e][l])
          largest = max(largest, (fit.centres[e][l] - place) / fit.deviations[e][l])
        }
      }
      return largest
    }
    let mean = largest.reduce(0, +) / n
    let deviation = (largest.reduce(0) { $0 + pow($1 - mean, 2) } / (n - 1)).squareRoot()
    // A Gumbel distribution of mean 0 and deviation 1 exceeds this with probability `rate`.
    let euler = 0.5772156649015329
    let gumbel = (-Foundation.log(-Foundation.log1p(-rate)) - euler) * 6.0.squareRoot() / Double.pi
    // A prediction interval from n values is wider by √(1 + 1/n), and t of n − 1 degrees of freedom stands for the normal.
    let widening = (1 + 1 / n).squareRoot() * StudentsT(freedom: n - 1).quantile(1 - rate) / normalQuantile(1 - rate)
    let tail = mean + gumbel * widening * deviation
    let others = max(largest.max()!, 3)
    return (max(tail, others), tail > others)
  }
}

/// With x = √ν·tan θ the density of Student's t is that of cosᵛ⁻¹ θ: P(T ≤ x) = ½ + ∫₀^θ cosᵛ⁻¹ / 2 ∫₀^{π/2} cosᵛ⁻¹.
private struct StudentsT {
  let freedom: Double

  private func integral(to angle: Double) -> Double {
    let steps = 4000, width = angle / Double(steps)
    var sum = 0.0
    for step in 0...steps {
      let weight = step == 0 || step == steps ? 1.0 : step % 2 == 1 ? 4 : 2
      sum += weight * pow(max(cos(Double(step) * width), 0), freedom - 1)
    }
    return sum * width / 3
  }

  func quantile(_ probability: Double) -> Double {
    let wanted = (2 * probability - 1) * integral(to: .pi / 2)
    var (low, high) = (0.0, Double.pi / 2)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if integral(to: middle) < wanted { low = middle } else { high = middle }
    }
    return freedom.squareRoot() * tan((low + high) / 2)
  }
}

private func normalQuantile(_ probability: Double) -> Double {
  var (low, high) = (0.0, 40.0)
  for _ in 0..<100 {
    let middle = (low + high) / 2
    if 1 - erfc(middle / 2.0.squareRoot()) / 2 < probability { low = middle } else { high = middle }
  }
  return (low + high) / 2
}
