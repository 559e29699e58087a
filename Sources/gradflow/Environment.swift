#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the program reads of its environment; nothing below the command line reads any.
enum Environment {
  /// Where CIFAR-100 is, for the profiles that need it.
  static var dataDirectory: String? { value("GRADFLOW_DATA") }

  /// Whether this is continuous integration, by the variable that all of its services set.
  static var isContinuousIntegration: Bool { value("CI").map { $0 != "false" && $0 != "0" } ?? false }

  /// Whether lines of the form that GitHub turns into annotations are wanted.
  static var isGitHubActions: Bool { value("GITHUB_ACTIONS") == "true" }

  private static func value(_ name: String) -> String? {
    guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { return nil }
    return text
  }
}
