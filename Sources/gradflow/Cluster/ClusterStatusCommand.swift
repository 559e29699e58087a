import ArgumentParser
import Cluster

struct ClusterStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "How each run of a submission stands, and where its log is.",
    discussion: """
      waiting: in the queue. running: with its epochs so far, the loss of the last and the time that is left at the pace so far. \
      cut: stopped with a checkpoint, and not in the queue. done: trained to its end. failed: with what is known of the reason.

      Exit codes: 0 told, however the runs stand (--json is for scripts); 2 nothing was submitted from there, or Slurm does not \
      answer.
      """)

  @Argument(help: "The directory that was --out of `cluster submit`.")
  var directory = ClusterSubmitCommand.standardOut

  @Flag(help: "As JSON.")
  var json = false

  func run() throws {
    let status = try ClusterStatus(of: ClusterFiles(named: directory), slurm: Slurm(path: Environment.path))
    if json { return try Console.print(status.json.indented) }
    for line in status.lines { try Console.print(line) }
  }
}
