import Foundation
import Goldens
import Processes
import Traces

/// What the goldens notice: each training defect is planted in a copy of the source, a profile is run by the copy, and its
/// runs are judged by the goldens twice: by their bits, and by the bands alone, as a run with another contract version would be.
struct PowerStudy {
  let profile: String
  let defects: [Defect]
  /// For the dataset, where the profile needs one.
  let data: String?
  /// All that have goldens, where none is named.
  let rows: [String]

  /// What became of one defect.
  private struct Outcome {
    let defect: Defect
    /// Rows whose bits are others, rows that the bands call a regression, and rows judged.
    var changed = 0
    var caught = 0
    var rows = 0
    /// The first epoch, from 0, in which any row is out of its band.
    var firstEpoch: Int?
    /// The finding that is farthest out, and its row.
    var largest: (finding: Finding, row: String)?
    /// The run broke off: a loss that is no number any more, for instance.
    var broken: String?
  }

  /// Plants all, prints a Markdown table as it grows, and returns the exit code: what survives is a result, not a failure; a
  /// defect that does not apply or build, or goldens that are not met without one, are.
  func run() -> Int32 {
    do {
      let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      let store = GoldenStore(directory: package.appendingPathComponent("golden").path)
      let recorded = try store.rows(profile: profile)
      guard !recorded.isEmpty else { throw PatchedCopy.DoesNotApply(description: "golden/\(profile) holds no goldens") }
      if let unknown = rows.first(where: { !recorded.contains($0) }) {
        throw PatchedCopy.DoesNotApply(
          description: "golden/\(profile) holds no golden of \(unknown); it holds \(recorded.joined(separator: ", "))")
      }
      let rows = rows.isEmpty ? recorded : rows
      let copy = try PatchedCopy(of: package, at: package.appendingPathComponent(".build-defects"))
      let clean = try judge(Defect("none", "nothing", []), copy, store, rows)
      guard clean.changed == 0, clean.broken == nil else {
        say(
          "without a defect \(clean.changed) of \(clean.rows) rows are not what \(store.directory)/\(profile) says: \(clean.broken ?? "record it first")"
        )
        return 2
      }
      say("| defect | what | bits differ | out of band | from epoch | farthest out |")
      say("|---|---|---|---|---|---|")
      var survivors: [String] = []
      for defect in defects {
        let outcome = try copy.planting(defect) { try judge(defect, copy, store, rows) }
        if outcome.caught == 0, outcome.broken == nil { survivors.append(defect.id) }
        say(line(outcome))
      }
      say("")
      say(
        "\(defects.count) defects at \(profile), \(rows.count) of \(recorded.count) rows, seed 0: the bands notice \(defects.count - survivors.count)"
          + (survivors.isEmpty ? "" : "; they do not notice \(survivors.joined(separator: ", "))"))
      return 0
    } catch {
      say("planted-defects: error: \(error)")
      return 2
    }
  }

  private func judge(_ defect: Defect, _ copy: PatchedCopy, _ store: GoldenStore, _ rows: [String]) throws -> Outcome {
    if let error = try copy.build(["-c", "release", "--product", "gradflow"]) {
      throw PatchedCopy.DoesNotApply(description: "\(defect.id): the copy does not build: \(error)")
    }
    let out = copy.root.appendingPathComponent("power/\(defect.id)")
    try? FileManager.default.removeItem(at: out)
    defer { try? FileManager.default.removeItem(at: out) }
    let program = copy.root.appendingPathComponent(".build/release/gradflow").path
    let made = try Shell.run(
      [program, "matrix", "--profile", profile, "--rows", rows.joined(separator: ","), "--jobs", "2", "--out", out.path]
        + (data.map { ["--data", $0] } ?? []))
    var outcome = Outcome(defect: defect)
    if made.code != 0 { outcome.broken = made.output.split(separator: "\n").last.map(String.init) ?? "status \(made.code)" }
    for row in rows {
      let path = out.appendingPathComponent("\(row)-s0/trace.jsonl.zst").path
      guard let golden = try store.golden(profile: profile, row: row), FileManager.default.fileExists(atPath: path),
        let trace = try? Trace(path: path), trace.test != nil
      else { continue }
      outcome.rows += 1
      let judgement = Judgement(trace, against: golden, run: row)
      if judgement.verdict == .identical { continue }
      outcome.changed += 1
      guard judgement.verdict == .regression else { continue }
      outcome.caught += 1
      if let epoch = judgement.findings.compactMap(\.epoch).min() {
        outcome.firstEpoch = min(epoch, outcome.firstEpoch ?? epoch)
      }
      if let finding = judgement.findings.first, finding.isFarther(than: outcome.largest?.finding) {
        outcome.largest = (finding, row)
      }
    }
    return outcome
  }

  private func line(_ outcome: Outcome) -> String {
    var farthest = "–"
    if let (finding, row) = outcome.largest {
      farthest = "`\(row)` \(finding.metric)" + (finding.layer.map { " of \($0)" } ?? "")
      if case .outside(_, let widths) = finding.kind { farthest += String(format: ", %.1f band widths", widths) }
    }
    if let broken = outcome.broken { farthest = "a run broke off: \(broken.prefix(80))" }
    return "| \(outcome.defect.id) | \(outcome.defect.what) | \(outcome.changed) of \(outcome.rows) rows | "
      + "\(outcome.caught) of \(outcome.rows) rows | \(outcome.firstEpoch.map { "\($0)" } ?? "–") | \(farthest) |"
  }
}

extension Finding {
  /// By band widths; what has none, such as a missing line, is farther than all that have.
  fileprivate func isFarther(than other: Finding?) -> Bool {
    func size(_ finding: Finding) -> Double {
      if case .outside(_, let widths) = finding.kind { widths } else { .infinity }
    }
    return other.map { size(self) > size($0) } ?? true
  }
}
