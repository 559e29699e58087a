import Foundation
import Processes

/// Checks that a planted defect has to get past.
protocol Checks {
  /// Builds the copy as it is now and asks it.
  func run() throws -> CheckOutcome
}

enum CheckOutcome {
  /// Names of the checks that failed.
  case caught([String])
  case survived
  case doesNotBuild(String)
}

extension PatchedCopy {
  /// Builds in debug; what the compiler says where that fails.
  func build(_ more: [String] = ["--build-tests"]) throws -> String? {
    let build = try Shell.run(["swift", "build"] + more, in: root)
    if build.code == 0 { return nil }
    return build.output.split(separator: "\n").first { $0.contains("error:") }.map(String.init) ?? build.output
  }
}

/// Test targets, in the order in which they are asked.
struct TestSuites: Checks {
  let copy: PatchedCopy
  let filters: [String]

  func run() throws -> CheckOutcome {
    // The tests alone: what these suites ask is no program.
    if let error = try copy.build(["--product", "gradflowPackageTests"]) { return .doesNotBuild(error) }
    for filter in filters {
      let test = try Shell.run(
        ["swift", "test", "--skip-build", "--filter", filter], in: copy.root, interruptingAfter: Self.failure)
      if test.code != 0 { return .caught(Self.failures(in: test.output, filter: filter)) }
    }
    return .survived
  }

  /// What the test runner says when a test has failed at something. The first is enough: nothing else is waited for.
  static let failure = " recorded an issue"

  /// The names in the test runner's lines `✘ Test "name" recorded an issue …` and `✘ Test "name" … failed after …`.
  static func failures(in output: String, filter: String) -> [String] {
    var names: [String] = []
    for line in output.split(separator: "\n") {
      guard line.contains(" failed after ") || line.contains(failure), let start = line.range(of: "Test ")?.upperBound else {
        continue
      }
      var name = line[start...]
      if name.hasPrefix("run ") || name.hasPrefix("case ") { continue }
      if name.hasPrefix("\"") {
        name = name.dropFirst()
        if let end = name.firstIndex(of: "\"") { name = name[..<end] }
      } else if let end = name.range(of: failure)?.lowerBound ?? name.range(of: " failed after ")?.lowerBound {
        name = name[..<end]
      }
      if !names.contains(String(name)) { names.append(String(name)) }
    }
    return names.isEmpty ? ["\(filter): the run ended without a verdict (a trap)"] : names
  }
}
