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
    let status: ExitStatus
    /// Its output, or why there is none.
    let text: String

    var word: String {
      switch status {
      case .done: "passed"
      case .failed: "FAILED"
      default: "could not be made"
      }
    }

    var line: String { "\(name)\(String(repeating: " ", count: max(1, 13 - name.count)))\(word): \(path)" }
  }

  private(set) var parts: [Part] = []
  let files: NightFiles

  init(files: NightFiles) { self.files = files }

  /// A part that failed weighs more than one that could not be made.
  var status: ExitStatus {
    if parts.contains(where: { $0.status == .failed }) { return .failed }
    return parts.contains { $0.status != .done } ? .impossible : .done
  }

  /// Makes a part and keeps its output in its file; what it throws is why it could not be made.
  mutating func add(_ name: String, at path: String? = nil, make: () throws -> (status: ExitStatus, lines: [String])) {
    let path = path ?? files.part(name)
    do {
      let (status, lines) = try make()
      try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: files.part(name))
      parts.append(Part(name: name, path: path, status: status, text: lines.joined(separator: "\n")))
    } catch {
      let reason = (error as? Stop)?.message ?? "\(error)"
      Console.log("gradflow: error: \(name): \(reason)")
      try? AtomicFile.write(reason + "\n", to: files.part(name))
      parts.append(Part(name: name, path: files.part(name), status: .impossible, text: reason))
    }
  }

  /// Judges runs.
  ///
  /// - Parameters:
  ///   - directories: of runs.
  ///   - goldens: the check of these runs, with what is known of those that did not finish.
  ///   - against: the goldens' directory.
  mutating func judge(_ directories: [String], goldens: GoldenCheck, against: String) {
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
    let engine = Result {
      isDirectory(against) ? try EngineFindings(judging: runs.get(), by: GoldenStore(directory: against)) : .notChecked
    }
    add("table1") {
      let runs = try runs.get()
      let table = Table1(runs, engine: try engine.get())
      return (table.hasDrift ? .failed : .done, table.lines(as: .text))
    }
    add("claims") {
      let claims = Claims(try runs.get())
      let status: ExitStatus =
        switch claims.verdict {
        case .held: .done
        case .notHeld: .failed
        case .undecidable: .impossible
        }
      return (try runs.get().diverged.isEmpty ? status : .failed, claims.text)
    }
    let pagePath = files.page
    add("report", at: pagePath) {
      let runs = try runs.get()
      let page = Page(runs, engine: try engine.get())
      try AtomicFile.write(page.html, to: pagePath)
      return (page.hasFailure ? .failed : .done, ["engine   \(page.table.engineSummary)", "claims   \(page.claims.summary)"])
    }
  }

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
