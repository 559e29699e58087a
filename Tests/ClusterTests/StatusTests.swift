import Files
import Testing

@testable import Cluster

@Suite("How a submission stands")
struct StatusTests {
  private let fake: FakeSlurm
  private let runs = FakeSlurm.runs

  init() throws { fake = try FakeSlurm() }

  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    var mark: String?
    var queued: String?
    var account: String?
    let state: ClusterStatus.State
    var note = ""

    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "in the queue", queued: "PENDING|Resources|", state: .waiting, note: "Resources"),
    Case(name: "to go on", mark: "cut 75 1_0 n1", queued: "PENDING|BeginTime|", state: .waiting, note: "BeginTime"),
    Case(name: "at work", mark: "running 1_0 n1", queued: "RUNNING|None|n1", state: .running, note: "n1"),
    Case(name: "being ended", mark: "ended 75 1_0 n1", queued: "COMPLETING|None|n1", state: .running, note: "n1"),
    Case(name: "cut and out of the queue", mark: "ended 75 1_0 n1", state: .cut),
    Case(name: "lost between its cut and its next turn", mark: "cut 137 1_0 n1", state: .cut),
    Case(name: "failed", mark: "ended 2 1_0 n1", state: .failed, note: "ended with 2"),
    Case(
      name: "ended without a word, where nothing tells why", mark: "running 1_0 n1", state: .failed,
      note: "ended without a word on n1: killed, out of memory, or its node lost"),
    Case(
      name: "out of memory", mark: "running 1_0 n1", account: "OUT_OF_MEMORY", state: .failed,
      note: "ended without a word on n1: OUT_OF_MEMORY"),
    Case(
      name: "ended by the scheduler", mark: "running 1_0 n1", account: "TIMEOUT", state: .cut,
      note: "ended without a word on n1: TIMEOUT"),
    Case(name: "cancelled before it began", account: "CANCELLED by 7", state: .cut, note: "cancelled before it began"),
    Case(name: "nothing of it is known", state: .failed, note: "never began; do the nodes see the directory?"),
    Case(
      name: "a mark that was not written to its end", mark: "ended", account: "FAILED", state: .failed,
      note: "never began: FAILED; do the nodes see the directory?"),
  ]

  @Test("a run's state is what its task, the queue and the account make of it", arguments: cases)
  func state(_ test: Case) throws {
    _ = try fake.submitting([runs[0]]).submit(FakeSlurm.submission, warn: { _ in })
    if let mark = test.mark { try fake.write("a night/cluster/tasks/vgg08-s0", mark + "\n") }
    if let queued = test.queued { try fake.write("queue", "100_0|\(queued)\n") }
    if let account = test.account { try fake.write("account", "100_0|\(account)\n") }
    let entry = try #require(try ClusterStatus(of: fake.files, slurm: fake.slurm).entries.first)
    #expect(entry.state == test.state && entry.note == test.note, "\(entry)")
    #expect(entry.log == "\(fake.files.logs)/100_0.txt")
  }

  @Test("of a task that failed, its log's last line is told")
  func lastLine() throws {
    _ = try fake.submitting([runs[0]]).submit(FakeSlurm.submission, warn: { _ in })
    try fake.write("a night/cluster/tasks/vgg08-s0", "ended 2 100_0 n1\n")
    try fake.write("a night/cluster/logs/100_0.txt", "vgg08-s0: epoch 1/3\ngradflow: error: the disk is full\n\n")
    let entry = try #require(try ClusterStatus(of: fake.files, slurm: fake.slurm).entries.first)
    #expect(entry.note == "ended with 2: gradflow: error: the disk is full")
  }

  @Test("runs that are done or diverged are so, whatever else is said; a running one tells epochs, loss and the time left")
  func facts() throws {
    _ = try fake.submitting(runs).submit(FakeSlurm.submission, warn: { _ in })
    for run in runs { try fake.finish(run) }
    let diverged = #"{"metric":"train_loss","epoch":1,"step":2,"found":"nan","layer":"x"}"#
    try AtomicFile.write(diverged, to: "\(fake.files.runs)/vgg38-s0/diverged.json")
    try removeFile("\(fake.files.runs)/vgg38-rc-s0/trace.jsonl.zst")
    try AtomicFile.write(diverged, to: "\(fake.files.runs)/vgg38-rc-s0/diverged.json")
    let status = try ClusterStatus(of: fake.files, slurm: fake.slurm)
    // A run with its test line is finished, whatever lies beside it.
    #expect(status.entries.map(\.state) == [.done, .done, .failed])
    #expect(status.entries[2].note.hasPrefix("it diverged in epoch 1"))
    var facts = RunFacts()
    facts.epochs = 2
    facts.loss = 1.5
    facts.secondsPerEpoch = 60
    let running = ClusterStatus.Entry(
      run: ClusterRun(row: "a", seed: 0, epochs: 5), task: "1_0", state: .running, note: "", facts: facts, log: "")
    #expect(running.secondsLeft == 180)
    facts.diverged = "it diverged"
    let judged = ClusterStatus.judge(running.run, facts, nil, queued: nil, account: nil)
    #expect(judged == (.failed, "it diverged"))
  }

  @Test("the table names states, tasks, logs and the verdict's job, and what to do when something is missing")
  func table() throws {
    _ = try fake.submitting(runs).submit(FakeSlurm.submission, warn: { _ in })
    try fake.finish(runs[0])
    try fake.write("queue", "100_1|RUNNING|None|n1\n101|PENDING|Dependency|\n")
    let open = try ClusterStatus(of: fake.files, slurm: fake.slurm).lines
    #expect(open.contains("3 runs: 1 done, 1 running, 1 failed"), "\(open)")
    #expect(open.contains { $0.hasPrefix("the verdict: job 101 is pending (Dependency)") }, "\(open)")
    #expect(!open.contains { $0.contains("submits what is missing") })
    try fake.write("queue", "")
    let closed = try ClusterStatus(of: fake.files, slurm: fake.slurm).lines
    #expect(closed.last == "the same `gradflow cluster submit` submits what is missing", "\(closed)")
    #expect(closed.contains { $0.hasPrefix("the verdict: job 101 has ended") })
  }

  @Test("where nothing was submitted, or Slurm does not answer, that is said")
  func refusals() throws {
    #expect(
      failure(ClusterError.self) { _ = try ClusterStatus(of: fake.files, slurm: fake.slurm) }
        == .noSubmission(directory: fake.files.directory))
    _ = try fake.submitting(runs).submit(FakeSlurm.submission, warn: { _ in })
    try fake.program("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
    let error = failure(ClusterError.self) { _ = try ClusterStatus(of: fake.files, slurm: fake.slurm) }
    #expect(error?.description.contains("Unable to contact slurm controller") == true)
  }
}
