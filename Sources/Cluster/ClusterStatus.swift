import Files
import PlainText
import Training

/// How the runs of a submission stand: from their own files, from what their tasks said of themselves, and from the scheduler.
public struct ClusterStatus {
  public enum State: String, Sendable { case waiting, running, cut, done, failed }

  public struct Entry {
    public let run: ClusterRun
    public let task: String
    public let state: State
    /// Why it waits or failed, or where it runs; empty where there is nothing to say.
    public let note: String
    public let facts: RunFacts
    public let log: String

    /// Seconds that a run takes to its end, at the pace so far.
    var secondsLeft: Double? {
      guard state == .running || state == .waiting, let pace = facts.secondsPerEpoch else { return nil }
      return pace * Double(max(0, run.epochs - facts.epochs))
    }
  }

  public let files: ClusterFiles
  public let entries: [Entry]
  /// The judging job, as the scheduler has it; `nil` when it has ended.
  public let judge: Slurm.Queued?
  let judgeJob: String?

  /// - Throws: `ClusterError`, also where the scheduler does not answer.
  public init(of files: ClusterFiles, slurm: Slurm) throws {
    guard let submission = try Submission(in: files) else { throw ClusterError.noSubmission(directory: files.directory) }
    self.files = files
    let queue = try slurm.queue(named: JobSettings.jobName(of: files))
    judgeJob = submission.judge
    judge = queue.first { $0.id == submission.judge }
    let read = submission.runs.map { run in
      (run, RunFacts(RunDirectory(out: files.runs, row: run.run.row, seed: run.run.seed)), TaskMark(at: files.mark(run.run)))
    }
    // The account is asked for only where nothing else tells what became of a task.
    let isOpen = read.contains { run, facts, mark in
      !facts.isOver(run.run) && !(mark?.hasEnded ?? false) && !queue.contains { $0.id == run.task }
    }
    let accounts = isOpen ? slurm.accounts(of: submission.jobs) : [:]
    entries = read.map { run, facts, mark in
      let (state, note) = Self.judge(
        run.run, facts, mark, queued: queue.first { $0.id == run.task }, account: accounts[run.task])
      let log = files.log(task: run.task)
      let reason = state == .failed && facts.diverged == nil ? Self.lastLine(of: log).map { ": \($0)" } ?? "" : ""
      return Entry(run: run.run, task: run.task, state: state, note: note + reason, facts: facts, log: log)
    }
  }

  /// What all that is known of a run makes of it.
  static func judge(
    _ run: ClusterRun, _ facts: RunFacts, _ mark: TaskMark?, queued: Slurm.Queued?, account: String?
  ) -> (State, String) {
    if let diverged = facts.diverged { return (.failed, diverged) }
    if facts.isOver(run) { return (.done, "") }
    if let queued {
      switch queued.state {
      case "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT": return (.waiting, queued.reason)
      default: return (.running, queued.node)
      }
    }
    switch mark?.word {
    case .ended(75), .cut: return (.cut, "")
    case .ended(let code): return (.failed, "ended with \(code)")
    case .running:
      // Slurm's word for it is the better one, where there is one.
      let reason = account ?? "killed, out of memory, or its node lost"
      let isCut = account == "CANCELLED" || account == "TIMEOUT" || account == "PREEMPTED"
      return (isCut ? .cut : .failed, "ended without a word on \(mark?.node ?? "its node"): \(reason)")
    case nil:
      if account == "CANCELLED" { return (.cut, "cancelled before it began") }
      return (.failed, "never began\(account.map { ": \($0)" } ?? ""); do the nodes see the directory?")
    }
  }

  /// What a task said last, which is mostly why it failed.
  private static func lastLine(of log: String) -> String? {
    guard let bytes = try? readFile(log, limit: 1 << 24) else { return nil }
    let text = String(decoding: bytes.suffix(4096), as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
    return line.map { $0.count > 200 ? "\($0.prefix(200))…" : String($0) }
  }

  // MARK: Forms

  public var lines: [String] {
    var table = TextTable([
      ("run", .left), ("state", .left), ("epochs", .right), ("loss", .right), ("test acc", .right), ("left", .right),
      ("task", .left), ("note", .left),
    ])
    for entry in entries {
      let facts = entry.facts
      table.add([
        entry.run.name, entry.state.rawValue, "\(facts.epochs)/\(entry.run.epochs)", facts.loss.map { Text.fixed($0, 3) } ?? "-",
        facts.testAccuracy.map(Text.percent) ?? "-", entry.secondsLeft.map(Text.time) ?? "-", entry.task, entry.note,
      ])
    }
    return table.lines + ["", summary] + ["the log of a task: \(files.log(task: "TASK"))", judgeLine] + advice
  }

  private func count(_ state: State) -> Int { entries.count { $0.state == state } }

  private var summary: String {
    let states: [State] = [.done, .running, .waiting, .cut, .failed]
    let parts = states.filter { count($0) > 0 }.map { "\(count($0)) \($0.rawValue)" }
    return "\(entries.count) run\(entries.count == 1 ? "" : "s"): \(parts.joined(separator: ", "))"
  }

  private var judgeLine: String {
    guard let judgeJob else { return "the verdict: no job was submitted for it" }
    let log = files.judgeLog(job: judgeJob)
    if let judge { return "the verdict: job \(judgeJob) is \(judge.state.lowercased()) (\(judge.reason)); its log: \(log)" }
    return "the verdict: job \(judgeJob) has ended; its log: \(log)"
  }

  private var advice: [String] {
    let isQueued = count(.running) + count(.waiting) > 0
    guard !isQueued, judge == nil || judge?.state == "PENDING", count(.cut) + count(.failed) > 0 else { return [] }
    return ["the same `gradflow cluster submit` submits what is missing"]
  }

  public var json: JSONValue {
    typealias Member = JSONValue.Member
    return .object([
      Member("directory", .string(files.directory)),
      Member(
        "runs",
        .array(
          entries.map { entry in
            .object([
              Member("row", .string(entry.run.row)), Member("seed", JSONValue(entry.run.seed)),
              Member("state", .string(entry.state.rawValue)), Member("note", .string(entry.note)),
              Member("epochs", JSONValue(entry.facts.epochs)), Member("of", JSONValue(entry.run.epochs)),
              Member("train_loss", entry.facts.loss.map { JSONValue($0) } ?? .null),
              Member("test_accuracy", entry.facts.testAccuracy.map { JSONValue($0) } ?? .null),
              Member("seconds_left", entry.secondsLeft.map { JSONValue($0.rounded()) } ?? .null),
              Member("task", .string(entry.task)), Member("log", .string(entry.log)),
            ])
          })),
      Member("judge", judgeJob.map { .string($0) } ?? .null),
      Member("judge_state", judge.map { .string($0.state) } ?? .null),
    ])
  }
}

/// What a task wrote of itself: a word, its number and its node.
struct TaskMark: Equatable {
  enum Word: Equatable {
    case running
    /// By the run's limit, or killed; it asked for another turn.
    case cut
    case ended(Int)
  }

  let word: Word
  let node: String

  /// `nil` where there is none, or none that was written to its end.
  init?(at path: String) {
    guard let bytes = try? readFile(path, limit: 4096) else { return nil }
    self.init(String(decoding: bytes, as: UTF8.self))
  }

  init?(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    switch words.first {
    case "running" where words.count == 3: word = .running
    case "cut" where words.count == 4: word = .cut
    case "ended" where words.count == 4:
      guard let code = Int(words[1]) else { return nil }
      word = .ended(code)
    default: return nil
    }
    node = words[words.count - 1]
  }

  var hasEnded: Bool { word != .running }
}
