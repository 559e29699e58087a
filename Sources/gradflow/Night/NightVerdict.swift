import Files
import Goldens
import PlainText
import Reports
import Traces
import Training

/// All that a night's runs are asked: goldens, Table 1, the claims and the page. Each part is made whatever became of the others.
struct NightVerdict {
  struct Part {
    let name: String
    /// Where its output is.
    let path: String
    var status: ExitStatus
    /// Its output, or why there is none.
    var text: String
    /// That it says what it said when the goldens were recorded, which is no finding whatever it is.
    var isAsRecorded = false

    var word: String {
      switch status {
      case .done: isAsRecorded ? "as recorded" : "passed"
      case .failed: "FAILED"
      default: "could not be made"
      }
    }

    var line: String { "\(name)\(String(repeating: " ", count: max(1, 13 - name.count)))\(word): \(path)" }
  }

  private(set) var parts: [Part] = []
  let files: NightFiles
  private let recordedClaims: RecordedClaims?

  /// - Parameter recordedClaims: what the claims are held against; `nil` if each must hold.
  init(files: NightFiles, recordedClaims: RecordedClaims?) {
    self.files = files
    self.recordedClaims = recordedClaims
  }

  /// A part that failed weighs more than one that could not be made.
  var status: ExitStatus {
    if parts.contains(where: { $0.status == .failed }) { return .failed }
    return parts.contains { $0.status != .done } ? .impossible : .done
  }

  /// Makes a part and keeps its output in its file; what it throws is why it could not be made. What was found is told in the
  /// summary, also where the file cannot be written.
  mutating func add(_ name: String, at path: String? = nil, make: () throws -> (status: ExitStatus, lines: [String])) {
    var part: Part
    do {
      let (status, lines) = try make()
      part = Part(name: name, path: path ?? files.part(name), status: status, text: lines.joined(separator: "\n"))
    } catch {
      let reason = (error as? Stop)?.message ?? "\(error)"
      Console.log("gradflow: error: \(name): \(reason)")
      part = Part(name: name, path: files.part(name), status: .impossible, text: reason)
    }
    do {
      try AtomicFile.write(part.text + "\n", to: files.part(name))
    } catch {
      Console.log("gradflow: error: \(name): \(error)")
      part.text += "\n\(error)"
      if part.status == .done { part.status = .impossible }
    }
    parts.append(part)
  }

  /// Judges runs.
  ///
  /// - Parameters:
  ///   - directories: of runs.
  ///   - goldens: the check of these runs, with what is known of those that did not finish.
  ///   - against: the goldens' directory.
  ///   - night: which it is, for the history; its status and rows are found here.
  mutating func judge(_ directories: [String], goldens: GoldenCheck, against: String, night: Night) {
    add("goldens") {
      let report = goldens.report(requiring: Requirement(allowingOtherBits: false))
      let status: ExitStatus =
        switch report.outcome {
        case .passed: .done
        case .failed: .failed
        case .notComparable: .impossible
        }
      return (status, [try report.text(.text)])
    }
    let runs = Result { try RunSet(readingFrom: directories) }
    // Judged once: table and page say the same.
    let engine = Result { try EngineFindings(judging: runs.get(), byAnyIn: against) }
    add("table1") {
      let runs = try runs.get()
      let table = Table1(runs, engine: try engine.get())
      return (table.hasDrift ? .failed : .done, table.lines(as: .text))
    }
    var isAsRecorded = false
    let recordedClaims = recordedClaims
    add("claims") {
      let claims = Claims(try runs.get())
      isAsRecorded = claims.verdict != .held && recordedClaims?.explain(claims) == true
      let status: ExitStatus =
        switch claims.verdict {
        case _ where isAsRecorded: .done
        case .held: .done
        case .notHeld: .failed
        case .undecidable: .impossible
        }
      return (try runs.get().diverged.isEmpty ? status : .failed, claims.text)
    }
    parts[parts.count - 1].isAsRecorded = isAsRecorded
    var night = night
    night.status = Int(status.rawValue)
    night.rows = Self.rows((try? runs.get())?.rows ?? [], in: directories, engine: (try? engine.get()) ?? .notChecked)
    let history = remember(night)
    let pagePath = files.page
    add("report", at: pagePath) {
      let runs = try runs.get()
      let page = Page(runs, engine: try engine.get(), history: history)
      try AtomicFile.write(page.html, to: pagePath)
      let hasFailure = page.table.hasDrift || page.claims.verdict == .notHeld && !isAsRecorded
      return (hasFailure ? .failed : .done, ["engine   \(page.table.engineSummary)", "claims   \(page.claims.summary)"])
    }
  }

  // MARK: The history

  private static func rows(_ results: [RowResult], in directories: [String], engine: EngineFindings) -> [Night.Row] {
    let found = directories.map { RunDirectories.Found(RunDirectory(path: $0)) }
    return results.map { result in
      let seconds = found.filter { $0.row == result.row }.map { RunManifest($0.directory).seconds }
      return Night.Row(
        row: result.row, runs: result.runs.count, testAccuracy: result.testAccuracy?.mean,
        seconds: seconds.contains(nil) ? nil : seconds.compactMap { $0 }.reduce(0, +),
        verdict: engine.verdicts[result.row]?.kind ?? .notChecked)
    }
  }

  /// Adds the night to those before it. A history that cannot be read or written keeps no verdict from being made.
  private func remember(_ night: Night) -> NightHistory {
    do {
      var history = try NightHistory(path: files.history)
      if history.unreadable > 0 {
        Console.log("gradflow: warning: \(files.history): \(history.unreadable) lines are no nights, and are left as they are")
      }
      try history.append(night, to: files.history)
      return history
    } catch {
      Console.log("gradflow: warning: the night is not in the history: \(error)")
      return .none
    }
  }

  // MARK: The summary

  /// For people: the word, a line a part, then what the parts say.
  var summary: String {
    let word =
      switch status {
      case .done: "The night passed."
      case .failed: "The night FAILED."
      default: "The night could not be judged whole."
      }
    var lines = [word, ""] + parts.map(\.line)
    if fileExists(files.page) { lines.append("The page: \(files.page)") }
    for part in parts where part.name != "report" { lines += ["", part.text] }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// How the claims come out on the runs that a profile's goldens record.
///
/// A claim is about the report, and the same seed gives the same answer every night: one that does not hold, or that one seed
/// leaves open, is found once, and is news only when it changes.
struct RecordedClaims {
  private let verdicts: [Int: Claim.Verdict]

  /// - Parameter directory: of the profile's goldens; where they cannot be read there is nothing to expect.
  init(_ directory: String) {
    let claims = (try? RunSet(readingFrom: [directory])).map(Claims.init)
    verdicts = Dictionary(uniqueKeysWithValues: (claims?.all ?? []).map { ($0.number, $0.verdict) })
  }

  /// Whether each of these claims that is not held came out so when the goldens were recorded.
  func explain(_ claims: Claims) -> Bool {
    claims.all.allSatisfy { $0.verdict == .held || verdicts[$0.number] == $0.verdict }
  }
}
