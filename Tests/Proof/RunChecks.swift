import Datasets
import Digests
import Experiments
import Foundation
import Kernels
import Processes
import ReferenceRuns
import Training

/// Runs that must all leave one trace a row, made in as many ways as there are.
private struct Ways {
  var failures: [String] = []
  var count = 0
  private var first: [String: (digest: Digest, way: String)] = [:]

  mutating func add(_ digests: [String: Digest], way: String) {
    for (row, digest) in digests.sorted(by: { $0.key < $1.key }) {
      count += 1
      if let first = first[row] {
        if first.digest != digest { failures.append("\(row): \(way) gives \(digest), \(first.way) gave \(first.digest)") }
      } else {
        first[row] = (digest, way)
      }
    }
  }

  var digests: [String: Digest] { first.mapValues(\.digest) }
}

let threadCounts = [1, 2, 3, 7, 16]

/// All rows, reduced: threads × instruction sets × jobs.
func reducedRuns(_ proof: Proof) throws -> Findings {
  let dataset = ReferenceRuns.data.dataset()
  let runs = ReferenceRuns.Rows.allCases.flatMap { ReferenceRuns.specifications(dataset, $0) }
  var ways = Ways()
  for set in InstructionSet.available.reversed() {
    // The portable path takes most of the time.
    for threads in proof.isQuick && set == .portable ? [2] : threadCounts {
      for jobs in proof.isQuick && threads != 3 ? [1] : [1, 2] {
        let way = "--isa \(set.rawValue) --threads \(threads) --jobs \(jobs)"
        let digests = try ReferenceRuns.digests(
          of: runs, on: dataset, instructionSet: set, threads: threads, jobs: jobs,
          in: "\(proof.scratch)/runs-\(set.rawValue)-\(threads)-\(jobs)")
        ways.add(digests, way: way)
      }
    }
  }
  let differences = try ReferenceRuns.Rows.allCases.flatMap { rows in
    try RecordedDigests(rows).differences(from: ways.digests.filter { digest in rows.all.contains { $0.id == digest.key } })
  }
  return Findings(
    cases: "\(runs.count) rows\(proof.isQuick ? "" : " x threads \(threadCounts.map(String.init).joined(separator: ", "))") x "
      + "\(InstructionSet.available.map(\.rawValue).joined(separator: ", ")) x jobs 1, 2: \(ways.count) runs, "
      + "\(ways.digests.count) digests",
    count: ways.count, failures: ways.failures + differences)
}

/// All rows with 32 filters on 32×32 images: the shapes that are trained in earnest. The portable path, twenty times as
/// slow, takes the shallow row alone.
func fullSizeRuns(_ proof: Proof) throws -> Findings {
  let dataset = Synthetic(classes: 10, side: 32, trainingPerClass: 9, testPerClass: 1).dataset()
  // Four steps: an epoch's first two are recorded, and so go slot by slot; the others image by image.
  let runs = ExperimentRow.table1.map { row in
    var row = row
    row.batchSize = 20
    var run = RunSpecification(row: row, profile: .quick, seed: 0, dataset: dataset, epochs: 1)
    run.settings.validationPerClass = 1
    return run
  }
  var ways = Ways()
  for set in InstructionSet.available.reversed() {
    let some = set == .portable ? runs.filter { $0.row.network.blocksPerStage == 0 } : runs
    for threads in set == .portable ? [2] : [1, 3] {
      let digests = try ReferenceRuns.digests(
        of: some, on: dataset, instructionSet: set, threads: threads, jobs: 1,
        in: "\(proof.scratch)/sizes-\(set.rawValue)-\(threads)")
      ways.add(digests, way: "--isa \(set.rawValue) --threads \(threads)")
    }
  }
  return Findings(
    cases: "\(runs.count) rows, batch 20, 32 x 32 x 32; \(ways.count) runs, \(ways.digests.count) digests", count: ways.count,
    failures: ways.failures)
}

/// The reference runs of this build.
func referenceDigests(_ proof: Proof) throws -> [String: Digest] {
  let dataset = ReferenceRuns.data.dataset()
  return try ReferenceRuns.digests(
    of: ReferenceRuns.Rows.allCases.flatMap { ReferenceRuns.specifications(dataset, $0) }, on: dataset, instructionSet: .best,
    threads: 2, jobs: 1, in: "\(proof.scratch)/reference")
}

/// The same program as a debug and as a release build.
func builds(_ proof: Proof) throws -> Findings {
  var ways = Ways()
  for configuration in ["release", "debug"] {
    let result = try Shell.run([proof.program("proof", configuration), "digests"], in: URL(fileURLWithPath: proof.package))
    guard result.code == 0 else {
      return Findings(cases: "", count: 0, failures: ["the \(configuration) build failed: \(result.output.suffix(400))"])
    }
    var digests: [String: Digest] = [:]
    for line in result.output.split(separator: "\n").map({ $0.split(separator: " ") }) where line.count == 2 {
      digests[String(line[0])] = Digest(hex: String(line[1]))
    }
    ways.add(digests, way: "the \(configuration) build")
  }
  let rows = ways.digests.count
  if ways.count != 2 * rows { ways.failures.append("one build has \(ways.count - rows) rows, the other \(rows)") }
  return Findings(cases: "\(rows) rows, two builds", count: ways.count, failures: ways.failures)
}

/// Makes what this program's runs leave the recorded one.
func record(_ proof: Proof) throws {
  let digests = try referenceDigests(proof)
  for rows in ReferenceRuns.Rows.allCases { try RecordedDigests.record(digests, rows) }
  let paths = ReferenceRuns.Rows.allCases.map(\.path).joined(separator: ", ")
  say("recorded \(digests.count) digests under version \(NumericsContract.version) of the contract: \(paths)")
}
