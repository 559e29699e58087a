import Datasets
import Digests
import Experiments
import Files
import Foundation
import Kernels
import Training

/// The built-in rows at full depth and a size that takes a moment, and what they must leave behind, whoever runs them: debug
/// builds (in the tests) and release builds (in the proof) are held against the same recorded digests.
public enum ReferenceRuns {
  /// Which rows. What is recorded of Table 1 stays while others are added.
  public enum Rows: String, CaseIterable, Sendable {
    case table1 = "digests"
    case beyondTable1 = "digests-beyond-table-1"

    public var all: [ExperimentRow] {
      let table = ExperimentRow.table1
      return self == .table1 ? table : ExperimentRow.builtIn.filter { !table.contains($0) }
    }

    /// Of the record.
    public var path: String {
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("\(rawValue).txt").path
    }
  }

  /// 24 images to train with.
  public static let data = Synthetic(classes: 4, side: 8, trainingPerClass: 8, testPerClass: 2)

  /// Two epochs of three whole batches and one of three images; six filters fill no vector.
  public static func specifications(_ dataset: Dataset, _ rows: Rows = .table1, epochs: Int = 2) -> [RunSpecification] {
    rows.all.map { row in
      var row = row
      row.network.filters = 6
      row.batchSize = 7
      // One batch of ghosts, then one whose last ghost is smaller, where they are of more than one image.
      if let size = row.network.normStatistics.ghostSize {
        (row.network.normStatistics.ghostSize, row.batchSize) = (size == 1 ? 1 : 7, 14)
      }
      if row.network.normStatistics.groups != nil { row.network.filters = 12 }
      var run = RunSpecification(row: row, profile: .smoke, seed: 0, dataset: dataset, epochs: epochs)
      run.settings.validationPerClass = 2
      return run
    }
  }

  /// SHA-256 of each run's decompressed trace, by row.
  ///
  /// - Parameters:
  ///   - directory: for the runs' files; must not hold these runs.
  public static func digests(
    of runs: [RunSpecification], on dataset: Dataset, instructionSet: InstructionSet, threads: Int, jobs: Int,
    in directory: String
  ) throws -> [String: Digest] {
    let runner = MatrixRunner(
      runs: runs, dataset: dataset, out: directory, instructionSet: instructionSet, threads: threads, jobs: jobs,
      stop: StopRequest()
    ) { run, _ in Trainer.Options(epochs: run.epochs) }
    var digests: [String: Digest] = [:]
    for result in runner.run() {
      guard case .finished = try result.outcome.get() else { throw Unfinished(row: result.run.row.id) }
      digests[result.run.row.id] = try traceDigest(result.run.directory(out: directory).path)
    }
    return digests
  }

  /// SHA-256 of what a run's trace decompresses to, without the lines that runs had not when the digests were recorded: `inputs`,
  /// `opening` and `norms`, which follow from the others' bits.
  public static func traceDigest(_ run: String) throws -> Digest {
    let added = [Array("{\"inputs\":".utf8), Array("{\"opening\":".utf8), Array("{\"norms\":".utf8)]
    var hasher = Digest.Hasher()
    for line in try Zstd.readFile(RunDirectory(path: run).trace, limit: 1 << 28).split(separator: UInt8(ascii: "\n")) {
      if added.contains(where: { line.starts(with: $0) }) { continue }
      line.withUnsafeBytes { hasher.update($0) }
      hasher.update("\n")
    }
    return hasher.finalize()
  }

  public struct Unfinished: Error, CustomStringConvertible {
    let row: String
    public var description: String { "\(row) did not finish" }
  }
}

/// What the reference runs left when they were recorded.
public struct RecordedDigests {
  public static let command = "make proof ARGUMENTS=--record"

  /// Of the contract when they were recorded.
  public let numerics: Int
  public let digests: [String: Digest]

  /// - Throws: `Unreadable`.
  public init(_ rows: ReferenceRuns.Rows = .table1) throws {
    let lines = String(decoding: try readFile(rows.path), as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    guard let first = lines.first, first.count == 2, first[0] == "numerics", let version = Int(first[1]) else {
      throw Unreadable(path: rows.path)
    }
    numerics = version
    digests = try Dictionary(
      lines.dropFirst().map { line in
        guard line.count == 2, let digest = Digest(hex: String(line[1])) else { throw Unreadable(path: rows.path) }
        return (String(line[0]), digest)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Replaces what was recorded.
  public static func record(_ digests: [String: Digest], _ rows: ReferenceRuns.Rows) throws {
    let lines =
      ["numerics \(NumericsContract.version)"] + rows.all.compactMap { row in digests[row.id].map { "\(row.id) \($0)" } }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: rows.path)
  }

  /// In words, where `found` is not what was recorded; nothing if all is equal. Nothing compared is a difference.
  public func differences(from found: [String: Digest]) -> [String] {
    if numerics != NumericsContract.version {
      return [
        "recorded under version \(numerics) of the contract, this is \(NumericsContract.version): record anew: \(Self.command)"
      ]
    }
    if digests.isEmpty || found.isEmpty { return ["nothing was compared"] }
    return Set(digests.keys).union(found.keys).sorted().compactMap { row in
      digests[row] == found[row]
        ? nil
        : "\(row): the trace's digest is \(found[row]?.description ?? "missing"), recorded is "
          + "\(digests[row]?.description ?? "none")"
    }
  }

  struct Unreadable: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is damaged; record it anew: \(RecordedDigests.command)" }
  }
}
