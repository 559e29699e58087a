import Foundation
import Processes

/// The quick part of `make proof`, in the copy: debug builds, reduced networks.
struct ProofChecks: Checks {
  let copy: PatchedCopy

  func run() throws -> CheckOutcome {
    for product in ["proof", "gradflow"] {
      if let error = try copy.build(["--product", product]) { return .doesNotBuild(error) }
    }
    let proof = try Shell.run([".build/debug/proof", "--quick", "--until-broken"], in: copy.root)
    // The table must have come to its end: a proof that does not run notices nothing.
    let lines = proof.output.split(separator: "\n")
    let noticed = lines.filter { $0.hasPrefix("broken: ") }.map { "make proof, \($0.dropFirst("broken: ".count))" }
    switch proof.code {
    case 0 where lines.contains { $0.hasSuffix("all hold") }: break
    case 1 where !noticed.isEmpty: return .caught(noticed)
    // A trap is the program's own verification: of its control word, for instance.
    case ..<0: return .caught(["the program stopped itself: \(lines.last { $0.contains("rror:") } ?? "signal \(-proof.code)")"])
    default: return .doesNotBuild("the proof does not run: \(proof.output.suffix(300))")
    }
    // The probes of the orders of sums are tests, part of the whole proof.
    if let error = try copy.build() { return .doesNotBuild(error) }
    let probes = try Shell.run(["swift", "test", "--skip-build", "--filter", "KernelsTests"], in: copy.root)
    return probes.code == 0 ? .survived : .caught(TestSuites.failures(in: probes.output, filter: "KernelsTests"))
  }
}
