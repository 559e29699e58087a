import Files
import Foundation
import Kernels

/// Another framework's program that times its steps when it is asked to, and waits without working in between.
///
/// It says who it is in one line of JSON (`name`), then answers each line `ROW BATCH train|eval WARMUP STEPS` by one line of
/// JSON: `times_ms`, an array of milliseconds, or `error`.
final class PeerProcess {
  /// Such as "PyTorch 2.15.0".
  private(set) var name = ""
  private let command: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var buffer: [UInt8] = []

  /// - Parameter command: words, the program first; it gets `--threads N` and `--isa NAME` besides.
  init(command: String, backend: Backend) throws {
    self.command = command
    var words = command.split(separator: " ").map(String.init)
    guard !words.isEmpty else { throw PeerError.silent(command: command) }
    words += ["--threads", "\(backend.threads)", "--isa", backend.instructionSet.rawValue]
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardInput = input
    process.standardOutput = output
    do { try process.run() } catch { throw PeerError.notStarted(command: command, reason: "\(error.localizedDescription)") }
    Leftovers.add(process: process.processIdentifier)
    guard let name = try answer()["name"]?.string else { throw PeerError.silent(command: command) }
    self.name = name
  }

  /// It ends when its input does. One that goes on all the same keeps nobody waiting.
  deinit {
    try? input.fileHandleForWriting.close()
    let deadline = ContinuousClock.now + Self.patience
    while process.isRunning, ContinuousClock.now < deadline { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    Leftovers.remove(process: process.processIdentifier)
  }

  private static let patience = Duration.seconds(2)

  /// Milliseconds of each measured step.
  func times(row: String, batch: Int, isEvaluation: Bool, warmup: Int, steps: Int) throws -> [Double] {
    let request = "\(row) \(batch) \(isEvaluation ? "eval" : "train") \(warmup) \(steps)\n"
    do {
      try input.fileHandleForWriting.write(contentsOf: Data(request.utf8))
    } catch {
      throw PeerError.ended(command: command)
    }
    let json = try answer()
    if let reason = json["error"]?.string { throw PeerError.refused(command: command, reason: reason) }
    let times = json["times_ms"]?.array?.compactMap(\.double) ?? []
    guard times.count == steps, times.allSatisfy({ $0 > 0 }) else { throw PeerError.silent(command: command) }
    return times
  }

  private func answer() throws -> JSONValue {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        guard let json = try? JSONValue(parsing: line) else { throw PeerError.silent(command: command) }
        return json
      }
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { throw PeerError.ended(command: command) }
      buffer += data
    }
  }
}

enum PeerError: Error, CustomStringConvertible {
  case notStarted(command: String, reason: String)
  case ended(command: String)
  case silent(command: String)
  case refused(command: String, reason: String)

  private static let remedy = "`make bench-peer` installs PyTorch for it; without --peer our times alone are measured"

  var description: String {
    switch self {
    case .notStarted(let command, let reason): "\(command) could not be started: \(reason); \(Self.remedy)"
    case .ended(let command): "\(command) ended before it had answered; \(Self.remedy)"
    case .silent(let command): "\(command) answered with something else than the times it was asked for; \(Self.remedy)"
    case .refused(let command, let reason): "\(command) could not do it: \(reason)"
    }
  }
}
