import Files
import Training

/// Puts what is missing of some runs into the scheduler's queue, and a job that judges them behind it.
public struct Submitting {
  public let files: ClusterFiles
  public let settings: JobSettings
  public let scripts: Scripts
  /// All that were asked for.
  public let runs: [ClusterRun]
  /// What an epoch of each takes at least, in seconds, on processors faster than any: by row.
  public let leastSeconds: [String: Double]
  /// Files of the verdict: not true any more when runs are queued.
  public let verdict: [String]
  let slurm: Slurm

  public init(
    files: ClusterFiles, settings: JobSettings, scripts: Scripts, runs: [ClusterRun], leastSeconds: [String: Double],
    verdict: [String], slurm: Slurm
  ) {
    self.files = files
    self.settings = settings
    self.scripts = scripts
    self.runs = runs
    self.leastSeconds = leastSeconds
    self.verdict = verdict
    self.slurm = slurm
  }

  public enum Outcome: Equatable {
    /// All runs are there, and so is their verdict.
    case nothingMissing
    /// - Parameter job: `nil` where only the verdict was missing.
    case submitted(runs: Int, job: String?, judge: String, log: String)
  }

  /// The judging job takes this long at most, where the partition allows it.
  private static let judgeSeconds = 3600

  /// The runs that are still to be made.
  public var missing: [ClusterRun] {
    runs.filter { !RunFacts(RunDirectory(out: files.runs, row: $0.row, seed: $0.seed)).isOver($0) }
  }

  /// Both scripts, with what to do to submit them by hand.
  public var dryRun: String {
    let quoted = Scripts.quoted
    let name = JobSettings.jobName(of: files)
    let missing = missing
    if missing.isEmpty {
      return """
        # No run is missing. To have them judged:
        #   sbatch judge.sbatch

        # ---- judge.sbatch ----
        \(scripts.judge(seconds: Self.judgeSeconds))
        """
    }
    return """
      # To submit these by hand:
      #   mkdir -p \(quoted(files.logs)) \(quoted(files.tasks)) && echo \(name) >\(quoted(files.name))
      #   job=$(sbatch --parsable run.sbatch)
      #   sbatch --dependency=afterany:$job judge.sbatch

      # ---- run.sbatch ----
      \(scripts.run(missing))
      # ---- judge.sbatch ----
      \(scripts.judge(seconds: Self.judgeSeconds))
      """
  }

  /// - Parameters:
  ///   - submission: what this one says of itself.
  ///   - warn: told of what need not be wrong.
  /// - Throws: `ClusterError`, `FileError`. Nothing is queued then.
  public func submit(_ submission: Submission, warn: (String) -> Void) throws -> Outcome {
    try checkLimit()
    let partition = try fittingPartition()
    if let most = try slurm.largestArray(), missing.count >= most {
      throw ClusterError.tooManyRuns(count: missing.count, most: most - 1)
    }
    for directory in [files.logs, files.tasks, files.runs] { try createDirectory(directory) }
    let lock = try FileLock(path: files.lock, need: .optional)
    defer { withExtendedLifetime(lock) {} }
    if lock.missing != nil { warn("\(files.lock): this file system keeps no locks: submit from one place at a time") }
    var record = submission
    if let earlier = try Submission(in: files) {
      let differences = submission.differences(from: earlier)
      if !differences.isEmpty { throw ClusterError.otherSubmission(path: files.submission, differences: differences) }
      if earlier.revision != submission.revision || submission.revision == nil {
        warn(
          "earlier runs in \(files.directory) were made by revision \(earlier.revision ?? "unknown"), and this program is of "
            + "\(submission.revision ?? "unknown"); each run's manifest.json says which made it")
      }
      record.runs = earlier.runs
      record.judge = earlier.judge
    }
    let name = JobSettings.jobName(of: files)
    let queued = try slurm.queue(named: name)
    if !queued.isEmpty {
      let jobs = queued.reduce(into: [String]()) { jobs, task in
        let job = task.id.split(separator: "_").first.map(String.init) ?? task.id
        if !jobs.contains(job) { jobs.append(job) }
      }
      throw ClusterError.queuedAlready(directory: files.directory, jobs: jobs)
    }
    let missing = missing
    if missing.isEmpty, verdict.allSatisfy(fileExists) { return .nothingMissing }
    try AtomicFile.write(name + "\n", to: files.name)
    try AtomicFile.write(
      scripts.judge(seconds: min(Self.judgeSeconds, partition.seconds ?? Self.judgeSeconds)), to: files.judgeScript)
    var job: String?
    if !missing.isEmpty {
      try AtomicFile.write(scripts.run(missing), to: files.runScript)
      // All that the scheduler has against it is said before anything is queued.
      try slurm.test(files.runScript)
      try slurm.test(files.judgeScript)
      for run in missing { try removeFile(files.mark(run)) }
      let number = try slurm.submit(files.runScript)
      job = number
      record.add(missing, job: number)
    }
    do {
      // Of an array whose verdict nobody would make, nothing stays.
      try record.write(to: files)
      for path in verdict { try removeFile(path) }
      let judge = try slurm.submit(files.judgeScript, dependency: job.map { "afterany:\($0)" })
      record.judge = judge
      try record.write(to: files)
      return .submitted(runs: missing.count, job: job, judge: judge, log: files.judgeLog(job: judge))
    } catch {
      if let job { try? slurm.cancel(job) }
      throw error
    }
  }

  /// An epoch that does not fit into a turn: by what runs that are there took, or by its arithmetic.
  private func checkLimit() throws(ClusterError) {
    for run in missing {
      let facts = RunFacts(RunDirectory(out: files.runs, row: run.row, seed: run.seed))
      let measured = facts.secondsPerEpoch
      guard let seconds = measured ?? leastSeconds[run.row], Double(settings.runLimit) < seconds else { continue }
      throw .limitTooShort(seconds: settings.runLimit, epoch: seconds, row: run.row, isMeasured: measured != nil)
    }
  }

  private func fittingPartition() throws -> Slurm.Partition {
    let all = try slurm.partitions()
    guard let partition = all.first(where: { settings.partition.map($0.name.elementsEqual) ?? $0.isDefault }) else {
      throw ClusterError.noPartition(name: settings.partition, known: all.map(\.name))
    }
    if let most = partition.seconds, settings.limit > most {
      throw ClusterError.limitTooLong(seconds: settings.limit, partition: partition.name, most: most)
    }
    let fits = partition.nodes.contains { $0.processors >= settings.threads && $0.megabytes >= settings.megabytes }
    if !fits {
      let best = Set(partition.nodes.map { "\($0.processors) processors and \($0.megabytes) MB" }).sorted()
      throw ClusterError.noNode(
        partition: partition.name, threads: settings.threads, megabytes: settings.megabytes,
        best: "its nodes have \(best.isEmpty ? "nothing" : best.joined(separator: ", or "))")
    }
    return partition
  }
}
