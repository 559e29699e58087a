import Files
import Foundation
import Processes

@testable import Cluster

/// A directory with a night in it, and the scheduler's programs as scripts that say what a test lets them say, and keep how they
/// were called.
final class FakeSlurm {
  let path: String
  var files: ClusterFiles { ClusterFiles(directory: path + "/a night") }
  var slurm: Slurm { Slurm(path: path + "/bin") }

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("cluster-\(UUID().uuidString)").path
    for directory in [path, path + "/bin", files.logs, files.tasks, files.runs] { try createDirectory(directory) }
    try program("sinfo", "printf 'day*|1:00:00|4|8000\\nday*|1:00:00|8|4000\\nlong|infinite|2|2000\\n'")
    try program("scontrol", "[ \"$1\" = show ] && printf 'MaxArraySize            = 1001\\n'; exit 0")
    try program("squeue", "cat '\(path)/queue' 2>/dev/null; exit 0")
    try program("sacct", "cat '\(path)/account' 2>/dev/null || { echo 'accounting storage is disabled' >&2; exit 1; }")
    try program("scancel", "exit 0")
    try program(
      "sbatch",
      "case $1 in --test-only) exit 0 ;; esac; n=$(cat '\(path)/last' 2>/dev/null || echo 99)\n"
        + "echo $((n + 1)) | tee '\(path)/last'"
    )
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A program that notes its call, then does what the line says.
  func program(_ name: String, _ line: String) throws {
    try write(
      "bin/\(name)", "#!/bin/bash\necho \"\(name) $*\" >>'\(path)/calls'\n\(line)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/bin/\(name)")
  }

  func write(_ name: String, _ text: String) throws { try AtomicFile.write(text, to: "\(path)/\(name)") }

  func text(_ name: String) -> String {
    (try? readFile("\(path)/\(name)")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// How the programs were called, without their being asked what there is.
  var calls: [String] {
    text("calls").split(separator: "\n").map(String.init).filter {
      !$0.hasPrefix("sinfo") && !$0.hasPrefix("squeue") && !$0.hasPrefix("scontrol show") && !$0.hasPrefix("sacct")
    }
  }

  /// A finished run, as the golden of a smoke run is one.
  func finish(_ run: ClusterRun) throws {
    let directory = "\(files.runs)/\(run.name)"
    try createDirectory(directory)
    try AtomicFile.write(
      try readFile(Shell.package.path + "/golden/smoke/\(run.row).jsonl.zst"), to: directory + "/trace.jsonl.zst")
  }

  var settings: JobSettings {
    JobSettings(
      program: path + "/bin/gradflow", partition: nil, account: nil, limit: 3600, margin: 120, threads: 4, megabytes: 704,
      maxRunning: nil, lines: [])
  }

  func scripts(_ settings: JobSettings) -> Scripts {
    Scripts(
      files: files, settings: settings, options: ["--profile", "smoke"], matrix: nil,
      verdict: ["--profile", "smoke", "--against", "/g"])
  }

  func submitting(_ runs: [ClusterRun], _ settings: JobSettings? = nil, leastSeconds: [String: Double] = [:]) -> Submitting {
    let settings = settings ?? self.settings
    return Submitting(
      files: files, settings: settings, scripts: scripts(settings), runs: runs, leastSeconds: leastSeconds,
      verdict: [path + "/verdict"], slurm: slurm)
  }

  static let runs = ["vgg08", "vgg38", "vgg38-rc"].map { ClusterRun(row: $0, seed: 0, epochs: 3) }
  static let submission = Submission(settings: [.init("profile", "smoke")], revision: "r")
}

/// The error that `body` throws; `nil` if it throws none or another.
func failure<Failure: Error>(_ type: Failure.Type, _ body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch { return error as? Failure }
}
