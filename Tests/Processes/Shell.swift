import Foundation

/// Runs a program to its end and keeps what it printed.
public enum Shell {
  public struct Result: Sendable {
    /// Negative: the number of the signal that ended the process.
    public let code: Int32
    /// Standard output and standard error, as they came.
    public let output: String
  }

  /// The package's own directory.
  public static let package = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }

  /// Runs a command line of the shell that may call make: as no part of the make that may have started this process, and
  /// without its data.
  public static func run(line: String, in directory: String) throws -> Result {
    let environment = ProcessInfo.processInfo.environment.filter {
      !["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GRADFLOW_DATA"].contains($0.key)
    }
    return try run(["/bin/sh", "-c", line], in: URL(fileURLWithPath: directory), environment: environment)
  }

  /// - Parameters:
  ///   - words: the program, looked for in PATH, and its arguments.
  ///   - environment: instead of this process's own.
  ///   - kill: ends the process by SIGKILL after this many seconds, if it has not ended by then.
  ///   - text: ends the process by SIGINT, which it passes on, as soon as it has printed this.
  public static func run(
    _ words: [String], in directory: URL? = nil, environment: [String: String]? = nil, killingAfter kill: Double? = nil,
    interruptingAfter text: String? = nil
  ) throws -> Result {
    takeInterrupts()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    if let directory { process.currentDirectoryURL = directory }
    if let environment { process.environment = environment }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let kill {
      let number = process.processIdentifier
      let deadline = ContinuousClock.now + .seconds(kill)
      while process.isRunning, ContinuousClock.now < deadline { usleep(500) }
      if process.isRunning { Foundation.kill(number, SIGKILL) }
    }
    var data = Data()
    if let text {
      let wanted = Data(text.utf8)
      var isInterrupted = false
      while case let more = pipe.fileHandleForReading.availableData, !more.isEmpty {
        // What is wanted may have come in two pieces.
        let seen = max(0, data.count - wanted.count)
        data += more
        if !isInterrupted, data[seen...].range(of: wanted) != nil {
          isInterrupted = true
          process.interrupt()
        }
      }
    } else {
      data = pipe.fileHandleForReading.readDataToEndOfFile()
    }
    process.waitUntilExit()
    let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Result(code: code, output: String(decoding: data, as: UTF8.self))
  }
}

/// Prints at once: a run takes long, and is watched through pipes.
public func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
