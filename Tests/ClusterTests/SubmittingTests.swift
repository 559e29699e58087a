import Files
import Foundation
import Testing

@testable import Cluster

@Suite("What is submitted")
struct SubmittingTests {
  private let fake: FakeSlurm
  private let runs = FakeSlurm.runs

  init() throws { fake = try FakeSlurm() }

  private func submit(
    _ runs: [ClusterRun]? = nil, _ settings: JobSettings? = nil, leastSeconds: [String: Double] = [:],
    submission: Submission = FakeSlurm.submission
  ) throws -> Submitting.Outcome {
    try fake.submitting(runs ?? self.runs, settings, leastSeconds: leastSeconds)
      .submit(submission, warn: { _ in })
  }

  @Test("the array first, then its verdict, for when all of it has ended")
  func order() throws {
    let outcome = try submit()
    #expect(outcome == .submitted(runs: 3, job: "100", judge: "101", log: fake.files.judgeLog(job: "101")))
    let (run, judge) = (fake.files.runScript, fake.files.judgeScript)
    #expect(
      fake.calls == [
        "sbatch --test-only \(run)", "sbatch --test-only \(judge)", "sbatch --parsable \(run)",
        "sbatch --parsable --dependency=afterany:100 \(judge)",
      ])
    let record = try #require(try Submission(in: fake.files))
    #expect(record.runs.map(\.task) == ["100_0", "100_1", "100_2"] && record.judge == "101")
  }

  @Test("only what is missing, and all of it stays known")
  func missing() throws {
    try fake.write("verdict", "of runs that were fewer")
    _ = try submit()
    #expect(!fileExists(fake.path + "/verdict"))
    try fake.finish(runs[0])
    // A divergence comes again.
    try createDirectory("\(fake.files.runs)/vgg38-s0")
    try AtomicFile.write(
      #"{"metric":"train_loss","epoch":0,"step":1,"found":"nan","layer":"x"}"#, to: "\(fake.files.runs)/vgg38-s0/diverged.json")
    #expect(try submit() == .submitted(runs: 1, job: "102", judge: "103", log: fake.files.judgeLog(job: "103")))
    #expect(fake.text("a night/cluster/run.sbatch").contains("--array=0\n"))
    let record = try #require(try Submission(in: fake.files))
    #expect(record.runs.map(\.task) == ["100_0", "100_1", "102_0"])
    try fake.finish(runs[2])
    #expect(try submit() == .submitted(runs: 0, job: nil, judge: "104", log: fake.files.judgeLog(job: "104")))
    try fake.write("verdict", "all was well")
    #expect(try submit() == .nothingMissing)
    // A run of fewer epochs than are asked for now is missing.
    #expect(fake.submitting([ClusterRun(row: "vgg08", seed: 0, epochs: 4)]).missing.count == 1)
  }

  @Test("nothing, where what is asked for cannot be: and what to do is said")
  func refusals() throws {
    func expect(_ expected: ClusterError, _ words: String, _ change: (inout JobSettings) -> Void = { _ in }, least: Double = 0)
      throws
    {
      var settings = fake.settings
      change(&settings)
      let error = failure(ClusterError.self) { _ = try submit(nil, settings, leastSeconds: ["vgg38": least]) }
      #expect(error == expected && expected.description.contains(words), "\(String(describing: error))")
      #expect(!fake.calls.contains { $0.hasPrefix("sbatch --parsable") })
    }
    try expect(.noPartition(name: "x", known: ["day", "long"]), "day, long") { $0.partition = "x" }
    try expect(.limitTooLong(seconds: 7200, partition: "day", most: 3600), "at most 1h") { $0.limit = 7200 }
    let best = "its nodes have 4 processors and 8000 MB, or 8 processors and 4000 MB"
    // One node has the processors and another the memory.
    try expect(.noNode(partition: "day", threads: 8, megabytes: 5000, best: best), "fewer --threads") {
      $0.threads = 8
      $0.megabytes = 5000
    }
    try expect(
      .limitTooShort(seconds: 3480, epoch: 3500, row: "vgg38", isMeasured: false), "longer --limit", least: 3500)
    try fake.program("sbatch", "echo 'sbatch: error: invalid account' >&2; exit 1")
    try expect(.refused(program: "sbatch", reason: "error: invalid account"), "invalid account")
    try fake.program("scontrol", "echo 'MaxArraySize = 3'")
    try expect(.tooManyRuns(count: 3, most: 2), "submit some of the seeds")
    try fake.program("sinfo", "echo nonsense")
    try expect(.unreadable(program: "sinfo", output: "nonsense"), "not understood")
    try FileManager.default.removeItem(atPath: fake.path + "/bin/sinfo")
    try expect(.noSlurm(program: "sinfo"), "--dry-run prints the scripts")
  }

  @Test("an epoch that took longer than a turn would be is known from the runs that are there")
  func measured() throws {
    try fake.finish(runs[0])
    try AtomicFile.write(#"{"seconds":12000}"#, to: "\(fake.files.runs)/vgg08-s0/manifest.json")
    let error = failure(ClusterError.self) { _ = try submit([ClusterRun(row: "vgg08", seed: 0, epochs: 9)]) }
    #expect(error == .limitTooShort(seconds: 3480, epoch: 4000, row: "vgg08", isMeasured: true))
  }

  @Test("nothing, where jobs of the same directory are in the queue, also if no record of them was written")
  func twice() throws {
    try fake.write("queue", "55_0|PENDING|Resources|\n55_1|RUNNING|None|n1\n56|PENDING|Dependency|\n")
    let error = failure(ClusterError.self) { _ = try submit() }
    #expect(error == .queuedAlready(directory: fake.files.directory, jobs: ["55", "56"]))
    #expect(fake.calls.isEmpty)
  }

  @Test("nothing, where another submission to the directory is being made")
  func locked() throws {
    let lock = try FileLock(path: fake.files.lock)
    let error = failure(FileError.self) { _ = try submit() }
    withExtendedLifetime(lock) {}
    #expect(error?.description.contains("in use by process") == true && fake.calls.isEmpty)
  }

  @Test("nothing, where earlier runs of the directory were of another kind, or their record is damaged")
  func otherSubmission() throws {
    _ = try submit()
    var other = FakeSlurm.submission
    other.settings = [.init("profile", "paper")]
    let error = failure(ClusterError.self) { _ = try submit(submission: other) }
    #expect(error == .otherSubmission(path: fake.files.submission, differences: ["profile smoke, not paper"]))
    try AtomicFile.write("{", to: fake.files.submission)
    #expect(failure(ClusterError.self) { _ = try submit() } == .damaged(path: fake.files.submission))
    #expect(fake.calls.count { $0.hasPrefix("sbatch --parsable") } == 2)
  }

  @Test("an array whose verdict cannot be queued is cancelled")
  func noVerdict() throws {
    try fake.program(
      "sbatch", "case $* in --test-only*) exit 0 ;; *afterany*) echo 'sbatch: error: no' >&2; exit 1 ;; esac; echo 100")
    #expect(failure(ClusterError.self) { _ = try submit() } == .refused(program: "sbatch", reason: "error: no"))
    #expect(fake.calls.last == "scancel 100")
  }

  @Test("of programs of other revisions it is warned")
  func revision() throws {
    _ = try submit()
    var other = FakeSlurm.submission
    other.revision = "s"
    var warnings: [String] = []
    _ = try fake.submitting(runs).submit(other, warn: { warnings.append($0) })
    #expect(warnings.count == 1 && warnings[0].contains("revision r, and this program is of s"), "\(warnings)")
  }

  @Test("a dry run makes nothing, and says how to submit by hand")
  func dry() {
    let text = fake.submitting(runs).dryRun
    #expect(text.contains("--dependency=afterany:$job judge.sbatch") && text.contains("#SBATCH --array=0-2"))
    #expect(fake.calls.isEmpty && !fileExists(fake.files.runScript))
  }
}
