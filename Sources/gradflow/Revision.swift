import Files
import Foundation

/// The commit of the checkout that the program was built in, where the program still lies in it.
enum Revision {
  static var current: String? {
    var directory = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    while directory.path != "/" {
      directory.deleteLastPathComponent()
      let git = directory.appendingPathComponent(".git").path
      if isDirectory(git) { return commit(git) }
    }
    return nil
  }

  private static func commit(_ git: String) -> String? {
    guard let head = text(git + "/HEAD") else { return nil }
    guard head.hasPrefix("ref: ") else { return head }
    let name = String(head.dropFirst("ref: ".count))
    if let commit = text("\(git)/\(name)") { return commit }
    return text(git + "/packed-refs")?.split(separator: "\n").first { $0.hasSuffix(" \(name)") }
      .flatMap { $0.split(separator: " ").first.map(String.init) }
  }

  private static func text(_ path: String) -> String? {
    (try? readFile(path, limit: 1 << 20)).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }
}
