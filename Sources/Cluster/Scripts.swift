/// The scripts that are submitted: plain bash, to be read, changed and submitted by hand.
public struct Scripts {
  let files: ClusterFiles
  let settings: JobSettings
  /// The options of `gradflow run` that all runs share: profile, data, epochs.
  let options: [String]
  /// A file that describes rows which the program does not have.
  let matrix: String?
  /// The options of `gradflow nightly --judge`.
  let verdict: [String]

  public init(
    files: ClusterFiles, settings: JobSettings, options: [String], matrix: String?, verdict: [String]
  ) {
    self.files = files
    self.settings = settings
    self.options = options
    self.matrix = matrix
    self.verdict = verdict
  }

  private var name: String { JobSettings.jobName(of: files) }

  /// The lines that both scripts begin with.
  private func head(_ lines: [String?]) -> String {
    let all =
      ["--job-name=\(name)"] + [settings.partition.map { "--partition=\($0)" }, settings.account.map { "--account=\($0)" }]
      + lines
      + settings.lines
    return "#!/bin/bash\n" + all.compactMap { $0 }.map { "#SBATCH \($0)\n" }.joined()
  }

  // MARK: The runs

  /// A job array, one task a run.
  public func run(_ runs: [ClusterRun]) -> String {
    let range = runs.count == 1 ? "0" : "0-\(runs.count - 1)"
    let call =
      matrix.map { "matrix --matrix \(Self.quoted($0)) --rows \"$row\"" } ?? "run \"$row\""
    return head([
      "--array=\(range)\(settings.maxRunning.map { "%\($0)" } ?? "")", "--time=\(SlurmTime.text(seconds: settings.limit))",
      "--ntasks=1", "--cpus-per-task=\(settings.threads)", "--mem=\(settings.megabytes)M", "--requeue",
      "--output=\"\(files.logs)/%A_%a.txt\"", "--open-mode=append",
    ]) + """
      # Written by `gradflow cluster submit`. One task a run: it trains until shortly before the job's limit, and where
      # that cut it, it asks the scheduler for another turn, which goes on from the checkpoint.
      set -u

      directory=\(Self.quoted(files.directory))
      program=\(Self.quoted(settings.program))

      case $SLURM_ARRAY_TASK_ID in
      \(runs.enumerated().map { "\($0.offset)) row=\($0.element.row) seed=\($0.element.seed) ;;" }.joined(separator: "\n"))
      *) echo "there is no run of number $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;
      esac

      task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
      node=${SLURMD_NODENAME:-$(hostname)}
      # For `gradflow cluster status`: how this task stands, or how it ended.
      tell() { echo "$* $task $node" 2>/dev/null >"$directory/cluster/tasks/$row-s$seed"; }
      fail() {
        echo "gradflow cluster: task $task ($row, seed $seed) on node $node: $1" >&2
        tell ended 2
        exit 2
      }

      if [ "$(cat "$directory/cluster/name" 2>/dev/null)" != \(name) ]; then
        fail "$directory here is not the directory that was submitted from: choose an --out that all nodes share"
      fi
      if ! [ -x "$program" ]; then
        fail "there is no program $program on this node: install it where all nodes see it and name it with \
      --program, or leave this node out with --sbatch=--exclude=$node"
      fi

      checkpoint=$directory/runs/$row-s$seed/checkpoint.safetensors
      progress() { cksum 2>/dev/null <"$checkpoint" || echo none; }

      # The scheduler signals program and script alike. The program writes a checkpoint then; the script outlives it, because
      # the end of the script is the end of all that it started.
      signalled=
      trap 'signalled=yes' TERM

      before=$(progress)
      tell running
      # The number of threads follows what the scheduler gives, also where that is changed on the command line of sbatch.
      "$program" \(call) --seed "$seed" \(options.map(Self.quoted).joined(separator: " ")) \\
        --out "$directory/runs" --resume --time-limit \(SlurmTime.option(seconds: settings.runLimit)) \\
        --threads "${SLURM_CPUS_PER_TASK:-\(settings.threads)}" --locks optional
      code=$?

      # 75: cut by the time limit. Above 128: the program was killed, and its last checkpoint is there.
      if [ $code -ne 75 ] && [ $code -le 128 ]; then
        tell ended $code
        exit $code
      fi
      # Cancelled, preempted or at the job's very end: the scheduler knows what comes next.
      if [ -n "$signalled" ]; then
        tell ended 75
        exit 75
      fi
      # Another turn that begins where this one began would end where this one ended.
      if [ "$(progress)" = "$before" ]; then
        if [ $code -eq 75 ]; then fail "the limit is too short for a single step; submit again with a longer --limit"; fi
        fail "the program was killed (signal $((code - 128))) before its first checkpoint; if it was for memory, submit again \
      with more --memory"
      fi
      tell cut $code
      # By its number in the array: the job number of an array's last task is that of the whole array, which would be requeued.
      if ! scontrol requeue "$task"; then
        echo "gradflow cluster: this cluster does not requeue; submit again, and the run goes on" >&2
        tell ended 75
      fi
      exit 75

      """
  }

  // MARK: The verdict

  /// A job that begins when all runs have ended, however they ended.
  ///
  /// - Parameter seconds: it may take.
  public func judge(seconds: Int) -> String {
    head([
      "--time=\(SlurmTime.text(seconds: seconds))", "--ntasks=1", "--cpus-per-task=1", "--mem=\(Self.judgeMegabytes)M",
      "--output=\"\(files.logs)/judge-%j.txt\"",
    ]) + """
      # Written by `gradflow cluster submit`. Judges the runs that are there, and names those that are not; in the directory it
      # leaves summary.txt, status.json and report.html.
      set -u

      directory=\(Self.quoted(files.directory))
      program=\(Self.quoted(settings.program))

      "$program" cluster status "$directory"
      exec "$program" nightly --judge "$directory/runs" --out "$directory" --locks optional \\
        \(verdict.map(Self.quoted).joined(separator: " "))

      """
  }

  /// Traces of a hundred epochs are a few megabytes each.
  static let judgeMegabytes = 1024

  /// As bash takes it for one word.
  static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./,=:+@".utf8.contains(byte)
    }
    return plain && !text.isEmpty
      ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}
