import Foundation
import Processes

/// What the goldens notice: each change of training is switched on in a copy of the source that has them all, the rows of a
/// profile are run by it, and it judges itself by the goldens as a program that may have other bits: by its exact inputs, by
/// its first steps, by steps from anchors, and by the bands.
struct PowerStudy {
  let profile: String
  let changes: [TrainingChange]
  /// For the dataset, where the profile needs one.
  let data: String?
  /// All that have goldens, where none is named.
  let rows: [String]

  private static let variable = "GRADFLOW_PLANTED"

  /// What noticed a change in a run, in the order in which it is told.
  private enum Tier: String, CaseIterable { case inputs, opening, anchors, bands }

  /// What a run says of a change.
  private enum Cell: Equatable {
    /// Every bit is the same: the change does not reach the row.
    case unchanged
    /// Nothing noticed it. The largest share of a threshold of other roundings, where it was judged so.
    case within(share: Double?)
    /// Noticed by a tier, where, and how many times the tolerance (band widths beyond the band for bands).
    case noticed(Tier, place: String, times: Double)
    /// It broke off, or could not be compared.
    case broken(String)

    /// As a cell of the table.
    var text: String {
      switch self {
      case .unchanged: "="
      case .within(let share): share.map { String(format: "within, %.2g", $0) } ?? "within"
      case .noticed(let tier, let place, let times): tier == .inputs ? "inputs" : "\(place) " + Self.size(times)
      case .broken: "broken"
      }
    }

    static func size(_ times: Double) -> String { times.isFinite ? String(format: "%.3g", times) : "∞" }

    /// The earliest tier first, then the largest.
    static func isBefore(_ a: Cell, _ b: Cell) -> Bool {
      guard case .noticed(let one, _, let size) = a, case .noticed(let other, _, let otherSize) = b else { return false }
      let order = Tier.allCases
      return (order.firstIndex(of: one)!, -size) < (order.firstIndex(of: other)!, -otherSize)
    }
  }

  private struct Row {
    let id: String
    var cell: Cell
    /// The largest finding of that tier, in words.
    var finding = ""
  }

  private struct Outcome {
    var rows: [Row] = []
    var broken: String?

    var changed: Int { rows.filter { $0.cell != .unchanged }.count }
    var caught: Int {
      rows.filter { if case .noticed = $0.cell { true } else { false } }.count
    }
    /// Of the earliest tier, the largest finding.
    var first: String {
      rows.filter { !$0.finding.isEmpty }.min { Cell.isBefore($0.cell, $1.cell) }.map { "`\($0.id)`: \($0.finding)" } ?? "–"
    }
    var largestShare: Double? {
      rows.compactMap { if case .within(let share) = $0.cell { share } else { nil } }.max()
    }
  }

  /// Prints a Markdown table as it grows, and returns the exit code: what survives is a result, not a failure; an arithmetic
  /// that is outside, a change that does not apply or build, or goldens that are not met without one, are.
  func run() -> Int32 {
    do {
      let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      let planted = try Self.planted(trainingChanges, in: package)
      let copy = try PatchedCopy(of: package, at: PatchedCopy.place(in: package), keeping: Set(planted.keys))
      for (file, text) in planted { try copy.write(text, to: file) }
      if let error = try copy.build(["-c", "release", "--product", "gradflow"]) {
        throw PatchedCopy.DoesNotApply(description: "the copy does not build: \(error)")
      }
      let clean = try judge("", copy)
      guard clean.changed == 0, clean.broken == nil, !clean.rows.isEmpty else {
        say(
          "without a change \(clean.changed) of \(clean.rows.count) rows are not what the goldens say: "
            + (clean.broken ?? "record them first"))
        return 2
      }
      let names = clean.rows.map(\.id)
      var missed: [String] = [], outside: [String] = [], rare: [String] = []
      for kind in [TrainingChange.Kind.arithmetic, .defect] {
        let chosen = changes.filter { $0.kind == kind }
        if chosen.isEmpty { continue }
        let last = kind == .arithmetic ? "largest share" : "first noticed, largest there"
        say(kind == .arithmetic ? "Must pass:\n" : "\nMust fail:\n")
        say("| change | what | \(names.joined(separator: " | ")) | \(last) |")
        say(String(repeating: "|---", count: names.count + 3) + "|")
        for change in chosen {
          // The first epoch has the opening, the anchors and their inputs: where these notice, more need not be made.
          var outcome = try judge(change.id, copy, prefix: true)
          if kind == .defect, outcome.caught == 0 { outcome = try judge(change.id, copy) }
          if kind == .defect, outcome.broken == nil {
            if outcome.caught == 0 {
              missed.append(change.id)
            } else if outcome.caught < outcome.changed {
              rare.append(change.id)
            }
          }
          if kind == .arithmetic, outcome.caught > 0 || outcome.broken != nil { outside.append(change.id) }
          say(line(change, outcome))
        }
      }
      say("")
      let defects = changes.filter { $0.kind == .defect }
      say(
        "\(defects.count) defects at \(profile), seed 0: \(defects.count - missed.count) noticed"
          + listed("; not noticed: ", missed) + listed("; not in every row that they reach: ", rare) + ".")
      say(
        "\(changes.count - defects.count) other arithmetics: \(changes.count - defects.count - outside.count) within"
          + listed("; outside: ", outside) + ".")
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

  /// The files of a copy that has all at once; those of one place stand in one choice.
  static func planted(_ changes: [TrainingChange], in package: URL) throws -> [String: String] {
    func original(_ file: String) throws -> String {
      try String(contentsOf: package.appendingPathComponent(file), encoding: .utf8)
    }
    var files: [String: String] = [:]
    let edits = changes.flatMap { change in change.edits.map { (id: change.id, edit: $0) } }
    for (file, inFile) in Dictionary(grouping: edits, by: \.edit.file) {
      let text = try original(file)
      // All are found before anything is changed: what is planted may hold the text of another.
      var groups: [Range<String.Index>: [(id: String, edit: TrainingChange.Edit)]] = [:]
      for one in inFile {
        if let objection = objection(one.edit, in: text) {
          throw PatchedCopy.DoesNotApply(description: "\(one.id): \(objection)")
        }
        guard let place = text.range(of: one.edit.place), let find = text.range(of: one.edit.find, range: place) else { continue }
        groups[find, default: []].append(one)
      }
      var planted = "", end = text.startIndex
      for (find, group) in groups.sorted(by: { $0.key.lowerBound < $1.key.lowerBound }) {
        planted += text[end..<find.lowerBound] + chosen(group)
        end = find.upperBound
      }
      files[file] = planted + text[end...]
      let module = file.split(separator: "/")[1]
      if module != "CKernels" { files["Sources/\(module)/IsPlanted.swift"] = PlantedTogether.switchText }
    }
    // For kernels: a variable for each change, which is set before the program begins.
    let names = changes.map { TrainingChange.variable($0.id) }
    let include = "#include \"gf_kernels.h\"\n", table = "Sources/CKernels/template/table.h"
    files[table] = try original(table)
      .replacingOccurrences(of: include, with: include + names.map { "extern int \($0);\n" }.joined())
    files["Sources/CKernels/planted.c"] =
      "#include <stdlib.h>\n#include <string.h>\n" + names.map { "int \($0);\n" }.joined()
      + "__attribute__((constructor)) static void set(void) {\n  const char *id = getenv(\"\(variable)\");\n  if (!id) return;\n"
      + changes.map { "  \(TrainingChange.variable($0.id)) = strcmp(id, \"\($0.id)\") == 0;\n" }.joined() + "}\n"
    return files
  }

  private static func chosen(_ group: [(id: String, edit: TrainingChange.Edit)]) -> String {
    let find = group[0].edit.find
    let isKernel = group[0].edit.file.hasPrefix("Sources/CKernels/")
    func asks(_ id: String) -> String { isKernel ? TrainingChange.variable(id) : "isPlanted(\"\(id)\")" }
    switch group[0].edit.form {
    case .text: return group[0].edit.replace
    case .statement: return group.map { "if \(asks($0.id)) { \($0.edit.replace) } else " }.joined() + "{ \(find) }\n"
    case .expression: return "(" + group.map { "\(asks($0.id)) ? (\($0.edit.replace)) : " }.joined() + "(\(find)))"
    }
  }

  // MARK: Judging

  /// - Parameter prefix: of the runs the first epoch only.
  private func judge(_ id: String, _ copy: PatchedCopy, prefix: Bool = false) throws -> Outcome {
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
      ] + (prefix ? ["--prefix"] : []) + (rows.isEmpty ? [] : ["--rows", rows.joined(separator: ",")])
      + (data.map { ["--data", $0] } ?? [])
    let made = try Shell.run(
      ["sh", "-c", "exec \"$@\" >\"$0\"", report] + words, in: copy.root, environment: environment)
    var outcome = Outcome()
    guard let bytes = FileManager.default.contents(atPath: report),
      let json = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any], let runs = json["runs"] as? [[String: Any]]
    else {
      outcome.broken = made.output.split(separator: "\n").last.map(String.init) ?? "status \(made.code)"
      return outcome
    }
    for run in runs {
      let verdict = run["verdict"] as? String ?? "", id = run["row"] as? String ?? ""
      var row = Row(id: id, cell: .within(share: (run["rounding"] as? [String: Any])?["share"] as? Double))
      switch verdict {
      case "identical": row.cell = .unchanged
      case "not comparable":
        row.cell = .broken(run["reason"] as? String ?? verdict)
        outcome.broken = run["reason"] as? String ?? verdict
      case "regression":
        row.cell = .broken("a regression without a finding")
        for finding in run["findings"] as? [[String: Any]] ?? [] {
          let cell = Self.cell(finding)
          if case .noticed = row.cell, !Cell.isBefore(cell, row.cell) { continue }
          row.cell = cell
          row.finding = Self.words(finding)
        }
      default: break
      }
      outcome.rows.append(row)
    }
    return outcome
  }

  /// Opening and anchors are named by their step: `opening.step-1.update`, `opening.anchor-5000.loss`.
  private static func cell(_ finding: [String: Any]) -> Cell {
    let metric = finding["metric"] as? String ?? ""
    let times = finding["times"] as? Double ?? finding["band_widths_outside"] as? Double ?? .infinity
    let parts = metric.split(separator: ".").map(String.init)
    if parts.first == "inputs" { return .noticed(.inputs, place: metric, times: .infinity) }
    if parts.first == "opening", parts.count > 1 {
      return .noticed(parts[1].hasPrefix("anchor") ? .anchors : .opening, place: parts[1], times: times)
    }
    return .noticed(.bands, place: "bands", times: times)
  }

  private static func words(_ finding: [String: Any]) -> String {
    let metric = finding["metric"] as? String ?? "", layer = (finding["layer"] as? String).map { " of \($0)" } ?? ""
    let times = (finding["times"] as? Double).map { ", \(Cell.size($0)) thresholds" }
    let widths = (finding["band_widths_outside"] as? Double).map { ", \(Cell.size($0)) band widths" }
    return metric.replacingOccurrences(of: "opening.", with: "") + layer + (times ?? widths ?? "")
  }

  private func line(_ change: TrainingChange, _ outcome: Outcome) -> String {
    let cells = outcome.rows.map(\.cell.text).joined(separator: " | ")
    let share = outcome.largestShare.map { String(format: "%.2g", $0) } ?? "–"
    let last =
      outcome.broken.map { "a run broke off: \($0.prefix(80))" }
      ?? (change.kind == .arithmetic && outcome.caught == 0 ? share : outcome.first)
    return "| \(change.id) | \(change.what) | \(cells) | \(last) |"
  }
}
