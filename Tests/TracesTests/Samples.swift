import Digests
import Files
import Foundation

@testable import Traces

/// Small traces of known content.
enum Sample {
  static let fingerprint = "sha256:\(Digest(of: "data"))"

  static func header(seed: UInt64 = 7, learningRate: Double = 1e-3) -> TraceHeader {
    TraceHeader(
      numerics: 1, row: "vgg08", profile: "smoke", seed: seed, dataName: "synthetic-1",
      dataFingerprint: fingerprint, parameters: 59_716,
      training: [
        .init("batch", JSONValue(100)), .init("learning_rate", JSONValue(learningRate)),
        .init("augmentation", .object([.init("crop", .bool(true)), .init("pad", JSONValue(4))])),
      ])
  }

  static func short(_ text: String) -> ShortDigest { ShortDigest(Digest(of: text)) }

  static func epoch(_ epoch: Int, loss: Double = 4.605170185988092) -> EpochLine {
    EpochLine(
      epoch: epoch, learningRate: 1e-3 / Double(epoch + 1), trainLoss: loss, trainAccuracy: 0.1,
      validationLoss: loss + 0.1, validationAccuracy: 1.0 / 3,
      gradientFlow: [NamedValue("input_conv_conv_0", 2.1e-19), NamedValue("logit_linear_layer", 1.8e-4)],
      gradientStatistics: [
        GradientStatistics(
          name: "layer_dict.input_conv.layer_dict.conv_0.weight", l2: 1e-18, max: .leastNonzeroMagnitude, zeros: 0.5,
          update: 0),
        GradientStatistics(name: "logit_linear_layer.bias", l2: 0.1, max: 0.09, zeros: 0, update: 1e-3),
      ],
      digest: Digest(of: "epoch \(epoch)"))
  }

  static func steps(_ epoch: Int, first: Int = 0, count: Int = 3) -> StepsLine {
    StepsLine(
      epoch: epoch, first: first,
      digests: (first..<first + count).map { short("epoch \(epoch), step \($0)") })
  }

  static func layers(_ epoch: Int, step: Int = 0) -> LayersLine {
    var entries: [LayersLine.Entry] = []
    for phase in Phase.allCases {
      for layer in ["input_conv_conv_0", "input_conv_bn_0", "logit_linear_layer"] {
        entries.append(
          .init(layer: layer, phase: phase, digest: short("\(epoch) \(step) \(layer) \(phase)")))
      }
    }
    return LayersLine(epoch: epoch, step: step, entries: entries)
  }

  static func test(epoch: Int) -> TestLine {
    TestLine(epoch: epoch, loss: 3.25, accuracy: 0.12, digest: Digest(of: "epoch \(epoch)"))
  }

  /// A whole run's lines: layers of step 0, three step digests, and the line of each epoch; then the test.
  static func lines(epochs: Int = 2, header: TraceHeader = Sample.header()) -> [TraceLine] {
    var lines: [TraceLine] = [.header(header)]
    for epoch in 0..<epochs {
      lines += [.layers(layers(epoch)), .steps(steps(epoch)), .epoch(self.epoch(epoch))]
    }
    return lines + [.test(test(epoch: 0))]
  }
}

/// Lines as the content of a trace.
func content(_ lines: [TraceLine]) -> [UInt8] {
  Array(lines.map { $0.json.description + "\n" }.joined().utf8)
}

func trace(_ lines: [TraceLine]) throws -> Trace { try Trace(content: content(lines)) }

/// Puts `bytes` in a file, without the durability that makes `AtomicFile` slow.
func overwrite(_ path: String, _ bytes: some Sequence<UInt8>) throws {
  let bytes = Array(bytes)
  guard let file = fopen(path, "w") else { throw CocoaError(.fileWriteUnknown) }
  let written = fwrite(bytes, 1, bytes.count, file)
  guard fclose(file) == 0, written == bytes.count else { throw CocoaError(.fileWriteUnknown) }
}
