import Foundation
import Processes

/// The built program, run as a process of its own.
struct Program {
  struct Outcome {
    let code: Int32
    /// Whether the process ended by itself and not by a signal.
    let hasExited: Bool
    let output: String
    let errors: String
  }

  static let url = builtProgram("gradflow")

  /// - Parameters:
  ///   - readsOutput: otherwise the reading end of standard output is closed from the start.
  ///   - environment: beside what the tests have, instead of a value for `GRADFLOW_DATA`.
  ///   - whileRunning: is called when the process has begun.
  static func run(
    _ arguments: [String], readsOutput: Bool = true, environment: [String: String] = [:],
    whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> Outcome {
    takeInterrupts()
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "GRADFLOW_DATA" }
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    if !readsOutput { try output.fileHandleForReading.close() }
    try process.run()
    try whileRunning(process)
    let outputData = readsOutput ? output.fileHandleForReading.readDataToEndOfFile() : Data()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, hasExited: process.terminationReason == .exit,
      output: String(decoding: outputData, as: UTF8.self), errors: String(decoding: errorData, as: UTF8.self))
  }
}
