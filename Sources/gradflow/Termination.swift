import ArgumentParser
import Networks
import Platform

/// The exit codes that scripts rely on.
enum ExitStatus: Int32 {
  /// All was done, and every check passed.
  case done = 0
  /// A check was made, and failed.
  case failed = 1
  /// What was asked for could not be done: missing, damaged or foreign data, or something that this machine lacks.
  case impossible = 2
  case usage = 64
  /// Stopped by the time limit; to be continued.
  case stopped = 75
}

/// Thrown by a command that ends with another code than 0 although nothing went wrong on the way.
struct Stop: Error {
  let status: ExitStatus
  /// What standard error is told; nothing, where the results said it all.
  let message: String?

  init(_ status: ExitStatus, _ message: String? = nil) {
    self.status = status
    self.message = message
  }
}

/// How the process ends: the one place where errors become exit codes and words.
struct Termination {
  let code: Int32
  /// For standard output: help and version.
  private(set) var output: String?
  /// For standard error.
  private(set) var complaint: String?

  static let done = Termination(status: .done)

  private init(status: ExitStatus, complaint: String? = nil) {
    code = status.rawValue
    self.complaint = complaint
  }

  init(_ error: any Error) {
    switch error {
    case let stop as Stop:
      self.init(status: stop.status, complaint: stop.message.map(Self.worded))
    case let error as UnknownRow:
      self.init(status: .usage, complaint: Self.worded("\(error)"))
    case let error where Self.isFromParser(error):
      self.init(parserError: error)
    default:
      self.init(status: .impossible, complaint: Self.worded("\(error)"))
    }
  }

  /// Help and version, which the parser throws too, and wrong usage.
  private init(parserError error: any Error) {
    code = Gradflow.exitCode(for: error).rawValue
    let message = Gradflow.fullMessage(for: error)
    if code == ExitStatus.done.rawValue {
      output = message
    } else {
      let label = "Error: "
      complaint = Self.worded(message.hasPrefix(label) ? String(message.dropFirst(label.count)) : message)
    }
  }

  /// The parser calls success and its own errors by other codes than a plain failure, which is what foreign errors get.
  private static func isFromParser(_ error: any Error) -> Bool {
    Gradflow.exitCode(for: error) != .failure
  }

  private static func worded(_ message: String) -> String { "gradflow: error: \(message)" }

  func exit() -> Never {
    var code = code
    do {
      if let output { try Console.print(output) }
    } catch {
      Console.log(Self.worded("\(error)"))
      code = ExitStatus.impossible.rawValue
    }
    if let complaint { Console.log(complaint) }
    Platform.exit(code)
  }
}
