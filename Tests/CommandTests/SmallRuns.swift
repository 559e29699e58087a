import Files
import Foundation
import Kernels
import TestSupport
import Testing
import Traces

/// Runs of the built program that take a fraction of a second.
enum SmallRuns {
  static let arguments = ["run", "vgg08", "--profile", "smoke", "--epochs", "2"]

  /// What these arguments leave, for tests that only read it.
  static let finished = Result {
    let directory = try TemporaryDirectory.untilExit()
    return (directory: directory, outcome: try Program.run(arguments + ["--out", directory.path("out")]))
  }

  /// Those runs, for tests that write beside or into them.
  static func copyFinished(to path: String) throws {
    let (directory, outcome) = try finished.get()
    #expect(outcome.code == 0, "\(outcome.errors)")
    try FileManager.default.copyItem(atPath: directory.path("out"), toPath: path)
  }

  /// Not the fastest, which runs use by themselves, and not the portable one either if there is a third: it takes ten
  /// times as long.
  static let otherInstructionSet =
    (InstructionSet.available.first { $0 != .best && $0 != .portable }
    ?? InstructionSet.available.first { $0 != .best } ?? .best).rawValue

  /// Where the portable set is the only other one, a test that asks for another one in many cases does so in few of them.
  static var isOtherSlow: Bool { otherInstructionSet == InstructionSet.portable.rawValue }

  /// A matrix of narrow networks.
  static let matrix =
    """
    format: gradflow-matrix
    version: 1
    rows:

    """
    + ["one", "two", "three", "four", "five"].enumerated().map { index, id in
      """
        - id: \(id)
          depth: \(index % 2 == 0 ? 8 : 14)
          filters: 4
          batch_norm: {processing: \(index == 1), reduction: \(index == 2)}
          residual: \(index == 3)
          activation: {kind: leaky_relu, slope: 0.01}
          learning_rate: {schedule: cosine, base: 0.01}
          epochs: 1

      """
    }.joined()

  static let rows = ["one", "two", "three", "four", "five"]
}

extension TemporaryDirectory {
  /// A run's trace, decompressed.
  func trace(_ run: String, in out: String = "out") throws -> String {
    String(decoding: try Zstd.readFile(path("\(out)/\(run)/trace.jsonl.zst"), limit: 1 << 26), as: UTF8.self)
  }
}
