import Files
import Foundation
import Processes
import TestSupport
import Testing

@testable import gradflow

/// The commands in the documents' fences. What follows `sh` says how they are tested:
/// - nothing: each line is run, and ends with 0;
/// - `exit=N`: the same, with another exit code;
/// - `long`: too long for a test, or it needs data or a network. Then the target must be in the Makefile, and the program must
///   understand the line.
@Suite("The documents")
struct DocumentTests {
  struct Fence: Sendable, CustomTestStringConvertible {
    let document: String
    let line: Int
    let kind: String
    let commands: [String]

    var testDescription: String { "\(document), line \(line)" }
  }

  private static let root = Shell.package

  /// The project's own Markdown; not what it depends on, and not the history of changes.
  static let documents: [String] = {
    let top = ["README.md", "CONTRIBUTING.md", "Tests/README.md", "golden/README.md", "golden/power.md"]
    let documents = (try? directoryEntries(root.appendingPathComponent("docs").path)) ?? []
    let modules = (try? directoryEntries(root.appendingPathComponent("Sources").path)) ?? []
    let readmes = modules.map { "Sources/\($0)/README.md" }.filter { fileExists(root.appendingPathComponent($0).path) }
    return top + documents.map { "docs/" + $0 } + readmes + ["Sources/Kernels/CONTRACT.md", "Tests/Mutations/README.md"]
  }()

  private static func text(_ document: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(document), encoding: .utf8)
  }

  static let fences: [Fence] = documents.flatMap { document in
    var fences: [Fence] = []
    var commands: [String]?, kind = "", start = 0
    for (index, line) in ((try? text(document)) ?? "").split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let open = commands {
        if line.hasPrefix("```") {
          fences.append(Fence(document: document, line: start, kind: kind, commands: open))
          commands = nil
        } else if !line.isEmpty {
          commands = open + [String(line)]
        }
      } else if line.hasPrefix("```sh") {
        (commands, kind, start) = ([], line.dropFirst(5).trimmingCharacters(in: .whitespaces), index + 1)
      } else if line.hasPrefix("```") {
        // Of another kind: its end is not the beginning of one.
        (commands, kind, start) = ([], "other", index + 1)
      }
    }
    return fences.filter { $0.kind != "other" }
  }

  /// Two small runs, under the names that the documents have for the results of longer ones.
  private static let prepared: Result<TemporaryDirectory, any Error> = Result {
    let directory = try TemporaryDirectory.untilExit()
    let runs = ["matrix", "--profile", "smoke", "--rows", "vgg08", "--seeds", "0..1", "--out", directory.path("runs/smoke")]
    let outcome = try Program.run(runs)
    try #require(outcome.code == 0, "\(outcome.errors)")
    try FileManager.default.createSymbolicLink(atPath: directory.path("runs/quick"), withDestinationPath: "smoke")
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("golden"), withDestinationPath: root.appendingPathComponent("golden").path)
    return directory
  }

  @Test("there are commands in them, and every kind of fence is known")
  func fencesAreThere() {
    #expect(Self.fences.count > 15 && Self.fences.allSatisfy { !$0.commands.isEmpty })
    #expect(Set(Self.fences.map(\.kind)).isSubset(of: ["", "long", "exit=1", "exit=2"]))
  }

  @Test("every command does what the document says, in a copy of its own", arguments: fences.filter { $0.kind != "long" })
  func run(_ fence: Fence) throws {
    let directory = try TemporaryDirectory()
    let copy = directory.path("copy")
    // Links stay links.
    #expect(try Shell.run(["cp", "-R", "-P", Self.prepared.get().path, copy]).code == 0)
    let code = fence.kind.hasPrefix("exit=") ? Int32(fence.kind.dropFirst(5)) : 0
    var environment = ProcessInfo.processInfo.environment.filter { $0.key != "GRADFLOW_DATA" && $0.key != "CI" }
    environment["PATH"] = Program.url.deletingLastPathComponent().path + ":" + (environment["PATH"] ?? "")
    for command in fence.commands {
      let outcome = try Shell.run(["/bin/sh", "-c", command], in: URL(fileURLWithPath: copy), environment: environment)
      #expect(outcome.code == code, "\(command)\n\(outcome.output)")
    }
  }

  @Test("a command that is too long for a test is known to make or the program", arguments: fences.filter { $0.kind == "long" })
  func understand(_ fence: Fence) throws {
    for command in fence.commands {
      let words = try Self.words(command)
      switch words.first {
      case "make":
        let outcome = try Shell.run(["make", "-n", "SWIFT=true"] + words.dropFirst(), in: Self.root)
        #expect(outcome.code == 0, "\(command)\n\(outcome.output)")
      case "gradflow": _ = try Gradflow.parseAsRoot(Array(words.dropFirst()))
      case "swift", "python3": break
      default: Issue.record("\(command): neither make nor gradflow")
      }
    }
  }

  /// As a shell splits a line, without what follows #.
  private static func words(_ command: String) throws -> [String] {
    let split = try Shell.run(["/bin/sh", "-c", "set -f; printf '%s\\n' " + command])
    try #require(split.code == 0, "\(split.output)")
    return split.output.split(separator: "\n").map(String.init)
  }

  @Test("every link leads to a file", arguments: documents)
  func links(document: String) throws {
    let directory = URL(fileURLWithPath: document, relativeTo: Self.root).deletingLastPathComponent()
    for match in try Self.text(document).matches(of: /\]\(([^)\s]+)\)/) {
      let target = match.output.1.split(separator: "#", omittingEmptySubsequences: false)[0]
      guard !target.isEmpty, !target.contains("://") else { continue }
      #expect(fileExists(directory.appendingPathComponent(String(target)).path), "\(document): \(match.output.1)")
    }
  }

  @Test("every module has a paragraph, and the README's map has every module")
  func modules() throws {
    let readme = try Self.text("README.md")
    for module in try directoryEntries(Self.root.appendingPathComponent("Sources").path)
    where !["CZstd", "RevisionPlugin"].contains(module) {
      #expect(readme.contains("(Sources/\(module))"), "\(module)")
      #expect(try Self.text("Sources/\(module)/README.md").contains("May import"), "\(module)")
    }
  }

  @Test("each module imports what its paragraph says and no more, and that stands above it in the README's map")
  func imports() throws {
    let map = try Self.text("README.md").matches(of: /\(Sources\/(\w+)\)/).map { String($0.output.1) }
    try #require(map.count > 20)
    /// With what these may, and so on.
    var reach: [String: Set<String>] = [:]
    for (place, module) in map.enumerated() {
      let paragraph = try Self.text("Sources/\(module)/README.md").replacing("\n  ", with: " ")
      let line = try #require(paragraph.firstMatch(of: /- May import: (.*?)\.(?:\n|$)/), "\(module)").output.1
      let above = Set(map[..<place]).union(["CZstd"])
      let named = Set(line.matches(of: /\w+/).map { String($0.output) }).intersection(Set(map).union(["CZstd"]))
      #expect(named.isSubset(of: above), "\(module) may import \(named.subtracting(above))")
      reach[module] = named.reduce(named) { $0.union(reach[$1] ?? []) }
      let allowed = line.contains("everything above") ? above : line.contains(", and what") ? reach[module] ?? [] : named
      let directory = Self.root.appendingPathComponent("Sources/\(module)")
      let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
      for file in files where file.pathExtension == "swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        let imported = text.matches(of: /(?m)^(?:\w+ )?import (?:\w+ )?(\w+)$/).map { String($0.output.1) }
        for other in imported where map.contains(other) || other == "CZstd" {
          #expect(allowed.contains(other), "\(file.lastPathComponent) of \(module) imports \(other)")
        }
      }
    }
  }
}
