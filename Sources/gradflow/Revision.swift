import Digests
import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The commit that the program was built from; `nil` if there was none or the program's sources differed from it. `current` is
/// written by the plugin `RevisionPlugin` when the program is built.
enum Revision {
  /// What tells this program from another: its commit, or where that is not known, its own bytes. Two builds of changed sources
  /// are two programs, and what one began, the other does not go on with.
  static var identity: String {
    if let current { return current }
    // Where not even they can be read, nothing is gone on with.
    guard let bytes = try? readFile(Environment.program) else { return "unknown, process \(getpid())" }
    return "program " + bytes.withUnsafeBytes { Digest(of: $0) }.description.prefix(40)
  }
}
