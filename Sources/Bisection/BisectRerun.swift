import Files
import Foundation
import Kernels
import Traces
import Training

/// Executes the step in which two runs part once more, under both configurations, each in a process of its own, and finds
/// the first element that differs. The runs' directories are only read.
package struct BisectRerun {
  /// One of the two: which run, and how it is to be executed.
  package struct Configuration {
    let name: String
    let run: String
    let trace: Trace
    let program: String
    let threads: Int?
    let instructionSet: String?

    package init(name: String, run: String, trace: Trace, program: String, threads: Int?, instructionSet: String?) {
      self.name = name
      self.run = run
      self.trace = trace
      self.program = program
      self.threads = threads
      self.instructionSet = instructionSet
    }

    var description: String {
      let words =
        (instructionSet.map { ["--isa", $0] } ?? []) + (threads.map { ["--threads", "\($0)"] } ?? [])
      return "the \(name) with \(([program] + words).joined(separator: " "))"
    }
  }

  let first: Configuration
  let second: Configuration
  let step: StepPosition
  let data: String?

  package init(first: Configuration, second: Configuration, step: StepPosition, data: String?) {
    self.first = first
    self.second = second
    self.step = step
    self.data = data
  }

  /// What was found, a line each.
  package func lines() throws -> [String] {
    try Leftovers.withScratchDirectory("bisect") { try lines(scratch: $0) }
  }

  private func lines(scratch: String) throws -> [String] {
    let from = checkpoint
    let both = [first, second]
    let reports = try both.map { configuration in
      let arguments = ["--save", state(configuration, scratch)] + (from.map { ["--from", $0.path] } ?? [])
      let text = try execute(configuration, arguments, scratch)
      guard let report = ReplayReport(text) else {
        throw RerunError("\(configuration.program) does not list a step's parts as this program does")
      }
      return report
    }
    var lines = [
      "run again: \(step), from \(from.map { "the checkpoint at \($0.position)" } ?? "the start"); "
        + both.map(\.description).joined(separator: ", ")
    ]
    for (configuration, report) in zip(both, reports) {
      guard let departure = report.departure else { continue }
      lines.append(
        "on the way, after \(departure), the \(configuration.name)'s state was not the one in its trace: this machine or "
          + "program does not compute what that run computed")
    }
    let (a, b) = (reports[0].parts, reports[1].parts)
    guard let index = (0..<max(a.count, b.count)).first(where: { $0 >= a.count || $0 >= b.count || a[$0] != b[$0] }) else {
      return lines + [sameAgain(a)]
    }
    guard index < a.count, index < b.count, a[index].layer == b[index].layer, a[index].phase == b[index].phase,
      a[index].shape == b[index].shape
    else { return lines + ["from part \(index) on the two list other layers: these are other networks"] }
    let values = try both.map { configuration in
      let file = "\(scratch)/\(configuration.name).values"
      _ = try execute(configuration, ["--from", state(configuration, scratch), "--part", "\(index)", "--values", file], scratch)
      guard let tensor = try SafeTensors(path: file)["values"] else {
        throw RerunError("\(configuration.program) wrote no values")
      }
      return tensor
    }
    guard let difference = ElementDifference(values[0], values[1]) else {
      throw RerunError(
        "\(a[index].layer) differed and did not differ when it was computed once more: a configuration is not "
          + "even equal to itself")
    }
    return lines + [
      "the first that differs: \(a[index].layer), \(a[index].phase.words): \(difference)"
    ]
  }

  private func state(_ configuration: Configuration, _ scratch: String) -> String {
    "\(scratch)/\(configuration.name).safetensors"
  }

  /// The newest of both runs' checkpoints before the step: up to there their states are equal.
  private var checkpoint: (path: String, position: StepPosition)? {
    [first, second].flatMap { configuration -> [(path: String, position: StepPosition)] in
      guard isDirectory(configuration.run) else { return [] }
      let files = RunDirectory(path: configuration.run)
      return [files.checkpoint, files.previousCheckpoint].compactMap { path in
        checkpointPosition(path, of: configuration.trace.header).map { (path, $0) }
      }
    }.filter { $0.position <= step }.max { $0.position < $1.position }
  }

  /// Both configurations computed the same bits: whose are they?
  private func sameAgain(_ parts: [Replay.Part]) -> String {
    let words = "the difference did not come back: both computed the same bits"
    guard let last = parts.last else { return words }
    // A trace that recorded the step's layers tells whose bits these are.
    let owners = [first, second].filter { configuration in
      guard let line = configuration.trace.layersByEpoch[step.epoch]?[step.step] else { return false }
      return line.entries.last.map { $0.layer == last.layer && $0.digest == last.digest } ?? false
    }
    switch owners.count {
    case 1: return words + ", those of the \(owners[0].name)"
    default: return words + "; name the configurations with --isa-a, --threads-a, --program-a and the like"
    }
  }

  // MARK: Processes

  private func execute(_ configuration: Configuration, _ more: [String], _ scratch: String) throws -> String {
    let process = Process()
    let output = Pipe()
    // Messages go to a file, however many there are: a second pipe would be full while the first is read.
    let messages = "\(scratch)/messages"
    try AtomicFile.write("", to: messages)
    guard let errors = FileHandle(forWritingAtPath: messages) else { throw RerunError("\(messages) cannot be written") }
    defer { try? errors.close() }
    process.executableURL = URL(fileURLWithPath: configuration.program)
    process.arguments =
      ["replay", configuration.run, "--step", "\(step.epoch):\(step.step)"] + more
      + (configuration.instructionSet.map { ["--isa", $0] } ?? [])
      + (configuration.threads.map { ["--threads", "\($0)"] } ?? []) + (data.map { ["--data", $0] } ?? [])
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do {
      try process.run()
    } catch {
      throw RerunError("\(configuration.program) cannot be started: \(error.localizedDescription)")
    }
    Leftovers.add(process: process.processIdentifier)
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    Leftovers.remove(process: process.processIdentifier)
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let last = try readFile(messages).suffix(4000)
      let words = String(decoding: last, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      throw RerunError("\(configuration.description) failed: \(words.isEmpty ? "no message" : words)")
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Why the step could not be executed again.
struct RerunError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
