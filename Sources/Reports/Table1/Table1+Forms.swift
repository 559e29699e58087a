import Files
import PlainText

extension Table1 {
  public enum Form: String, CaseIterable, Sendable { case text, markdown, csv, json }

  public func lines(as form: Form) -> [String] {
    switch form {
    case .text:
      heading + [""] + numbers.lines + [""] + verdicts.lines + notes(bullet: "") + curves(\.lines) + beyond(\.lines)
    case .markdown:
      heading + [""] + numbers.markdown + [""] + verdicts.markdown + notes(bullet: "- ") + curves(\.markdown)
        + beyond(\.markdown)
    case .csv: flat.csv
    case .json: [json.indented]
    }
  }

  /// Whole curves, where some were published.
  private func curves(_ form: (TextTable) -> [String]) -> [String] {
    let curves = CurveDistances(runs)
    return curves.lines.isEmpty ? [] : ["", curves.lead, ""] + form(curves.table)
  }

  /// The rows outside Table 1 once more, beside the one that they vary.
  private func beyond(_ form: (TextTable) -> [String]) -> [String] {
    let beyond = BeyondTable1(runs)
    return beyond.lines.isEmpty ? [] : ["", beyond.lead, ""] + form(beyond.table)
  }

  /// What was run, in a line.
  var heading: [String] {
    let experiment = runs.experiment
    return [
      "Table 1 from the profile \(experiment.profile), data \(experiment.dataName), contract version \(experiment.numerics); "
        + "accuracies in percent"
    ]
  }

  private func notes(bullet: String) -> [String] {
    let notes = lines.flatMap(\.remarks)
    return notes.isEmpty ? [] : [""] + notes.map { bullet.isEmpty ? $0 : bullet + TextTable.escapedForMarkdown($0) }
  }

  // MARK: For people

  /// For each row: these runs, the report, their difference, and the range of others' reruns.
  var numbers: TextTable {
    var table = TextTable(
      [("row", .left), ("", .left), ("parameters", .right), ("epochs", .right), ("seeds", .right)]
        + Metric.all.map { ($0.title, .right) })
    for line in lines {
      let result = line.result
      table.add(
        [
          line.row, "runs", result.map { Format.grouped($0.parameters) } ?? "-", line.epochs,
          result.map { "\($0.runs.count)" } ?? "-",
        ] + Metric.all.map { $0.text(result.flatMap($0.ours)) })
      guard let published = line.published else { continue }
      table.add(
        ["", "report", published.parameters, "100", "1"]
          + Metric.all.map { metric in metric.published(published).map(metric.text) ?? "-" })
      if line.isJudged {
        table.add(
          ["", "difference", "", "", ""]
            + Metric.all.map { metric in
              metric.difference(result, published).map {
                metric.isAccuracy ? Format.signed($0 * 100, 2) : Format.signed($0, 3)
              } ?? "-"
            })
      }
      if !line.reruns.isEmpty {
        table.add(
          ["", "others", "", "", "\(line.reruns.count)"]
            + Metric.all.map { metric in
              metric.range(line.reruns).map(metric.text) ?? "-"
            })
      }
    }
    return table
  }

  /// Engine drift and distance to the report, kept apart.
  var verdicts: TextTable {
    var table = TextTable([("row", .left), ("engine drift", .left), ("distance to the report", .left)])
    for line in lines {
      let engine = line.result == nil ? "-" : joined(line.engine.kind.rawValue, line.engine.detail)
      table.add([line.row, engine, joined(line.distance.word, line.distance.detail)])
    }
    return table
  }

  private func joined(_ word: String, _ detail: String) -> String { detail.isEmpty ? word : "\(word): \(detail)" }

  // MARK: For programs

  /// A line a row, numbers exact and accuracies as fractions; empty where there is none.
  private var flat: TextTable {
    var columns = ["row", "model", "learning_rate", "parameters", "parameters_report", "epochs", "seeds"]
    for metric in Metric.all {
      columns += ["", "_deviation", "_report", "_difference", "_others_low", "_others_high"].map { metric.key + $0 }
    }
    columns += ["engine", "engine_detail", "distance", "distance_detail"]
    var table = TextTable(columns.map { ($0, .left) })
    func text(_ value: Double?) -> String { value?.description ?? "" }
    for line in lines {
      let result = line.result
      var cells: [String] = [line.row, line.published?.model ?? "", line.published?.learningRate ?? ""]
      cells += [result.map { "\($0.parameters)" } ?? "", line.published?.parameters ?? ""]
      cells += [result.map { "\($0.epochs)" } ?? "", "\(result?.runs.count ?? 0)"]
      for metric in Metric.all {
        let sample = line.result.flatMap(metric.ours)
        let range = metric.range(line.reruns)
        cells += [
          text(sample?.mean), text(sample?.deviation), text(line.published.flatMap(metric.published)),
          text(metric.difference(line.result, line.published)), text(range?.lowerBound), text(range?.upperBound),
        ]
      }
      cells += [line.engine.kind.rawValue, line.engine.detail, line.distance.word, line.distance.detail]
      table.add(cells)
    }
    return table
  }

  private var json: JSONValue {
    typealias Member = JSONValue.Member
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.init) ?? .null }
    func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    func verdict(_ key: String, _ word: String, _ detail: String) -> Member {
      Member(key, .object([Member("verdict", .string(word)), Member("detail", .string(detail))]))
    }
    func entry(_ metric: Metric, _ line: Line) -> Member {
      let sample = line.result.flatMap(metric.ours)
      let range = metric.range(line.reruns)
      let members = [
        Member("mean", number(sample?.mean)), Member("deviation", number(sample?.deviation)),
        Member("report", number(line.published.flatMap(metric.published))),
        Member("difference", number(metric.difference(line.result, line.published))),
        Member("others", range.map { .array([JSONValue($0.lowerBound), JSONValue($0.upperBound)]) } ?? .null),
      ]
      return Member(metric.key, .object(members))
    }
    func row(_ line: Line) -> JSONValue {
      var members = [
        Member("row", .string(line.row)), Member("model", text(line.published?.model)),
        Member("learning_rate", text(line.published?.learningRate)),
        Member("parameters", line.result.map { JSONValue($0.parameters) } ?? .null),
        Member("parameters_report", text(line.published?.parameters)), Member("epochs", JSONValue(line.result?.epochs ?? 0)),
        Member("seeds", .array((line.result?.seeds ?? []).map { JSONValue($0) })),
        Member("finished", .bool(line.result?.isFinished ?? false)), Member("reruns", JSONValue(line.reruns.count)),
      ]
      members += Metric.all.map { entry($0, line) }
      members.append(verdict("engine", line.engine.kind.rawValue, line.engine.detail))
      members.append(verdict("distance", line.distance.word, line.distance.detail))
      members.append(Member("remarks", .array(line.remarks.map(JSONValue.string))))
      return .object(members)
    }
    let rows = lines.map(row)
    let experiment = runs.experiment
    return .object([
      Member("profile", .string(experiment.profile)),
      Member(
        "data",
        .object([Member("name", .string(experiment.dataName)), Member("fingerprint", .string(experiment.dataFingerprint))])),
      Member("numerics", JSONValue(experiment.numerics)), Member("rows", .array(rows)),
      Member("curves", CurveDistances(runs).json), Member("beyond", BeyondTable1(runs).json),
    ])
  }
}
