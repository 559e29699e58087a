import Files
import Foundation

/// The scheduler, as its programs show it: sbatch, squeue, sinfo, scontrol and sacct.
public struct Slurm {
  /// Directories where its programs are looked for, separated by colons.
  private let path: String

  /// - Parameter path: as in PATH.
  public init(path: String) { self.path = path }

  /// A task of a job array, or a job, that waits or runs.
  public struct Queued: Equatable {
    /// `JOB_TASK`, or `JOB` where it is none of an array.
    public let id: String
    /// As Slurm writes it: PENDING, RUNNING, ...
    public let state: String
    /// Why it waits.
    public let reason: String
    public let node: String
  }

  /// A partition, with the processors and the memory of each of its nodes.
  struct Partition: Equatable {
    var name: String
    var isDefault: Bool
    /// The longest that a job may take; `nil` for no limit.
    var seconds: Int?
    var nodes: [Node] = []

    struct Node: Equatable {
      var processors: Int
      var megabytes: Int
    }
  }

  // MARK: What there is

  func partitions() throws -> [Partition] {
    var partitions: [Partition] = []
    for line in try lines("sinfo", ["-h", "-N", "-o", "%P|%l|%c|%m"]) {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      // A plus stands behind the least of several.
      let numbers = fields.dropFirst(2).map { Int($0.filter { $0 != "+" }) }
      guard fields.count == 4, let processors = numbers[0], let megabytes = numbers[1] else {
        throw ClusterError.unreadable(program: "sinfo", output: line)
      }
      let isDefault = fields[0].hasSuffix("*")
      let name = isDefault ? String(fields[0].dropLast()) : fields[0]
      if !partitions.contains(where: { $0.name == name }) {
        partitions.append(Partition(name: name, isDefault: isDefault, seconds: SlurmTime.seconds(fields[1])))
      }
      let index = partitions.firstIndex { $0.name == name }!
      partitions[index].nodes.append(.init(processors: processors, megabytes: megabytes))
    }
    return partitions
  }

  /// How many tasks a job array may have; `nil` where the scheduler does not tell.
  func largestArray() throws -> Int? {
    try lines("scontrol", ["show", "config"]).lazy.compactMap { line -> Int? in
      let parts = line.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
      return parts.count == 2 && parts[0] == "MaxArraySize" ? Int(parts[1]) : nil
    }.first
  }

  // MARK: Jobs

  /// Puts a script into the queue.
  ///
  /// - Returns: the number of its job.
  func submit(_ script: String, dependency: String? = nil) throws -> String {
    let arguments = ["--parsable"] + (dependency.map { ["--dependency=\($0)"] } ?? []) + [script]
    // Some clusters add their name after a semicolon.
    let job = try lines("sbatch", arguments).last?.split(separator: ";").first.map(String.init) ?? ""
    guard !job.isEmpty, job.allSatisfy(\.isNumber) else { throw ClusterError.unreadable(program: "sbatch", output: job) }
    return job
  }

  /// Asks whether a script would be taken, and queues nothing.
  func test(_ script: String) throws { _ = try lines("sbatch", ["--test-only", script]) }

  func cancel(_ job: String) throws { _ = try lines("scancel", [job]) }

  /// The jobs of that name, whoever submitted them, each task of an array by itself.
  func queue(named name: String) throws -> [Queued] {
    try lines("squeue", ["-h", "-r", "-n", name, "-o", "%i|%T|%r|%N"]).map { line in
      let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 4 else { throw ClusterError.unreadable(program: "squeue", output: line) }
      return Queued(id: fields[0], state: fields[1], reason: fields[2], node: fields[3])
    }
  }

  /// How tasks ended, in Slurm's own word, by `JOB_TASK`; nothing where the cluster keeps no account.
  func accounts(of jobs: [String]) -> [String: String] {
    guard !jobs.isEmpty,
      let lines = try? lines("sacct", ["-n", "-X", "-P", "-j", jobs.joined(separator: ","), "-o", "JobID,State"])
    else { return [:] }
    var states: [String: String] = [:]
    for line in lines {
      let fields = line.split(separator: "|").map(String.init)
      // "CANCELLED by 1000" is one word and whose it was.
      if fields.count == 2 { states[fields[0]] = fields[1].split(separator: " ").first.map(String.init) }
    }
    return states
  }

  // MARK: Its programs

  private func lines(_ program: String, _ arguments: [String]) throws -> [String] {
    guard let path = find(program) else { throw ClusterError.noSlurm(program: program) }
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch { throw ClusterError.refused(program: program, reason: "it cannot be run: \(error)") }
    // What it complains of is short: it fits into the pipe while the other is read.
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let words = String(decoding: complaint, as: UTF8.self).split(separator: "\n").map { line in
        line.hasPrefix("\(program): ") ? String(line.dropFirst(program.count + 2)) : String(line)
      }
      throw ClusterError.refused(
        program: program,
        reason: words.isEmpty ? "it ended with \(process.terminationStatus)" : words.joined(separator: "; "))
    }
    return String(decoding: printed, as: UTF8.self).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  private func find(_ program: String) -> String? {
    path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 && !isDirectory($0) }
  }
}
