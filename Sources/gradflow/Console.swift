import Platform
import Synchronization

/// Standard output for results, standard error for all else.
enum Console {
  /// A reader that goes away early (`gradflow list | head -1`) must not end the process by a signal: the verdict of a
  /// check is its exit code, whether or not somebody reads to the end.
  ///
  /// Nor must a limit on the size of files: writing beyond it fails like a full disk.
  static func prepare() {
    occupyStandardDescriptors()
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Where a standard stream was closed, the next file that is opened would get its number, and what is printed would land in
  /// that file. What takes its place lets nothing be written (or, for standard input, read), so that it fails as on a closed one.
  private static func occupyStandardDescriptors() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 && errno == EBADF {
      let flags = number == STDIN_FILENO ? O_WRONLY : O_RDONLY
      // The system gives the lowest number that is free. Where there are no devices, a directory lets nothing be written either.
      if open("/dev/null", flags) < 0 { _ = open("/", O_RDONLY | O_DIRECTORY) }
    }
  }

  /// A line of results.
  /// - Throws: `ConsoleError` if it cannot be written; not if nobody reads it any more.
  static func print(_ line: String) throws {
    try write(printable(line) + "\n", to: STDOUT_FILENO)
  }

  /// Where lines for people go as well; negative: nowhere.
  private static let copy = Atomic<Int32>(-1)

  /// From now on, log lines are also appended to this file.
  static func copyLog(to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Stop(.impossible, "\(path): the log cannot be written: \(String(cString: strerror(errno)))")
    }
    copy.store(descriptor, ordering: .releasing)
  }

  /// A line for people, lost if standard error is.
  static func log(_ line: String) {
    let file = copy.load(ordering: .acquiring)
    if file >= 0 { try? write(printable(line) + "\n", to: file) }
    try? write(printable(line) + "\n", to: STDERR_FILENO)
  }

  /// What is being done just now, on a line that the next such line replaces; only on a terminal that can take a line back.
  static func progress(_ line: String) {
    guard hasMovingLine else { return }
    try? write("\r\u{1b}[K" + fitting(printable(line), columns: columns), to: STDERR_FILENO)
  }

  /// Takes the moving line away.
  static func clearProgress() { progress("") }

  private static var hasMovingLine: Bool { isatty(STDERR_FILENO) != 0 && !Environment.isTerminalDumb }

  /// Width of the terminal in characters; 80 if it does not say.
  private static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// As much of a line as leaves the terminal's last column free: what goes on in the next line could not be taken back.
  static func fitting(_ line: String, columns: Int) -> String {
    var room = columns - 1
    var result = ""
    for character in line {
      // Some characters take two columns; none of ASCII does.
      room -= character.isASCII ? 1 : 2
      if room < 0 { break }
      result.append(character)
    }
    return result
  }

  /// A line without what would command the terminal or turn its text around, which names of rows and files may hold. Such a
  /// character stands as JSON has it: \u001b.
  static func printable(_ line: String) -> String {
    guard line.unicodeScalars.contains(where: isCommand) else { return line }
    return line.unicodeScalars.reduce(into: "") { result, scalar in
      if isCommand(scalar) {
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\n", "\t": false
    case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}": true
    default: false
    }
  }

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
        } else if errno == EAGAIN {
          // Whoever shares the pipe has made it non-blocking: nothing is lost for that, it only takes longer.
          var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&request, 1, -1)
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
  Platform.write(descriptor, bytes, count)
}
