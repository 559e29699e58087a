import Files
import Foundation
import Processes
import TestSupport
import Testing

@Suite("What the program says of revisions is the truth, or nothing")
struct CheckoutTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try createDirectory(directory.path("repository"))
    let git = "git -c user.name=n -c user.email=e"
    let outcome = try Shell.run(
      line: "git init -q . && echo x >file && git add file && \(git) commit -qm first", in: directory.path("repository"))
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  private func revision(_ out: String) throws -> String? {
    let text = String(decoding: try readFile(directory.path("\(out)/vgg08-s0/manifest.json")), as: UTF8.self)
    let revision = try #require(try JSONValue(parsing: text)["revision"])
    return revision.string
  }

  @Test("a manifest names the commit that the program was built from, or none: not that of the directory it is called in")
  func builtFrom() throws {
    let foreign = try Shell.run(line: "git rev-parse HEAD", in: directory.path("repository")).output
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let folder = Program.url.deletingLastPathComponent().path
    let call = ["run", "vgg08", "--profile", "smoke", "--epochs", "1", "--out"]
    #expect(try Program.run(call + [directory.path("by-path")]).code == 0)
    try FileManager.default.copyItem(atPath: Program.url.path, toPath: directory.path("repository/gradflow"))
    let lines = [
      ("found", "PATH=\(folder):$PATH exec gradflow \(call.joined(separator: " ")) \(directory.path("found"))"),
      ("copied", "exec ./gradflow \(call.joined(separator: " ")) \(directory.path("copied"))"),
    ]
    for (out, line) in lines {
      let outcome = try Shell.run(line: line, in: directory.path("repository"))
      #expect(outcome.code == 0, "\(outcome.output)")
      #expect(try revision(out) == revision("by-path") && revision(out) != foreign, "\(out)")
    }
    if let revision = try revision("by-path") { #expect(revision.count == 40 && revision.allSatisfy(\.isHexDigit)) }
  }

  private func record(_ prefix: String) throws -> Shell.Result {
    try Shell.run(
      line: "\(prefix) '\(Program.url.path)' golden record --profile smoke --rows vgg08 --runs x --reason y --into golden",
      in: directory.path("repository"))
  }

  @Test("git's own reason is told when it cannot tell of the checkout")
  func reason() throws {
    try AtomicFile.write("[core]\n\tbroken = [\n[", to: directory.path("repository/.git/config"))
    let outcome = try record("CI=")
    #expect(outcome.code == 2 && outcome.output.contains("bad config line"), "\(outcome.output)")
  }

  @Test("that git is not installed is told")
  func noGit() throws {
    try createDirectory(directory.path("bin"))
    let outcome = try record("CI= PATH=\(directory.path("bin"))")
    #expect(outcome.code == 2 && outcome.output.contains("git was not found"), "\(outcome.output)")
  }

  @Test("a hook's variables, which name its own repository, do not lead to another one")
  func hook() throws {
    try AtomicFile.write("changed", to: directory.path("repository/file"))
    let other = directory.path("other")
    #expect(try Shell.run(line: "git init -q \(other)", in: directory.path).code == 0)
    let outcome = try record("CI= GIT_DIR=\(other)/.git GIT_WORK_TREE=\(other) GIT_INDEX_FILE=\(other)/.git/index")
    #expect(outcome.code == 2 && outcome.output.contains("has changes outside golden (file)"), "\(outcome.output)")
  }
}
