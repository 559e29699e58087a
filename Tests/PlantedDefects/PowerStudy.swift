import Foundation
import Processes

/// What the goldens notice: each change of training is switched on in a copy of the source that has them all, the rows of a profile
/// are run by it, and it judges itself by the goldens as a program that may have other bits: by its exact inputs, by its first
/// steps, by steps from anchors, and by the bands.
struct PowerStudy {
  let profile: String
  let changes: [TrainingChange]
  /// For the dataset, where the profile needs one.
  let data: String?
  /// All that have goldens, where none is named.
  let rows: [String]

  private static let variable = "GRADFLOW_PLANTED"

  /// What noticed a change in a run.
  private enum Tier: String, CaseIterable { case inputs, opening, anchors, bands }

  private struct Outcome {
    var rows = 0
    var changed = 0
    /// Rows in which each tier has a finding.
    var noticed: [Tier: Int] = [:]
    /// Rows with any.
    var caught = 0
    /// Of the first tier, in their order, that noticed it: the largest finding.
    var first = ""
    var broken: String?
  }

  /// Prints a Markdown table as it grows, and returns the exit code: what survives is a result, not a failure; an arithmetic that is
  /// outside, a change that does not apply or build, or goldens that are not met without one, are.
  func run() -> Int32 {
    do {
      let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      let copy = try PatchedCopy(of: package, at: PatchedCopy.place(in: package))
      try Self.plant(trainingChanges, in: copy)
      if let error = try copy.build(["-c", "release", "--product", "gradflow"]) {
        throw PatchedCopy.DoesNotApply(description: "the copy does not build: \(error)")
      }
      let clean = try judge("", copy)
      guard clean.changed == 0, clean.broken == nil, clean.rows > 0 else {
        say(
          "without a change \(clean.changed) of \(clean.rows) rows are not what the goldens say: \(clean.broken ?? "record them first")"
        )
        return 2
      }
      var missed: [String] = [], outside: [String] = []
      for kind in [TrainingChange.Kind.arithmetic, .defect] {
        let chosen = changes.filter { $0.kind == kind }
        if chosen.isEmpty { continue }
        say(kind == .arithmetic ? "Must pass:\n" : "\nMust fail:\n")
        say("| change | what | bits differ | inputs | opening | anchors | bands | noticed | first, and largest |")
        say("|---|---|---|---|---|---|---|---|---|")
        for change in chosen {
          let outcome = try judge(change.id, copy)
          if kind == .defect, outcome.caught == 0, outcome.broken == nil { missed.append(change.id) }
          if kind == .arithmetic, outcome.caught > 0 || outcome.broken != nil { outside.append(change.id) }
          say(line(change, outcome))
        }
      }
      say("")
      let defects = changes.filter { $0.kind == .defect }
      say(
        "\(defects.count) defects at \(profile), seed 0: \(defects.count - missed.count) noticed"
          + listed("; not noticed: ", missed))
      say(
        "\(changes.count - defects.count) other arithmetics: \(changes.count - defects.count - outside.count) within"
          + listed("; outside: ", outside))
      return outside.isEmpty ? 0 : 1
    } catch {
      say("planted-defects: error: \(error)")
      return 2
    }
  }

  private func listed(_ words: String, _ ids: [String]) -> String { ids.isEmpty ? "" : words + ids.joined(separator: ", ") }

  // MARK: Planting

  /// Why a change cannot be planted; `nil` if it can.
  static func objection(_ edit: TrainingChange.Edit, in text: String) -> String? {
    let places = text.components(separatedBy: edit.place).count - 1
    if places != 1 { return "its text stands \(places) times in \(edit.file), not once" }
    let finds = edit.place.components(separatedBy: edit.find).count - 1
    return finds == 1 ? nil : "\(edit.find) stands \(finds) times in its place, not once"
  }

  /// All at once; those of one place stand in one choice.
  private static func plant(_ changes: [TrainingChange], in copy: PatchedCopy) throws {
    let edits = changes.flatMap { change in change.edits.map { (id: change.id, edit: $0) } }
    for (file, inFile) in Dictionary(grouping: edits, by: \.edit.file) {
      let path = copy.root.appendingPathComponent(file)
      var text = try String(contentsOf: path, encoding: .utf8)
      for (id, edit) in inFile {
        if let objection = objection(edit, in: text) { throw PatchedCopy.DoesNotApply(description: "\(id): \(objection)") }
      }
      // All are found before anything is changed: what is planted may hold the text of another.
      var groups: [Range<String.Index>: [(id: String, edit: TrainingChange.Edit)]] = [:]
      for one in inFile {
        guard let place = text.range(of: one.edit.place), let find = text.range(of: one.edit.find, range: place) else { continue }
        groups[find, default: []].append(one)
      }
      var planted = "", end = text.startIndex
      for (find, group) in groups.sorted(by: { $0.key.lowerBound < $1.key.lowerBound }) {
        planted += text[end..<find.lowerBound] + chosen(group)
        end = find.upperBound
      }
      text = planted + text[end...]
      try text.write(to: path, atomically: false, encoding: .utf8)
      let module = file.split(separator: "/")[1]
      try PlantedTogether.switchText.write(
        to: copy.root.appendingPathComponent("Sources/\(module)/IsPlanted.swift"), atomically: false, encoding: .utf8)
    }
  }

  private static func chosen(_ group: [(id: String, edit: TrainingChange.Edit)]) -> String {
    let find = group[0].edit.find
    if group[0].edit.isStatement {
      return group.map { "if isPlanted(\"\($0.id)\") { \($0.edit.replace) } else " }.joined() + "{ \(find) }\n"
    }
    return "(" + group.map { "isPlanted(\"\($0.id)\") ? (\($0.edit.replace)) : " }.joined() + "(\(find)))"
  }

  // MARK: Judging

  private func judge(_ id: String, _ copy: PatchedCopy) throws -> Outcome {
    let out = copy.root.appendingPathComponent("power")
    try? FileManager.default.removeItem(at: out)
    defer { try? FileManager.default.removeItem(at: out) }
    var environment = ProcessInfo.processInfo.environment
    environment[Self.variable] = id
    let report = out.appendingPathComponent("report.json").path
    try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
    let program = copy.root.appendingPathComponent(".build/release/gradflow").path
    let words =
      [
        program, "golden", "check", "--profile", profile, "--against", copy.root.appendingPathComponent("golden").path, "--jobs",
        "2", "--format", "json", "--out", out.appendingPathComponent("runs").path,
      ] + (rows.isEmpty ? [] : ["--rows", rows.joined(separator: ",")]) + (data.map { ["--data", $0] } ?? [])
    let made = try Shell.run(
      ["sh", "-c", "exec \"$@\" >\"$0\"", report] + words, in: copy.root, environment: environment)
    var outcome = Outcome()
    guard let bytes = FileManager.default.contents(atPath: report),
      let json = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any], let runs = json["runs"] as? [[String: Any]]
    else {
      outcome.broken = made.output.split(separator: "\n").last.map(String.init) ?? "status \(made.code)"
      return outcome
    }
    var firsts: [Tier: (size: Double, text: String)] = [:]
    for run in runs {
      outcome.rows += 1
      let verdict = run["verdict"] as? String ?? "", row = run["row"] as? String ?? ""
      if verdict == "identical" { continue }
      outcome.changed += 1
      if verdict == "not comparable" { outcome.broken = run["reason"] as? String ?? verdict }
      guard verdict == "regression" else { continue }
      outcome.caught += 1
      var tiers: Set<Tier> = []
      for finding in run["findings"] as? [[String: Any]] ?? [] {
        let metric = finding["metric"] as? String ?? ""
        let tier: Tier =
          metric.hasPrefix("inputs.")
          ? .inputs
          : metric.hasPrefix("opening.anchor")
            ? .anchors
            : metric.hasPrefix("opening") ? .opening : .bands
        tiers.insert(tier)
        let size = finding["times"] as? Double ?? finding["band_widths_outside"] as? Double ?? .infinity
        if size > firsts[tier]?.size ?? 0 {
          let layer = (finding["layer"] as? String).map { " of \($0)" } ?? ""
          firsts[tier] = (size, "`\(row)` \(metric)\(layer)" + (size.isFinite ? String(format: ", %.3g times", size) : ""))
        }
      }
      for tier in tiers { outcome.noticed[tier, default: 0] += 1 }
    }
    outcome.first = Tier.allCases.lazy.compactMap { firsts[$0]?.text }.first ?? ""
    return outcome
  }

  private func line(_ change: TrainingChange, _ outcome: Outcome) -> String {
    let tiers = Tier.allCases.map { outcome.noticed[$0].map { "\($0)" } ?? "–" }.joined(separator: " | ")
    let first = outcome.broken.map { "a run broke off: \($0.prefix(80))" } ?? (outcome.first.isEmpty ? "–" : outcome.first)
    return
      "| \(change.id) | \(change.what) | \(outcome.changed) of \(outcome.rows) | \(tiers) | \(outcome.caught) of \(outcome.rows) | \(first) |"
  }
}
