import Foundation
import Processes

/// The quick part of `make proof`, in the copy: debug builds, reduced networks. What is cheap to build is asked first.
struct ProofChecks: Checks {
  let copy: PatchedCopy

  func run() throws -> CheckOutcome {
    // C alone, compiled by make.
    let kernels = try Shell.run(["make", "-s", "conformance"], in: copy.root)
    if kernels.code != 0 {
      return kernels.output.contains("error:") ? .doesNotBuild(kernels.output) : .caught(["make proof, kernels"])
    }
    if let error = try copy.build(["--product", "proof"]) { return .doesNotBuild(error) }
    if let outcome = try proof(["elementary", "runs", "records"]) { return outcome }
    if let error = try copy.build(["--product", "gradflow"]) { return .doesNotBuild(error) }
    if let outcome = try proof(["kills"]) { return outcome }
    // The probes of the orders of sums are tests, part of the whole proof.
    if let error = try copy.build() { return .doesNotBuild(error) }
    let probes = try Shell.run(["swift", "test", "--skip-build", "--filter", "KernelsTests"], in: copy.root)
    return probes.code == 0 ? .survived : .caught(TestSuites.failures(in: probes.output, filter: "KernelsTests"))
  }

  /// `nil` if everything holds.
  private func proof(_ names: [String]) throws -> CheckOutcome? {
    let proof = try Shell.run(
      [".build/debug/proof", "--quick", "--until-broken", "--only", names.joined(separator: ",")], in: copy.root)
    let lines = proof.output.split(separator: "\n")
    let noticed = lines.filter { $0.hasPrefix("broken: ") }.map { "make proof, \($0.dropFirst("broken: ".count))" }
    switch proof.code {
    case 0 where lines.contains { $0.hasSuffix("all hold") }: return nil
    case 1 where !noticed.isEmpty: return .caught(noticed)
    // A trap is the program's own verification: of its control word, for instance.
    case ..<0: return .caught(["the program stopped itself: \(lines.first { $0.contains("rror:") } ?? "signal \(-proof.code)")"])
    default: return .doesNotBuild("the proof does not run: \(proof.output.suffix(300))")
    }
  }
}
