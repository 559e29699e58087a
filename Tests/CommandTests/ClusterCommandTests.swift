import Files
import Foundation
import Processes
import TestSupport
import Testing

@Suite("gradflow cluster")
struct ClusterCommandTests {
  private let directory: TemporaryDirectory
  private var out: String { directory.path("a night") }

  init() throws { directory = try TemporaryDirectory() }

  private func cluster(_ arguments: [String], path: String? = nil) throws -> Program.Outcome {
    var environment = ["CI": ""]
    if let path { environment["PATH"] = path }
    return try Program.run(["cluster"] + arguments, environment: environment)
  }

  private func submit(_ arguments: [String], path: String? = nil) throws -> Program.Outcome {
    try cluster(
      ["submit", "--profile", "smoke", "--out", out, "--against", Shell.package.path + "/golden"] + arguments, path: path)
  }

  @Test("a dry run prints both scripts, needs no Slurm, and makes nothing")
  func dry() throws {
    let outcome = try submit(["--dry-run", "--rows", "vgg38,vgg08", "--seeds", "0..1", "--threads", "3"], path: "/nowhere")
    #expect(outcome.code == 0, "\(outcome.errors)")
    for line in ["#SBATCH --array=0-3\n", "#SBATCH --cpus-per-task=3\n", "2) row=vgg08 seed=0 ;;\n", "--time-limit 3h58m "] {
      #expect(outcome.output.contains(line), "\(line): \(outcome.output)")
    }
    #expect(outcome.output.contains("nightly --judge \"$directory/runs\"") && outcome.output.contains("--seeds 0..1"))
    #expect(directory.names("a night").isEmpty)
  }

  @Test("a dry run of nothing prints no array; runs of a row that was described otherwise are refused")
  func dryOfNothing() throws {
    try directory.write(SmallRuns.matrix, "m.yaml")
    let matrix = ["--matrix", directory.path("m.yaml"), "--rows", "one"]
    let made = try Program.run(["matrix", "--profile", "smoke", "--out", out + "/runs"] + matrix)
    try #require(made.code == 0, "\(made.errors)")
    let outcome = try submit(["--dry-run"] + matrix, path: "/nowhere")
    #expect(outcome.code == 0 && outcome.output.contains("# No run is missing.") && !outcome.output.contains("--array"))
    try directory.write(SmallRuns.matrix.replacing("base: 0.01", with: "base: 0.02"), "m.yaml")
    let edited = try submit(["--dry-run"] + matrix, path: "/nowhere")
    #expect(
      edited.code == 2
        && edited.errors.contains("belongs to another run: its training.base_learning_rate is 0.01, asked for is 0.02"),
      "\(edited.errors)")
  }

  @Test("a task's memory is what its largest run needs, and more for more of a network")
  func memory() throws {
    func megabytes(_ row: String) throws -> Int {
      let match = try submit(["--dry-run", "--profile", "quick", "--rows", row]).output.firstMatch(of: /--mem=(\d+)M/)
      return try #require(match.flatMap { Int($0.1) })
    }
    let (small, large) = try (megabytes("vgg08"), megabytes("vgg38-bn-rc-1e-2"))
    #expect(small < large && small % 64 == 0 && large < 1024)
    #expect(try megabytes("vgg08,vgg38-bn-rc-1e-2") == large)
  }

  @Test("where there is no Slurm, that is said, and what to do, before anything is made")
  func noSlurm() throws {
    let outcome = try submit([], path: "/nowhere")
    #expect(outcome.code == 2 && outcome.errors.contains("there is no Slurm here"), "\(outcome.errors)")
    #expect(directory.names("a night").isEmpty)
    let status = try cluster(["status", directory.path])
    #expect(status.code == 2 && status.errors.contains("nothing was submitted from here"), "\(status.errors)")
  }

  @Test(
    "wrong usage ends with 64",
    arguments: [
      ["--limit", "30s"], ["--limit", "soon"], ["--threads", "0"], ["--max-running", "0"], ["--memory", "3"],
      ["--rows", "vgg39"], ["--epochs", "101"], ["--out", ""], ["--seeds", "3..1"], ["--out", "-"],
    ])
  func usage(arguments: [String]) throws {
    #expect(try submit(arguments + ["--dry-run"]).code == 64)
  }

  @Test(
    "what a script cannot hold ends with 2", arguments: [["--sbatch=--array=3"], ["--margin", "5h"], ["--against", "/nowhere"]])
  func unfit(arguments: [String]) throws {
    #expect(try submit(arguments + ["--dry-run"]).code == 2)
  }

  /// A scheduler that makes each task when it is submitted, one after the other.
  private static let scheduler = """
    #!/bin/bash
    if [ "$1" = --test-only ]; then exit 0; fi
    number=$(($(cat "$0.last" 2>/dev/null || echo 0) + 1))
    echo $number | tee "$0.last"
    script="${@: -1}"
    export SLURM_ARRAY_JOB_ID=$number SLURM_JOB_ID=$number SLURM_CPUS_PER_TASK=1 SLURMD_NODENAME=here
    case $script in
    *judge*) bash "$script" >"$0.judge" 2>&1 ;;
    *) for task in $(sed -n 's/^\\([0-9]*\\)) row=.*/\\1/p' "$script"); do
      SLURM_ARRAY_TASK_ID=$task bash "$script" >"${script%/*}/logs/${number}_$task.txt" 2>&1 </dev/null
    done ;;
    esac
    exit 0
    """

  @Test("what is submitted trains the runs and judges them: identical, as on one machine; and again, nothing is missing")
  func whole() throws {
    try createDirectory(directory.path("bin"))
    let programs = [
      ("sbatch", Self.scheduler), ("squeue", "#!/bin/sh\n"), ("scontrol", "#!/bin/sh\n"), ("scancel", "#!/bin/sh\n"),
      ("sinfo", "#!/bin/sh\necho 'all*|infinite|2|4000'\n"),
    ]
    for (name, text) in programs {
      try directory.write(text, "bin/\(name)")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path("bin/\(name)"))
    }
    let path = directory.path("bin") + ":/usr/bin:/bin"
    let first = try submit(["--rows", "vgg08", "--threads", "2"], path: path)
    #expect(first.code == 0 && first.output.contains("submitted 1 run as job array 1"), "\(first.errors)")
    let summary = String(decoding: try readFile(out + "/summary.txt"), as: UTF8.self)
    #expect(summary.contains(/vgg08 +0  identical/), "\(summary)")
    let status = try cluster(["status", out], path: path)
    #expect(status.code == 0 && status.output.contains("1 run: 1 done"), "\(status.output)\(status.errors)")
    let json = try JSONValue(parsing: cluster(["status", out, "--json"], path: path).output)
    #expect(json["runs"]?.array?.first?["state"]?.string == "done")
    let second = try submit(["--rows", "vgg08", "--threads", "2"], path: path)
    #expect(second.code == 0 && second.output.hasPrefix("nothing is missing"), "\(second.output)\(second.errors)")
    // A night in that directory would begin by removing the runs.
    let night = try Program.run(["nightly", "--profile", "smoke", "--rows", "vgg08", "--out", out])
    #expect(night.code == 2 && night.errors.contains("submitted from to a cluster"), "\(night.errors)")
    // More seeds of the same submission: only the new one is made.
    let third = try submit(["--rows", "vgg08", "--seeds", "0..1", "--threads", "2"], path: path)
    #expect(third.output.contains("submitted 1 run as job array 3"), "\(third.output)\(third.errors)")
  }
}
