import Foundation
import Platform

/// What the program reads of its environment; nothing below the command line reads any.
enum Environment {
  /// Where CIFAR-100 is, for the profiles that need it.
  static var dataDirectory: String? { value("GRADFLOW_DATA") }

  /// Where programs are looked for.
  static var path: String { value("PATH") ?? "" }

  /// Whether this is continuous integration, by the variable that all of its services set.
  static var isContinuousIntegration: Bool { value("CI").map { $0 != "false" && $0 != "0" } ?? false }

  /// Whether lines of the form that GitHub turns into annotations are wanted.
  static var isGitHubActions: Bool { value("GITHUB_ACTIONS") == "true" }

  /// The path of this very program, for what needs a process of its own.
  static var program: String {
    (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])).path
  }

  /// Whether the terminal takes no commands, such as to clear a line; also where nothing says what it is.
  static var isTerminalDumb: Bool { value("TERM").map { $0 == "dumb" } ?? true }

  private static func value(_ name: String) -> String? {
    guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { return nil }
    return text
  }
}
