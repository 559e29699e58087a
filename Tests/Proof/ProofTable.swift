import Foundation
import Processes

/// Prints a line a property as they are checked, and the failures below it.
struct ProofTable {
  private(set) var allHold = true
  private var count = 0

  init() {
    say("| property | cases | verdict | time |")
    say("|---|---|---|---|")
  }

  mutating func add(_ check: Check, _ findings: Findings, _ time: Duration) {
    count += 1
    let verdict = findings.holds ? "holds" : "BROKEN"
    if !findings.holds { allHold = false }
    say("| \(check.property) | \(findings.cases) | \(verdict) | \(Self.seconds(time)) s |")
    // Named, so that whoever reads the output of a broken copy knows what noticed.
    if !findings.holds { say("broken: \(check.name)") }
    for failure in findings.failures.prefix(8) { say("    \(failure)") }
    if findings.failures.count > 8 { say("    and \(findings.failures.count - 8) more") }
  }

  func end(_ time: Duration) {
    say("")
    say("\(count) properties in \(Self.seconds(time)) s: \(allHold && count > 0 ? "all hold" : "NOT ALL HOLD")")
  }

  static func seconds(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    return String(format: "%.1f", Double(seconds) + Double(attoseconds) * 1e-18)
  }
}
