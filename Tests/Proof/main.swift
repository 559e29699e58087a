import Files
import Foundation
import Kernels
import Processes

// Proves the reproducibility contract on this machine, property by property, and prints a table.
//
//   proof [--only NAME,...] [--quick] [--until-broken] [--seed N] [--kills N] [--record]
//   proof digests              the digests of the reference runs, for another build to compare with
//   proof cost                 what digests and checkpoints take of a training step
//
// Exit codes: 0 everything holds; 1 something does not; 2 it could not be checked; 64 usage.

func usage(_ problem: String) -> Never {
  say("proof: \(problem)\nproof: the checks are:")
  for check in checks { say("  \(check.name): \(check.property)") }
  exit(64)
}

let package = FileManager.default.currentDirectoryPath
let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-proof-\(getpid())").path
var proof = Proof(package: package, scratch: scratch)
var chosen = checks
var isRecording = false
var stopsAtFirst = false
var arguments = Array(CommandLine.arguments.dropFirst())
let command = arguments.first.flatMap { ["digests", "cost"].contains($0) ? $0 : nil }
if command != nil { arguments.removeFirst() }
while !arguments.isEmpty {
  let option = arguments.removeFirst()
  func value() -> String {
    if arguments.isEmpty { usage("\(option) takes a value") }
    return arguments.removeFirst()
  }
  func number() -> Int {
    guard let number = Int(value()), number >= 0 else { usage("\(option) takes a number") }
    return number
  }
  switch option {
  case "--quick": proof.isQuick = true
  case "--until-broken": stopsAtFirst = true
  case "--record": isRecording = true
  case "--seed": proof.seed = UInt64(number())
  case "--kills": proof.kills = number()
  case "--only":
    let names = value().split(separator: ",").map(String.init)
    if let unknown = names.first(where: { name in !checks.contains { $0.name == name } }) {
      usage("there is no check named \(unknown)")
    }
    chosen = checks.filter { names.contains($0.name) }
  default: usage("unknown: \(option)")
  }
}
FloatingPointControl.setStandard()
do {
  try createDirectory(scratch)
  defer { try? FileManager.default.removeItem(atPath: scratch) }
  switch command {
  case "digests":
    for (row, digest) in try referenceDigests(proof).sorted(by: { $0.key < $1.key }) { say("\(row) \(digest)") }
    exit(0)
  case "cost":
    for line in try CostOfEvidence(scratch: scratch).lines() { say(line) }
    exit(0)
  default: break
  }
  if isRecording {
    try record(proof)
    exit(0)
  }
  let start = ContinuousClock.now
  var table = ProofTable()
  for check in chosen where !(proof.isQuick && check.isLong) {
    let began = ContinuousClock.now
    let findings: Findings
    do {
      findings = try check.run(proof)
    } catch {
      findings = Findings(cases: "could not be checked", count: 0, failures: ["\(error)"])
    }
    table.add(check, findings, ContinuousClock.now - began)
    if stopsAtFirst, !table.allHold { break }
  }
  table.end(ContinuousClock.now - start)
  exit(table.allHold ? 0 : 1)
} catch {
  say("proof: error: \(error)")
  exit(2)
}
