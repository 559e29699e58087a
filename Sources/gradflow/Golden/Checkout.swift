import Files
import Foundation

/// The checkout that a directory belongs to.
enum Checkout {
  /// - Throws: `Stop` if files outside `directory` differ from what is committed: a golden is of a revision.
  static func refuseChanges(outside directory: String) throws {
    var place = URL(fileURLWithPath: directory).standardizedFileURL
    while !fileExists(place.path), place.path != "/" { place.deleteLastPathComponent() }
    place.resolveSymlinksInPath()
    var root = place
    while !fileExists(root.appendingPathComponent(".git").path) {
      if root.path == "/" {
        return Console.log("gradflow: note: \(directory) is in no git checkout, so nothing tells which revision is recorded")
      }
      root.deleteLastPathComponent()
    }
    let goldens = URL(fileURLWithPath: directory).standardizedFileURL.resolvingSymlinksInPath().path
    let inside = goldens == root.path ? "." : String(goldens.dropFirst(root.path.count + 1))
    let files = try changes(in: root.path, except: inside)
    if let first = files.first {
      throw Stop(
        .impossible,
        "the checkout has changes outside \(directory) (\(first)\(files.count > 1 ? " and \(files.count - 1) more" : "")): "
          + "commit them first, so that the goldens belong to a revision")
    }
  }

  private static func changes(in root: String, except inside: String) throws -> [String] {
    let git = Process()
    let output = Pipe(), errors = Pipe()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = ["git", "-C", root, "status", "--porcelain", "--untracked-files=all", "--", ".", ":(exclude)\(inside)"]
    // A hook of git's tells the programs that it starts of its own repository, which is not the one that is asked about.
    git.environment = ProcessInfo.processInfo.environment.filter { !repositoryVariables.contains($0.key) }
    git.standardOutput = output
    git.standardError = errors
    git.standardInput = FileHandle.nullDevice
    try git.run()
    // What it complains of is short enough for the pipe to hold while the rest is read.
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    git.waitUntilExit()
    // What env answers for a program that it does not find.
    if git.terminationStatus == 127 {
      throw Stop(
        .impossible,
        "git was not found in PATH, and goldens are recorded from a clean checkout, which only git can tell: install it")
    }
    guard git.terminationStatus == 0 else {
      let reason = complaint.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      throw Stop(
        .impossible,
        "git cannot tell whether the checkout \(root) has changes, and goldens are recorded from a clean one; it says: "
          + (reason.isEmpty ? "nothing (exit code \(git.terminationStatus))" : reason.joined(separator: " ")))
    }
    return text.split(separator: "\n").map { String($0.dropFirst(3)) }
  }

  /// Those that `git rev-parse --local-env-vars` lists, but for its configuration, which may say that the checkout is safe.
  private static let repositoryVariables: Set = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
  ]
}
