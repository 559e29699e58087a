import Foundation
import PackagePlugin

/// Writes down, when the program is built, the commit that it is built from.
///
/// At run time nothing tells it any more: where the program lies then, another commit may be checked out, or another repository.
/// The manifest's own `Context.gitInformation` is no help, since the package manager keeps what it said once; nor is a command
/// before the build, which it leaves out where it has a plan already.
@main
struct RevisionPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
    let package = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appendingPathComponent("RevisionOfBuild.swift")
    // Whatever the program is made of, and the log of what was checked out: a change of any of them asks anew.
    let sources = context.package.targets.compactMap { $0 as? any SourceModuleTarget }.flatMap { $0.sourceFiles.map(\.url) }
    let git = Self.gitDirectory(of: package)
    let others =
      (["Package.swift", "Package.resolved"].map(package.appendingPathComponent)
      + ["HEAD", "logs/HEAD"].map(git.appendingPathComponent))
      .filter { FileManager.default.fileExists(atPath: $0.path) }
    return [
      .buildCommand(
        displayName: "Looking up the commit that is built", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: ["-c", Self.script, "sh", package.path, output.path], inputFiles: sources + others, outputFiles: [output])
    ]
  }

  /// Of a worktree, `.git` is a file that names the directory.
  private static func gitDirectory(of package: URL) -> URL {
    let git = package.appendingPathComponent(".git")
    guard let text = try? String(contentsOf: git, encoding: .utf8), text.hasPrefix("gitdir: ") else { return git }
    let path = text.dropFirst("gitdir: ".count).trimmingCharacters(in: .whitespacesAndNewlines)
    return URL(fileURLWithPath: path, relativeTo: package)
  }

  /// No commit where there is no git, where the package is no checkout's top, or where what is built differs from the commit.
  /// A hook's variables would point git at the hook's repository.
  private static let script = """
    unset $(git rev-parse --local-env-vars 2>/dev/null)
    commit=nil
    top=$(git -C "$1" rev-parse --show-toplevel 2>/dev/null)
    if [ -n "$top" ] && [ "$top" -ef "$1" ] \\
      && changes=$(git -C "$1" status --porcelain -- Package.swift Package.resolved Sources 2>/dev/null) && [ -z "$changes" ]; then
      found=$(git -C "$1" rev-parse HEAD 2>/dev/null) && commit="\\"$found\\""
    fi
    printf 'extension Revision { static let current: String? = %s }\\n' "$commit" > "$2"
    """
}
