import ArgumentParser
import GradientChecking
import GradientChecks
import Kernels
import SystemLimits

struct GradcheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradcheck",
    abstract: "Compare every gradient with finite differences.",
    discussion: """
      Layers and whole networks in double precision, and the single-precision kernels of every instruction set against the \
      double path. An error is accepted up to its bound: "error / bound" is the worst of a tensor. Exit code 1 if one is \
      beyond.
      """)

  @Option(help: "Only this layer; the names are \(GradientChecks.layers.joined(separator: ", ")).")
  var layer: String?

  @Flag(name: .customLong("json"), help: "Print one JSON object, a row for each tensor.")
  var isJSON = false

  @Flag(help: "Check more elements of the wide and deep networks, of which a sample is checked otherwise: some minutes.")
  var thorough = false

  @OptionGroup var compute: ComputeOptions

  /// Of all checks in one process, found by measuring: 333 MiB, the most of them (321) for the residual connection of full size
  /// in single and double precision.
  static let memoryNeed = 352.0 * 0x1p20

  func validate() throws {
    guard let layer, GradientChecks.checks(ofLayer: layer).isEmpty else { return }
    throw ValidationError(
      "there are no checks of a layer named \"\(layer)\"; the layers are \(GradientChecks.layers.joined(separator: ", "))")
  }

  func run() throws {
    let cases = GradientChecks.all + (thorough ? GradientChecks.thorough : [])
    let checks = layer.map { GradientChecks.checks(ofLayer: $0, in: cases) } ?? cases
    try OutOfMemory.check(
      "gradient checks", need: Self.memoryNeed, against: compute.memory,
      advice: "take fewer threads (--threads) or a machine or limit with more")
    let backend = try compute.backend()
    var rows: [GradientCheckRow] = []
    for (index, check) in checks.enumerated() {
      Console.progress("\(index + 1) of \(checks.count): \(check.layer), \(check.shape), \(check.mode)")
      rows += check.run(on: backend)
    }
    Console.progress("")
    let report = GradientCheckReport(rows: rows)
    if isJSON {
      try Console.print(GradcheckReportText(report).json.description)
    } else {
      for line in GradcheckReportText(report).lines { try Console.print(line) }
    }
    guard report.passed else { throw Stop(.failed) }
  }
}
