import ArgumentParser
import Cluster
import Foundation

struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "The matrix on a Slurm cluster: one task a run, then their verdict.",
    subcommands: [ClusterSubmitCommand.self, ClusterStatusCommand.self])
}

extension ClusterFiles {
  /// Of a directory as the command line names it.
  init(named path: String) { self.init(directory: ClusterPath.absolute(path)) }
}

enum ClusterPath {
  /// What a node needs, which works in another directory: the path from the root, without `.` and `..`; links stay.
  static func absolute(_ path: String) -> String {
    let url = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: FileManager.default.currentDirectoryPath))
    var text = url.standardized.path
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    return text
  }
}
