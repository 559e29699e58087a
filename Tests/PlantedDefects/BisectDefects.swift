import Foundation
import Processes

/// Differences that `gradflow bisect --rerun` must find and name: each is planted in a copy of the source, the same run is
/// made by both programs, and the line that it prints is held against what was planted.
struct BisectDefects {
  let defect: Defect
  /// What the line must say.
  let says: [String]

  static let all = [
    BisectDefects(
      defect: Defect(
        "weight-gradient", "one element of a weight gradient, a ten-thousandth larger, in step 17",
        "Sources/Training/TrainingStep.swift",
        "    beforeUpdate(batch)\n",
        "    if epoch.index == 0, step == 17 {\n      let element = network.parameters[6].gradient.pointer + 40\n"
          + "      element.pointee *= 1.0001\n    }\n    beforeUpdate(batch)\n"),
      says: ["epoch 0, step 17", "weight gradient", "ulp apart; 1 of "]),
    BisectDefects(
      defect: Defect(
        "variance", "one ulp in a running variance, in step 17", "Sources/Training/TrainingStep.swift",
        "    beforeUpdate(batch)\n",
        "    if epoch.index == 0, step == 17 {\n      let element = network.buffers[1].value.pointer + 3\n"
          + "      element.pointee = element.pointee.nextUp\n    }\n    beforeUpdate(batch)\n"),
      says: ["epoch 0, step 17", "input_conv_bn_0.running_var", "element [3]", "1 ulp apart", "1 of "]),
    BisectDefects(
      defect: Defect(
        "augmentation", "flips with probability 0.4", "Sources/Datasets/AugmentationPlan.swift",
        "flips.uniform(at: index) < 0.5", "flips.uniform(at: index) < 0.4"),
      says: ["epoch 0, step 0", "images", "element ["]),
    BisectDefects(
      defect: Defect(
        "learning-rate", "a learning rate two per cent higher", "Sources/Training/TrainingStep.swift",
        "optimiser.update(learningRate: settings.learningRate(epoch: epoch.index))",
        "optimiser.update(learningRate: 1.02 * settings.learningRate(epoch: epoch.index))"),
      says: ["epoch 0, step 0", "input_conv_conv_0.weight, update", "ulp apart"]),
  ]

  /// Two runs that were asked for different things are told apart by name.
  private static let setting = (find: "base: 0.01", replace: "base: 0.02", says: "base_learning_rate")

  /// Plants all, prints a table, and returns the exit code.
  static func run() -> Int32 {
    do {
      let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      let copy = try PatchedCopy(of: package, at: package.appendingPathComponent(".build-defects"))
      let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-bisect-\(getpid())")
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: scratch) }
      let program = package.appendingPathComponent(".build/release/gradflow").path
      let broken = copy.root.appendingPathComponent(".build/debug/gradflow").path
      func train(_ program: String, _ name: String, matrix text: String = matrix) throws -> String {
        let file = scratch.appendingPathComponent("\(name).yaml")
        try text.write(to: file, atomically: false, encoding: .utf8)
        let out = scratch.appendingPathComponent(name).path
        let result = try Shell.run([program, "matrix", "--matrix", file.path, "--profile", "smoke", "--out", out])
        guard result.code == 0 else { throw PatchedCopy.DoesNotApply(description: "\(name): \(result.output.suffix(300))") }
        return out + "/planted-s0"
      }
      let whole = try train(program, "whole")
      var missed = 0
      func tell(_ what: String, _ result: Shell.Result, _ says: [String]) {
        let isFound = result.code == 1 && says.allSatisfy { result.output.contains($0) }
        if !isFound { missed += 1 }
        say("\(isFound ? "found " : "MISSED")  \(what)")
        for line in result.output.split(separator: "\n") {
          say(
            "        \(line.replacingOccurrences(of: copy.root.path, with: "COPY").replacingOccurrences(of: package.path + "/", with: ""))"
          )
        }
      }
      let other = try train(
        program, "setting", matrix: matrix.replacingOccurrences(of: setting.find, with: setting.replace))
      tell("another learning rate, asked for", try Shell.run([program, "bisect", whole, other, "--rerun"]), [setting.says])
      for planted in all {
        let outcome = try copy.planting(planted.defect) { () -> Shell.Result in
          if let error = try copy.build(["--product", "gradflow"]) {
            throw PatchedCopy.DoesNotApply(description: "\(planted.defect.id): the copy does not build: \(error)")
          }
          let run = try train(broken, planted.defect.id)
          return try Shell.run([program, "bisect", whole, run, "--rerun", "--program-b", broken])
        }
        tell(planted.defect.what, outcome, planted.says)
      }
      say("\n\(all.count + 1) planted differences, \(missed) missed")
      return missed == 0 ? 0 : 1
    } catch {
      say("planted-defects: error: \(error)")
      return 2
    }
  }

  private static let matrix = """
    format: gradflow-matrix
    version: 1
    rows:
      - id: planted
        depth: 14
        filters: 8
        batch_norm: {processing: true, reduction: true}
        residual: true
        activation: {kind: leaky_relu, slope: 0.01}
        learning_rate: {schedule: cosine, base: 0.01}
        batch: 10
        epochs: 1

    """
}
