import Processes
import Testing

@Suite("The checkout's style")
struct LintTests {
  /// Copies that mutants are planted in have no repository, and `make lint` lints what the repository holds.
  private static let isRepository = (try? Shell.run(line: "git ls-files Makefile", in: Shell.package.path).code) == 0

  @Test("make lint has no objection, with the tools that are installed", .enabled(if: isRepository))
  func lint() throws {
    let outcome = try Shell.run(line: "scripts/lint.sh", in: Shell.package.path)
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
