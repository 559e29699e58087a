import Foundation
import Processes
import Workflows

// Executes the hosted workflows on this machine: each `run` step as it stands there, in a clean clone, with the profile smoke.
// What the host's own actions do (checkout, artifacts, cache) is done here by copying. Jobs share what was built, as building
// anew would take hours; all else of a job's directory is new. A job for another kind of machine is named and not run.
//
//   run-workflows [--jobs first,second,verdict] [--at DIR] [--list]
//
// --at names a directory that stays; what was built there before is used again.

struct Runner {
  let repository = Shell.package
  let root: URL
  var checkout: URL { root.appendingPathComponent("checkout") }
  var artifacts: URL { root.appendingPathComponent("artifacts") }
  var log: URL { root.appendingPathComponent("log.txt") }
  private let files = FileManager.default
  /// Jobs that need a machine of another kind.
  private(set) var foreign: [String] = []
  /// Jobs that failed, or were left out as one that they need did.
  private(set) var failed: Set<String> = []

  /// Runs a job with those of its matrix, of which one that fails keeps no other from being made; throws the first failure.
  mutating func run(_ workflow: Workflow, _ job: Workflow.Job, inputs: [String: String], among all: [Workflow]) throws {
    do {
      if let need = job.needs.first(where: failed.contains), !ExpressionContext.isMadeAfterFailure(job.condition) {
        throw WorkflowError("not run, as it needs \(need)")
      }
      try make(workflow, job, inputs: inputs, among: all)
    } catch {
      failed.insert(job.id)
      throw error
    }
  }

  private mutating func make(
    _ workflow: Workflow, _ job: Workflow.Job, inputs: [String: String], among all: [Workflow]
  ) throws {
    var values = ["github.run_id": "1"]
    for (name, value) in inputs { values["inputs.\(name)"] = value }
    guard try ExpressionContext(values).holds(job.condition) else { return }
    if let uses = job.uses {
      guard let called = all.first(where: { uses.hasSuffix("/\($0.name)") }) else { throw WorkflowError("\(uses) is missing") }
      let context = ExpressionContext(values)
      let handed = try job.with.mapValues { try context.substituted($0) }
      for inner in called.jobs { try run(called, inner, inputs: handed, among: all) }
      return
    }
    var ofMatrix: (any Error)?
    for combination in job.matrix {
      for (name, value) in combination { values["matrix.\(name)"] = value }
      let label = ([job.id] + combination.values.sorted() + (inputs["part"].map { ["part \($0)"] } ?? [])).joined(separator: ", ")
      let context = ExpressionContext(values)
      let machine = try context.substituted(job.machine ?? "")
      guard try HostedMachine(named: machine) == .this else {
        foreign.append("\(label) (needs \(machine))")
        continue
      }
      say("\(workflow.name): \(label)")
      var programs = ["\(root.path)/bin"]
      let environment = try job.environment.mapValues { try context.substituted($0) }
      // After one that failed, the host makes those alone that say so.
      var failure: (any Error)?
      for step in job.steps where try context.holds(step.condition) {
        if failure != nil, !ExpressionContext.isMadeAfterFailure(step.condition) { continue }
        do {
          if let uses = step.uses {
            programs = try act(uses, step.with.mapValues { try context.substituted($0) }) + programs
          } else if let lines = step.run {
            try execute(context.substituted(lines), at: "\(workflow.name):\(step.line)", environment, programs)
          }
        } catch {
          if !step.mayFail { failure = failure ?? error }
        }
      }
      if let failure {
        say("  failed: \(label)")
        ofMatrix = ofMatrix ?? failure
      }
    }
    if let ofMatrix { throw ofMatrix }
  }

  // MARK: Steps

  private func execute(_ lines: String, at place: String, _ own: [String: String], _ programs: [String]) throws {
    var environment = ProcessInfo.processInfo.environment.filter {
      !["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GRADFLOW_DATA"].contains($0.key)
    }
    environment["CI"] = "true"
    // Settings of git that a step makes are not this user's.
    environment["GIT_CONFIG_GLOBAL"] = root.appendingPathComponent("gitconfig").path
    environment["GITHUB_WORKSPACE"] = checkout.path
    environment["GITHUB_STEP_SUMMARY"] = root.appendingPathComponent("step-summary.md").path
    // The archive is a small one made here: what is tested is the step, and the profile needs no data.
    environment["ARCHIVE_URL"] = root.appendingPathComponent("archive.tar.gz").absoluteString
    environment["ARCHIVE_MD5"] = checksum
    environment["PATH"] = (programs + [environment["PATH"] ?? ""]).joined(separator: ":")
    environment.merge(own) { $1 }
    let start = ContinuousClock.now
    let result = try Shell.run(["bash", "-eo", "pipefail", "-c", lines], in: checkout, environment: environment)
    let seconds = (ContinuousClock.now - start).components.seconds
    try append("$ \(lines)\n\(result.output)\n")
    say("  \(place): \(lines.split(whereSeparator: \.isNewline).joined(separator: " ")) [\(seconds) s]")
    if result.code != 0 {
      throw WorkflowError("\(place) ended with \(result.code):\n\(result.output.suffix(4000))")
    }
  }

  /// What an action of the host does, as far as ours need it: the directories of programs that it adds for the job.
  private func act(_ uses: String, _ with: [String: String]) throws -> [String] {
    let path = checkout.appendingPathComponent(with["path"] ?? "")
    switch uses.split(separator: "@").first.map(String.init) {
    case "actions/checkout": try cleanClone()
    case "actions/cache", "actions/cache/restore", "actions/cache/save": break
    case "actions/setup-python":
      // Like the host's, it lets pip install without touching the system's packages.
      let made = try Shell.run(["python3", "-m", "venv", "python"], in: root)
      guard made.code == 0 else { throw WorkflowError("no environment of Python: \(made.output)") }
      return ["\(root.path)/python/bin"]
    case "actions/upload-artifact":
      let target = artifacts.appendingPathComponent(with["name"] ?? "artifact")
      try? files.removeItem(at: target)
      try files.createDirectory(at: target, withIntermediateDirectories: true)
      let sources = (with["path"] ?? "").split(whereSeparator: \.isNewline).map(String.init)
      // A directory alone is what lies in it; of several paths, names stay.
      let line =
        sources.count == 1 && !sources[0].contains("*")
        ? "cp -R '\(sources[0])'/. '\(target.path)'"
        : "for f in \(sources.joined(separator: " ")); do [ ! -e \"$f\" ] || cp -R \"$f\" '\(target.path)'; done"
      guard try Shell.run(line: line, in: checkout.path).code == 0 else { throw WorkflowError("no artifact: \(sources)") }
    case "actions/download-artifact":
      let names = try files.contentsOfDirectory(atPath: artifacts.path).filter { name in
        with["name"].map { $0 == name } ?? (fnmatch(with["pattern"] ?? "*", name, 0) == 0)
      }
      if names.isEmpty { throw WorkflowError("there is no artifact \(with["name"] ?? with["pattern"] ?? "")") }
      try files.createDirectory(at: path, withIntermediateDirectories: true)
      for name in names {
        _ = try Shell.run(line: "cp -R '\(artifacts.path)/\(name)'/. '\(path.path)'", in: checkout.path)
      }
    default: throw WorkflowError("the action \(uses) is not known here")
    }
    return []
  }

  /// The commit of the repository, and nothing of what other jobs left but what was built.
  private func cleanClone() throws {
    let line =
      files.fileExists(atPath: checkout.path + "/.git")
      ? "git fetch -q origin HEAD && git clean -qfdx -e '.build*' && git checkout -qf FETCH_HEAD"
      : "rm -rf '\(checkout.path)' && git clone -q '\(repository.path)' '\(checkout.path)'"
    try files.createDirectory(at: checkout, withIntermediateDirectories: true)
    let result = try Shell.run(line: line, in: line.hasPrefix("rm") ? root.path : checkout.path)
    guard result.code == 0 else { throw WorkflowError("git: \(result.output)") }
  }

  // MARK: What is there before

  private let checksum: String

  init(at root: URL) throws {
    self.root = root
    for name in ["bin", "artifacts", "checkout", "cifar-100-binary"] {
      try files.createDirectory(at: root.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    for name in ["train.bin", "test.bin"] {
      try Data([1]).write(to: root.appendingPathComponent("cifar-100-binary/\(name)"))
    }
    _ = try Shell.run(line: "tar -czf archive.tar.gz cifar-100-binary", in: root.path)
    checksum = String(try Shell.run(line: "md5sum <archive.tar.gz || md5 -q archive.tar.gz", in: root.path).output.prefix(32))
    // Where this runs as root in a container, there is no need of it.
    if try Shell.run(line: "command -v sudo", in: root.path).code != 0 {
      let path = root.appendingPathComponent("bin/sudo")
      try "#!/bin/sh\nexec \"$@\"\n".write(to: path, atomically: true, encoding: .utf8)
      try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path)
    }
  }

  private func append(_ text: String) throws {
    if !files.fileExists(atPath: log.path) { _ = files.createFile(atPath: log.path, contents: nil) }
    let handle = try FileHandle(forWritingTo: log)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }
}

let arguments = CommandLine.arguments.dropFirst()
func value(of option: String) -> String? {
  arguments.firstIndex(of: option).flatMap { arguments.indices.contains($0 + 1) ? arguments[$0 + 1] : nil }
}
let wanted = value(of: "--jobs")?.split(separator: ",").map(String.init)
let root =
  value(of: "--at").map { URL(fileURLWithPath: $0) }
  ?? FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-workflows-\(getpid())")
do {
  let all = try Workflow.all(in: Shell.package.path)
  // Workflows that others call are run by them.
  let own = all.filter { workflow in !all.contains { $0.jobs.contains { $0.uses?.hasSuffix("/\(workflow.name)") == true } } }
  let names = own.flatMap { $0.jobs.map(\.id) }
  if arguments.contains("--list") {
    for name in names { say(name) }
    exit(0)
  }
  if let foreign = wanted?.first(where: { !names.contains($0) }) {
    throw WorkflowError("there is no job \(foreign); the jobs are \(names.joined(separator: ", "))")
  }
  var runner = try Runner(at: root)
  var failures: [String] = []
  for workflow in own {
    for job in workflow.jobs where wanted?.contains(job.id) ?? true {
      do {
        try runner.run(workflow, job, inputs: ["profile": "smoke", "arguments": ""], among: all)
      } catch {
        say("  FAILED: \(error)")
        failures.append("\(workflow.name): \(job.id)")
      }
    }
  }
  let left = names.filter { !(wanted?.contains($0) ?? true) }
  for job in runner.foreign { say("not run, as it is for another kind of machine: \(job)") }
  if !left.isEmpty { say("not run, as --jobs does not name them: \(left.joined(separator: ", "))") }
  say(failures.isEmpty ? "all jobs that were run passed" : "FAILED: \(failures.joined(separator: ", "))")
  if value(of: "--at") == nil { try? FileManager.default.removeItem(at: root) }
  exit(failures.isEmpty ? 0 : 1)
} catch {
  say("run-workflows: \(error)")
  exit(2)
}
