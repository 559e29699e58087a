import Digests
import Files
import Foundation
import Kernels
import Processes
import Randomness
import ReferenceRuns

/// Real processes of the program, killed at seeded random moments until one lives to its end; each life with its own thread
/// count and instruction set.
func killedRuns(_ proof: Proof) throws -> Findings {
  let program = proof.program("gradflow", proof.isQuick ? "debug" : "release")
  let wanted = proof.isQuick ? min(proof.kills, 12) : proof.kills
  let random = RandomStream(seed: proof.seed, name: .shuffle, epoch: 4)
  var draws: UInt64 = 0
  func integer(_ bound: Int) -> Int {
    draws += 1
    return random.integer(below: bound, at: draws)
  }
  // The portable path takes too long to get anywhere between two kills.
  let sets = InstructionSet.available.count > 1 ? InstructionSet.available.filter { $0 != .portable } : InstructionSet.available
  try AtomicFile.write(matrix, to: "\(proof.scratch)/kills.yaml")
  func arguments(_ row: String, _ out: String) -> [String] {
    [
      "matrix", "--matrix", "\(proof.scratch)/kills.yaml", "--rows", row, "--profile", "smoke", "--out",
      "\(proof.scratch)/\(out)",
    ]
  }

  var findings = Findings(cases: "", count: 0)
  var kills = 0, lives = 0, runs = 0, longest = 0
  while kills < wanted {
    let row = rows[runs % rows.count]
    let began = ContinuousClock.now
    let whole = try Shell.run([program] + arguments(row, "whole-\(runs)"))
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    guard whole.code == 0 else { throw KillError(what: "\(row), uninterrupted", output: whole.output) }
    let expected = try Remains("\(proof.scratch)/whole-\(runs)/\(row)-s0")
    var killsOfRun = 0
    while true {
      let set = sets[integer(sets.count)], threads = [1, 2, 3, 7][integer(4)]
      let more = (killsOfRun == 0 ? [] : ["--resume"]) + ["--isa", set.rawValue, "--threads", "\(threads)"]
      // Early in its life, or, so that moments near the run's end are met too, anywhere in it.
      let span = integer(6) == 0 ? 1.1 : 0.2
      let delay = seconds * span * Double(integer(10_000)) / 10_000
      let life = try Shell.run(
        [program] + arguments(row, "killed-\(runs)") + more, killingAfter: kills < wanted ? 0.02 + delay : nil)
      lives += 1
      if life.code == -SIGKILL {
        kills += 1
        killsOfRun += 1
        continue
      }
      guard life.code == 0 else {
        // A kill before the directory was made leaves nothing to resume; anything else is a failure.
        findings.failures.append(
          "\(row), life \(killsOfRun + 1) with \(more.joined(separator: " ")): code \(life.code): \(life.output.suffix(300))")
        return findings
      }
      break
    }
    longest = max(longest, killsOfRun)
    let found = try Remains("\(proof.scratch)/killed-\(runs)/\(row)-s0")
    findings.failures += expected.differences(from: found).map { "\(row), killed \(killsOfRun) times: \($0)" }
    findings.count += 1
    runs += 1
  }
  findings.cases = "\(kills) kills in \(runs) runs and \(lives) processes (up to \(longest) kills of one run), seed \(proof.seed)"
  return findings
}

private struct KillError: Error, CustomStringConvertible {
  let what: String
  let output: String
  var description: String { "\(what): \(output.suffix(400))" }
}

/// What must be the same in the end, however often a run was cut.
private struct Remains {
  let files: [(name: String, digest: Digest)]
  let names: [String]

  init(_ directory: String) throws {
    names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    files =
      [("trace", try ReferenceRuns.traceDigest(directory))]
      + (try ["best.safetensors", "result_outputs/summary.csv", "result_outputs/test_summary.csv"].map { name in
        (name, try readFile("\(directory)/\(name)").withUnsafeBytes { Digest(of: $0) })
      })
  }

  func differences(from other: Remains) -> [String] {
    zip(files, other.files).filter { $0.digest != $1.digest }.map { "\($0.0.name) is not that of the uninterrupted run" }
      + (names == other.names ? [] : ["the directory holds \(other.names), not \(names)"])
  }
}

private let rows = ["residual", "plain", "normalised"]

/// Narrow networks, so that epochs pass quickly and checkpoints are written often.
private let matrix =
  """
  format: gradflow-matrix
  version: 1
  rows:

  """
  + rows.map { row in
    """
      - id: \(row)
        depth: \(row == "plain" ? 8 : 14)
        filters: 8
        batch_norm: {processing: \(row != "plain"), reduction: \(row == "residual")}
        residual: \(row == "residual")
        activation: {kind: leaky_relu, slope: 0.01}
        learning_rate: {schedule: cosine, base: 0.01}
        epochs: 6

    """
  }.joined()
