import Foundation
import Kernels
import Processes
import ReferenceTables

/// The C driver over all numeric primitives, by its own make target.
func conformance(_ proof: Proof) throws -> Findings {
  let result = try Shell.run(["make", "-s", "conformance"], in: URL(fileURLWithPath: proof.package))
  let recorded = try String(contentsOfFile: "\(proof.package)/Tests/Conformance/digests.txt", encoding: .utf8)
  let count = recorded.split(separator: "\n").count
  var findings = Findings(
    cases: "\(count) digests on \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))", count: count)
  if result.code != 0 { findings.failures = result.output.split(separator: "\n").suffix(12).map(String.init) }
  return findings
}

/// The tests of the kernels, as built for `swift test`.
func kernelTests(_ proof: Proof) throws -> Findings {
  let result = try Shell.run(
    ["swift", "test", "--skip-build", "--filter", "KernelsTests"], in: URL(fileURLWithPath: proof.package))
  let lines = result.output.split(separator: "\n")
  let passed = lines.count { $0.contains("✔ Test ") && !$0.contains("Test run with") }
  var findings = Findings(cases: "\(passed) tests", count: passed)
  if result.code != 0 {
    findings.failures = lines.filter { $0.contains("✘ Test ") || $0.contains("error:") }.map(String.init)
    if findings.failures.isEmpty { findings.failures = ["the tests ended with code \(result.code)"] }
  }
  return findings
}

/// The worst errors against the high-precision reference: 50-digit arithmetic (mpmath), on random, special and hard
/// arguments. The bounds are those of `gf_elementary.h`.
func elementaryErrors(_ proof: Proof) throws -> Findings {
  var findings = Findings(cases: "", count: 0)
  var words: [String] = []
  for (name, bound, function) in [
    ("exp", 0.54, Elementary.exp), ("log", 0.62, Elementary.log), ("cos", 0.60, Elementary.cos),
  ] as [(String, Double, (Double) -> Double)] {
    let references = try ElementaryReference.load(name)
    let worst = references.map { $0.error(of: function($0.argument)) }.max() ?? .infinity
    findings.count += references.count
    words.append("\(name) \(String(format: "%.4f", worst))")
    if !(worst < bound) { findings.failures.append("\(name): \(worst) ulp, stated is below \(bound)") }
  }
  // The power rule's error grows with n: relative, in units of 2⁻⁵³ a multiplication.
  let powers = try ElementaryReference.load("power")
  var worst = 0.0, worstUlp = 0.0
  for reference in powers where reference.exponent > 1 && reference.value.isNormal {
    let error = reference.error(of: Elementary.power(reference.argument, reference.exponent))
    let relative = error * reference.unit / abs(reference.value)
    worst = max(worst, relative / (Double(reference.exponent - 1) * 0x1p-53))
    if reference.exponent <= 47_500 { worstUlp = max(worstUlp, error) }
  }
  findings.count += powers.count
  words.append(
    "powers \(String(format: "%.0f", worstUlp)) up to the protocol's n = 47500, for any n "
      + "\(String(format: "%.2f", worst)) of (n - 1) 2^-53")
  if !(worst <= 1.001) { findings.failures.append("power: \(worst) of (n - 1) 2^-53") }
  findings.cases = "\(findings.count) arguments; worst in ulp: \(words.joined(separator: ", "))"
  return findings
}
