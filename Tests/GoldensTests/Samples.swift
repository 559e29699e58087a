import Digests
import Files
import Foundation
import TestSupport

@testable import Goldens
@testable import Traces

/// Small runs of a known kind, whose numbers scatter from seed to seed as those of a training do.
enum Sample {
  static let layers = ["input_conv_conv_0", "input_conv_bn_0", "block_0_0_conv_0", "block_0_0_conv_1", "logit_linear_layer"]

  /// The golden of `smoke` that the repository has of a row.
  static func recorded(_ row: String) throws -> Golden {
    return try Golden(path: packageDirectory.appendingPathComponent("golden/smoke/\(row).jsonl.zst").path)
  }

  static func header(seed: UInt64 = 0, numerics: Int = 1, learningRate: Double = 1e-3) -> TraceHeader {
    TraceHeader(
      numerics: numerics, row: "vgg08", profile: "smoke", seed: seed, dataName: "synthetic-1",
      dataFingerprint: "sha256:\(Digest(of: "data"))", parameters: 59_716,
      training: [
        .init("classes", JSONValue(10)), .init("validation_per_class", JSONValue(10)),
        .init("learning_rate", JSONValue(learningRate)),
      ])
  }

  /// A whole run. What differs between seeds is drawn from `salt` and the seed.
  ///
  /// - Parameter isVanishing: the first layer's gradient is zero, and the accuracy that of chance, under every seed.
  static func run(
    seed: UInt64, epochs: Int = 3, numerics: Int = 1, salt: UInt64 = 0, isVanishing: Bool = false
  ) -> Trace {
    var random = Generator(seed: seed &* 1_000_003 &+ salt)
    func normal() -> Double {
      // Twelve uniform numbers are normal enough.
      (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
    }
    let level = normal()
    var lines: [EpochLine] = []
    for epoch in 0..<epochs {
      let loss = 2.3 - 0.15 * Double(epoch) + 0.02 * (level + normal())
      func accuracy(_ images: Double) -> Double {
        isVanishing ? 0.1 : ((0.15 + 0.06 * Double(epoch) + 0.03 * normal()) * images).rounded() / images
      }
      let flow = layers.enumerated().map { index, name in
        let isZero = isVanishing && index == 0
        return NamedValue(name, isZero ? 0 : pow(10, -3 - Double(index) / 2 + 0.2 * (level + normal())))
      }
      let statistics = flow.map { value in
        GradientStatistics(
          name: value.name + ".weight", l2: value.value * 30, max: value.value * 5, zeros: value.value == 0 ? 1 : 0,
          update: value.value == 0 ? 0 : 1e-3 * pow(10, 0.01 * normal()))
      }
      lines.append(
        EpochLine(
          epoch: epoch, learningRate: 1e-3 / Double(epoch + 1), trainLoss: loss, trainAccuracy: accuracy(340),
          validationLoss: loss + 0.01 * normal(), validationAccuracy: accuracy(100), gradientFlow: flow,
          gradientStatistics: statistics, digest: Digest(of: "\(numerics) \(salt) \(seed) \(epoch)")))
    }
    let best = lines.last!
    // Drawn apart, so that nothing else hangs on it. Weights' norms scatter by 1 % from seed to seed, and stay what they are.
    var others = Generator(seed: seed &* 1_000_003 &+ salt &+ 77)
    let norms = layers.indices.map { 2 * pow(10, 0.01 * (Double.random(in: -1..<1, using: &others)) + Double($0)) }
    return Trace(
      header: header(seed: seed, numerics: numerics), epochs: lines,
      steps: lines.map { line in
        StepsLine(
          epoch: line.epoch, digests: (0..<3).map { ShortDigest(Digest(of: "\(numerics) \(salt) \(seed) \(line.epoch) \($0)")) })
      },
      layers: lines.map { line in
        LayersLine(
          epoch: line.epoch, step: 0,
          entries: layers.map {
            .init(layer: $0, phase: .forward, digest: ShortDigest(Digest(of: "\(salt) \(seed) \(line.epoch) \($0)")))
          })
      },
      test: TestLine(
        epoch: epochs - 1, loss: best.validationLoss + 0.01 * normal(), accuracy: best.validationAccuracy,
        digest: best.digest),
      inputs: [], opening: [],
      norms: lines.map { line in
        NormsLine(
          epoch: line.epoch,
          parameters: zip(layers, norms).map { NamedValue($0 + ".weight", $1 * (1 + 0.01 * Double(line.epoch))) },
          buffers: [NamedValue(layers[1] + ".running_mean", norms[1] / 10)])
      }, unknown: [], lines: 0, torn: nil)
  }

  static func runs(_ seeds: Range<UInt64>, epochs: Int = 3, isVanishing: Bool = false) -> [GoldenRecording.Run] {
    seeds.map { .init(path: "vgg08-s\($0)", trace: run(seed: $0, epochs: epochs, isVanishing: isVanishing)) }
  }

  /// Of forty seeds ten in a row are of another kind: each by itself is nothing unusual, the mean of ten of them is.
  static let twoKinds = runs(0..<40).map { run in
    var run = run
    if run.trace.header.seed < 10 { run.trace = run.trace.with(epoch: 1) { $0.trainLoss += 0.1 } }
    return run
  }

  static func goldenOfTwoKinds() throws -> Golden {
    try GoldenRecording.golden(row: "vgg08", profile: "smoke", runs: twoKinds, referenceSeed: 20, epochs: 3, reason: "")
  }

  static func golden(seeds: UInt64 = 40, epochs: Int = 3, isVanishing: Bool = false) throws -> Golden {
    try GoldenRecording.golden(
      row: "vgg08", profile: "smoke", runs: runs(0..<seeds, epochs: epochs, isVanishing: isVanishing), referenceSeed: 0,
      epochs: epochs, reason: "for a test")
  }
}

extension Golden {
  /// As goldens were recorded before they kept the numbers of seeds: bands can be what they like, within limits.
  func ofTheFirstMethod() throws -> Golden {
    let bands = bands.map { bands in
      var ensemble = bands.ensemble
      ensemble.version = 1
      return Bands(
        ensemble: ensemble,
        bands: bands.bands.filter { !$0.metric.isNorm }.map {
          Band(metric: $0.metric, threshold: $0.threshold, layers: $0.layers, centres: $0.centres, deviations: $0.deviations)
        })
    }
    return try Golden(trace: trace, reason: reason, bands: bands, rounding: rounding, path: "")
  }
}

extension Metric {
  /// Of the first version of the method.
  static let first = allCases.filter { !$0.isNorm }
}

/// A trace with other lines, in the order in which a run writes them.
extension Trace {
  func with(
    header: TraceHeader? = nil, epochs: [EpochLine]? = nil, steps: [StepsLine]? = nil, layers: [LayersLine]? = nil,
    test: TestLine?? = nil, inputs: [InputsLine]? = nil, opening: [OpeningLine]? = nil,
    norms: [NormsLine]? = nil
  ) -> Trace {
    Trace(
      header: header ?? self.header, epochs: epochs ?? self.epochs, steps: steps ?? self.steps,
      layers: layers ?? self.layers, test: test ?? self.test, inputs: inputs ?? self.inputs, opening: opening ?? self.opening,
      norms: norms ?? self.norms, unknown: unknown, lines: lines, torn: torn)
  }

  func with(epoch: Int, _ change: (inout EpochLine) -> Void) -> Trace {
    var epochs = epochs
    change(&epochs[epoch])
    return with(epochs: epochs)
  }

  var content: [UInt8] { Array(knownLines.map { $0.json.description + "\n" }.joined().utf8) }
}
