import Files
import Foundation
import Processes
import Testing

@testable import Cluster

@Suite("The scripts that are submitted")
struct ScriptTests {
  private let fake: FakeSlurm

  init() throws {
    fake = try FakeSlurm()
    try AtomicFile.write(JobSettings.jobName(of: fake.files) + "\n", to: fake.files.name)
  }

  @Test("say to Slurm what was asked for, in lines that a person can change")
  func lines() {
    var settings = fake.settings
    settings.partition = "long"
    settings.account = "physics"
    settings.maxRunning = 2
    settings.lines = ["--qos=low", "--mail-type=END"]
    let script = fake.scripts(settings).run(FakeSlurm.runs)
    let lines = script.split(separator: "\n").map(String.init)
    let expected = [
      "#!/bin/bash", "#SBATCH --job-name=\(JobSettings.jobName(of: fake.files))", "#SBATCH --partition=long",
      "#SBATCH --account=physics", "#SBATCH --array=0-2%2", "#SBATCH --time=0-01:00:00", "#SBATCH --ntasks=1",
      "#SBATCH --cpus-per-task=4", "#SBATCH --mem=704M", "#SBATCH --requeue", "#SBATCH --output=\"\(fake.files.logs)/%A_%a.txt\"",
      "#SBATCH --open-mode=append", "#SBATCH --qos=low", "#SBATCH --mail-type=END",
    ]
    #expect(Array(lines.prefix(expected.count)) == expected)
    // Slurm reads no such line after the first command.
    #expect(!lines.dropFirst(expected.count).contains { $0.hasPrefix("#SBATCH") })
    #expect(script.contains("--time-limit 58m ") && lines.contains("2) row=vgg38-rc seed=0 ;;"))
  }

  @Test("are scripts that shellcheck finds nothing in, where it is installed, and bash can read")
  func checked() throws {
    let scripts = fake.scripts(fake.settings)
    for (name, text) in [("run", scripts.run(FakeSlurm.runs)), ("judge", scripts.judge(seconds: 3600))] {
      try fake.write(name, text)
      let read = try Shell.run(["bash", "-n", "\(fake.path)/\(name)"])
      #expect(read.code == 0, "\(read.output)")
      let found = try Shell.run(line: "! command -v shellcheck >/dev/null || shellcheck '\(fake.path)/\(name)'", in: fake.path)
      #expect(found.code == 0, "\(found.output)")
    }
  }

  /// What the program does in a task's stead, and what must come of it.
  struct TaskCase: CustomTestStringConvertible, Sendable {
    let name: String
    /// Of the program: a line of shell; `$c` is the checkpoint.
    let program: String
    let code: Int32
    /// What the task leaves of itself.
    let mark: String
    var requeues = false
    var says = ""

    var testDescription: String { name }
  }

  static let cases = [
    TaskCase(name: "a run that is done ends", program: "echo x >\"$c\"; exit 0", code: 0, mark: "ended 0 7_1 n1"),
    TaskCase(name: "a run that failed ends with its code", program: "exit 1", code: 1, mark: "ended 1 7_1 n1"),
    TaskCase(
      name: "a run that was cut asks for another turn", program: "echo x >\"$c\"; exit 75", code: 75, mark: "cut 75 7_1 n1",
      requeues: true),
    TaskCase(
      name: "a run that was cut before its first step does not ask again", program: "exit 75", code: 2, mark: "ended 2 7_1 n1",
      says: "the limit is too short for a single step"),
    TaskCase(
      name: "a run that was killed goes on from its checkpoint", program: "echo x >\"$c\"; kill -9 $$", code: 75,
      mark: "cut 137 7_1 n1", requeues: true),
    TaskCase(
      name: "a run that was killed before its first checkpoint does not", program: "kill -9 $$", code: 2, mark: "ended 2 7_1 n1",
      says: "killed (signal 9) before its first checkpoint"),
    TaskCase(
      name: "a run that was cancelled does not ask again, and its checkpoint is waited for",
      program: "trap 'sleep 0.2; echo x >\"$c\"; exit 75' TERM; kill -TERM $PPID; kill -TERM $$; sleep 5", code: 75,
      mark: "ended 75 7_1 n1"),
  ]

  private func task(_ program: String, index: Int = 1, environment: String = "") throws -> Shell.Result {
    try fake.program("gradflow", "c='\(fake.files.runs)/vgg38-s0/checkpoint.safetensors'; mkdir -p \"${c%/*}\"; \(program)")
    try fake.write("run", fake.scripts(fake.settings).run(FakeSlurm.runs))
    // This thread is one of those that signals are kept from, which programs that it starts would inherit.
    var signals = sigset_t()
    var before = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try Shell.run(
      line: "PATH='\(fake.path)/bin':$PATH SLURM_ARRAY_JOB_ID=7 SLURM_JOB_ID=7 SLURM_ARRAY_TASK_ID=\(index) "
        + "SLURMD_NODENAME=n1 SLURM_CPUS_PER_TASK=3 \(environment) exec bash run", in: fake.path)
  }

  @Test("a task does what follows from how its run ended", arguments: cases)
  func ending(_ test: TaskCase) throws {
    let result = try task(test.program)
    #expect(result.code == test.code, "\(result.output)")
    #expect(fake.text("a night/cluster/tasks/vgg38-s0") == test.mark + "\n")
    #expect(fake.calls.contains("scontrol requeue 7_1") == test.requeues, "\(fake.calls)")
    #expect(test.says.isEmpty || result.output.contains(test.says), "\(result.output)")
  }

  @Test("a task trains its run, with as many threads as the scheduler gives it processors")
  func call() throws {
    _ = try task("exit 0")
    #expect(
      fake.calls == [
        "gradflow run vgg38 --seed 0 --profile smoke --out \(fake.files.runs) --resume --time-limit 58m --threads 3 "
          + "--locks optional"
      ])
  }

  @Test("a row of a file is trained by the command that reads such files, and the verdict reads it too")
  func matrix() {
    let scripts = Scripts(
      files: fake.files, settings: fake.settings, options: ["--profile", "smoke"], matrix: "/my rows.yaml",
      verdict: ["--matrix", "/my rows.yaml", "--on-finding", "mail -s 'it failed' me"])
    let run = scripts.run([ClusterRun(row: "mine", seed: 5, epochs: 2)])
    #expect(run.contains("\"$program\" matrix --matrix '/my rows.yaml' --rows \"$row\" --seed \"$seed\" --profile smoke"))
    #expect(run.contains("#SBATCH --array=0\n") && run.contains("0) row=mine seed=5 ;;"))
    let judge = scripts.judge(seconds: 60)
    #expect(judge.contains(#"--matrix '/my rows.yaml' --on-finding 'mail -s '\''it failed'\'' me'"#))
  }

  @Test("a cluster that does not requeue is told of, and the run is cut")
  func noRequeue() throws {
    try fake.program("scontrol", "exit 1")
    let result = try task("echo x >\"$c\"; exit 75")
    #expect(result.code == 75 && result.output.contains("submit again, and the run goes on"))
    #expect(fake.text("a night/cluster/tasks/vgg38-s0") == "ended 75 7_1 n1\n")
  }

  @Test("a node without the program, or with another directory of that name, says so and trains nothing")
  func node() throws {
    try fake.write("run", fake.scripts(fake.settings).run(FakeSlurm.runs))
    let line = "SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 SLURMD_NODENAME=n1 exec bash run"
    let lacking = try Shell.run(line: line, in: fake.path)
    #expect(lacking.code == 2 && lacking.output.contains("there is no program \(fake.path)/bin/gradflow on this node"))
    #expect(lacking.output.contains("--sbatch=--exclude=n1"))
    try fake.write("a night/cluster/name", "gradflow-another\n")
    let other = try Shell.run(line: line, in: fake.path)
    #expect(other.code == 2 && other.output.contains("is not the directory that was submitted from"), "\(other.output)")
  }

  @Test(
    "what would break a script is refused, with what to do",
    arguments: [
      ("--time=5", "--limit"), ("--array 3", "--max-running"), ("-o=x", "could not be told of"),
      ("qos=long", "--sbatch=--qos=long"),
      ("--qos=a\nrm -r /", "on one line"), ("--mem=3G", "--memory"),
    ])
  func lines(line: String, words: String) throws {
    var settings = fake.settings
    settings.lines = [line]
    let error = try #require(failure(ClusterError.self) { try settings.check(fake.files, paths: []) })
    #expect(error.description.contains(words), "\(error)")
  }

  @Test(
    "a path that Slurm or bash would take for more than a name is refused", arguments: ["/a\"b", "/a%b", "/a\nb", "/$a", "/a\\b"])
  func paths(path: String) throws {
    #expect(
      failure(ClusterError.self) { try fake.settings.check(ClusterFiles(directory: path), paths: []) } == .unfitPath(path: path))
    #expect(failure(ClusterError.self) { try fake.settings.check(fake.files, paths: [path]) } == .unfitPath(path: path))
  }
}
