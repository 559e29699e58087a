#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Standard output for results, standard error for all else.
enum Console {
  /// A reader that goes away early (`gradflow list | head -1`) must not end the process by a signal: the verdict of a
  /// check is its exit code, whether or not somebody reads to the end.
  ///
  /// Nor must a limit on the size of files: writing beyond it fails like a full disk.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// A line of results.
  /// - Throws: `ConsoleError` if it cannot be written; not if nobody reads it any more.
  static func print(_ line: String) throws {
    try write(line + "\n", to: STDOUT_FILENO)
  }

  /// A line for people, lost if standard error is.
  static func log(_ line: String) {
    try? write(line + "\n", to: STDERR_FILENO)
  }

  /// What is being done just now, on a line that the next such line replaces; only on a terminal.
  static func progress(_ line: String) {
    guard isatty(STDERR_FILENO) != 0 else { return }
    try? write("\r\u{1b}[K" + line, to: STDERR_FILENO)
  }

  /// Takes the moving line away.
  static func clearProgress() { progress("") }

  private static func write(_ text: String, to descriptor: Int32) throws {
    var text = text
    try text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = systemWrite(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count >= 0 {
          written += count
        } else if errno == EPIPE {
          return
        } else if errno != EINTR {
          throw ConsoleError(reason: String(cString: strerror(errno)))
        }
      }
    }
  }
}

struct ConsoleError: Error, CustomStringConvertible {
  let reason: String

  var description: String {
    "the results could not be written to standard output: \(reason); direct them to a place that takes them"
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.write(descriptor, bytes, count)
  #else
    Darwin.write(descriptor, bytes, count)
  #endif
}
