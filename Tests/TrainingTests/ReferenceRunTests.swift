import Digests
import Experiments
import Foundation
import Kernels
import ReferenceRuns
import TestSupport
import Testing

/// The built-in rows at full depth and a small size. `make proof` makes the same runs with a release build, and more of them.
@Suite("The seven rows leave one trace each", .serialized)
struct ReferenceRunTests {
  struct Way: CustomTestStringConvertible, Sendable {
    let instructionSet: InstructionSet
    let threads: Int
    let jobs: Int

    var testDescription: String { "\(instructionSet.rawValue), \(threads) threads, \(jobs) jobs" }

    /// Every thread count and every instruction set, though not each with each: the proof has all. The portable path is slow
    /// where the baseline has no fused multiply-add.
    static let all =
      [
        Way(instructionSet: .portable, threads: 2, jobs: 1), Way(instructionSet: .best, threads: 7, jobs: 2),
        Way(instructionSet: .best, threads: 16, jobs: 1),
      ]
      + InstructionSet.available.filter { $0 != .portable }.flatMap { set in
        [1, 2, 3].map { Way(instructionSet: set, threads: $0, jobs: $0 == 3 ? 2 : 1) }
      }
  }

  @Test("with any number of threads and jobs, on every instruction set, in this build: the recorded one", arguments: Way.all)
  func recorded(way: Way) throws {
    let directory = try TemporaryDirectory()
    let dataset = ReferenceRuns.data.dataset()
    let runs = ReferenceRuns.specifications(dataset)
    #expect(runs.count == 7)
    let digests = try ReferenceRuns.digests(
      of: runs, on: dataset, instructionSet: way.instructionSet, threads: way.threads, jobs: way.jobs, in: directory.path)
    let differences = try RecordedDigests().differences(from: digests)
    #expect(differences == [], "if the contract's version was raised: \(RecordedDigests.command)")
  }

  @Test(
    "so do the rows beyond Table 1, on every instruction set",
    arguments: InstructionSet.available.filter { $0 != .portable }.map { Way(instructionSet: $0, threads: 3, jobs: 1) }
      + [Way(instructionSet: .best, threads: 1, jobs: 2), Way(instructionSet: .portable, threads: 2, jobs: 2)])
  func beyondTable1(way: Way) throws {
    let directory = try TemporaryDirectory()
    let dataset = ReferenceRuns.data.dataset()
    let digests = try ReferenceRuns.digests(
      of: ReferenceRuns.specifications(dataset, .beyondTable1), on: dataset, instructionSet: way.instructionSet,
      threads: way.threads, jobs: way.jobs, in: directory.path)
    let differences = try RecordedDigests(.beyondTable1).differences(from: digests)
    #expect(differences == [], "recorded by \(RecordedDigests.command)")
  }

  @Test("a record of another version, or none, is a difference")
  func differences() throws {
    let recorded = try RecordedDigests()
    #expect(recorded.numerics == NumericsContract.version && recorded.digests.count == 7)
    #expect(recorded.differences(from: [:]) != [])
    var found = recorded.digests
    #expect(recorded.differences(from: found) == [])
    found["vgg08"] = Digest(of: "other")
    #expect(recorded.differences(from: found).count == 1)
    found["vgg08"] = nil
    #expect(recorded.differences(from: found).count == 1)
  }
}
