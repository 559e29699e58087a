/// Why nothing can be submitted, or told of what was.
public enum ClusterError: Error, Equatable, CustomStringConvertible {
  case noSlurm(program: String)
  /// Slurm is installed, and said no.
  case refused(program: String, reason: String)
  case unreadable(program: String, output: String)
  case noPartition(name: String?, known: [String])
  case limitTooLong(seconds: Int, partition: String, most: Int)
  case limitTooShort(seconds: Int, epoch: Double, row: String, isMeasured: Bool)
  case marginTooLong(seconds: Int, limit: Int)
  case noNode(partition: String, threads: Int, megabytes: Int, best: String)
  case tooManyRuns(count: Int, most: Int)
  case queuedAlready(directory: String, jobs: [String])
  case unfitPath(path: String)
  case ownLine(option: String, instead: String)
  case unfitLine(String)
  case otherSubmission(path: String, differences: [String])
  case noSubmission(directory: String)
  case damaged(path: String)

  public var description: String {
    switch self {
    case .noSlurm(let program):
      "there is no Slurm here: \(program) is not found in PATH; submit from a node of the cluster that has it (the login "
        + "node). --dry-run prints the scripts without it, and `gradflow nightly --shard I/N` divides a night without Slurm"
    case .refused(let program, let reason): "Slurm refused: \(program): \(reason)"
    case .unreadable(let program, let output): "\(program) printed what is not understood: \(output)"
    case .noPartition(let name, let known):
      (name.map { "there is no partition named \"\($0)\"" } ?? "this cluster has no default partition") + "; the partitions are "
        + "\(known.isEmpty ? "none" : known.joined(separator: ", ")): name one with --partition"
    case .limitTooLong(let seconds, let partition, let most):
      "--limit \(SlurmTime.option(seconds: seconds)) is more than the partition \(partition) allows; take at most "
        + "\(SlurmTime.option(seconds: most)): a run that is cut goes on in its next turn"
    case .limitTooShort(let seconds, let epoch, let row, let isMeasured):
      "a run would be stopped after \(SlurmTime.option(seconds: seconds)), and an epoch of \(row) takes "
        + (isMeasured ? "\(Self.time(epoch)), by the runs that are there" : "at least \(Self.time(epoch)) on any processor")
        + ": take a longer --limit, or more --threads"
    case .marginTooLong(let seconds, let limit):
      "--margin \(SlurmTime.option(seconds: seconds)) leaves nothing of --limit \(SlurmTime.option(seconds: limit)); "
        + "take less of the one or more of the other"
    case .noNode(let partition, let threads, let megabytes, let best):
      "no node of the partition \(partition) has \(threads) processors and \(megabytes) MB: \(best); take fewer --threads, less "
        + "--memory, or another --partition"
    case .tooManyRuns(let count, let most):
      "\(count) runs are more than this cluster takes in one job array (\(most)); submit some of the seeds, and others later, "
        + "each to the same --out"
    case .queuedAlready(let directory, let jobs):
      "\(directory) has jobs in the queue already (\(jobs.joined(separator: ", "))): two submissions would write the same "
        + "runs; wait for them, cancel them (scancel \(jobs.joined(separator: " "))), or name another --out"
    case .unfitPath(let path):
      "\(path): Slurm and its scripts cannot take a name with quotation marks, backslashes, dollar, percent or "
        + "grave signs, or a line's end; choose another"
    case .ownLine(let option, let instead): "--sbatch \(option): that line is written here already; \(instead)"
    case .unfitLine(let line): "--sbatch takes what stands after #SBATCH on one line, as in --sbatch=--qos=long; not \"\(line)\""
    case .otherSubmission(let path, let differences):
      "\(path): what was submitted from this directory before had \(differences.joined(separator: ", ")): name another "
        + "--out, or submit as before"
    case .noSubmission(let directory):
      "\(directory): nothing was submitted from here; `gradflow cluster submit --out \(directory)` does, and `cluster status` "
        + "takes the directory that was its --out"
    case .damaged(let path): "\(path) cannot be read; remove it, and submit again: what is missing will be submitted"
    }
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 10 ? "\((seconds * 10).rounded() / 10) s" : SlurmTime.option(seconds: Int(seconds))
  }
}
