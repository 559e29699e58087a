import Foundation

/// A program run in a session of its own, so that what it started can be ended with it: tests start programs of their own, which
/// Foundation puts into process groups of their own.
enum TestProcess {
  struct Result {
    /// Negative: the number of the signal that ended it.
    let code: Int32
    let output: String
    let seconds: Double
    /// Ended for having taken too long.
    let isLate: Bool
  }

  private static let failure = " recorded an issue"

  #if canImport(Glibc)
    /// POSIX_SPAWN_SETSID, which glibc (2.26 and later) declares for GNU's own dialect alone.
    private static let newSession: Int16 = 0x80
  #else
    private static let newSession = Int16(POSIX_SPAWN_SETSID)
  #endif

  /// - Parameters:
  ///   - mutant: which one is switched on; 0 for none.
  ///   - untilFailure: ends it as soon as one test has failed.
  static func run(
    _ words: [String], in directory: URL, mutant: Int, seconds limit: Double, untilFailure: Bool
  ) throws -> Result {
    var pipe: [Int32] = [0, 0]
    guard Foundation.pipe(&pipe) == 0 else { throw MutatedCopy.Failure(description: "pipe: \(String(cString: strerror(errno)))") }
    defer { close(pipe[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
    posix_spawn_file_actions_addclose(&actions, pipe[0])
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, newSession)
    var environment = ProcessInfo.processInfo.environment
    environment["GRADFLOW_MUTANT"] = String(mutant)
    for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GRADFLOW_DATA"] { environment[name] = nil }
    // The directory is set by env, as posix_spawn has no portable way.
    let arguments = ["/usr/bin/env", "-C", directory.path] + words
    var id: pid_t = 0
    let begun = Date()
    let code = withStrings(arguments) { argv in
      withStrings(environment.map { "\($0.key)=\($0.value)" }) { env in
        posix_spawn(&id, "/usr/bin/env", &actions, &attributes, argv, env)
      }
    }
    close(pipe[1])
    guard code == 0 else { throw MutatedCopy.Failure(description: "\(words[0]): \(String(cString: strerror(code)))") }
    var output: [UInt8] = []
    var isLate = false
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    reading: while true {
      let left = limit - Date().timeIntervalSince(begun)
      var waited = pollfd(fd: pipe[0], events: Int16(POLLIN), revents: 0)
      if left <= 0 {
        isLate = true
        break reading
      }
      if poll(&waited, 1, Int32(min(left, 60) * 1000) + 1) <= 0 { continue }
      let count = read(pipe[0], &buffer, buffer.count)
      if count <= 0 { break reading }
      output += buffer[..<count]
      if untilFailure, String(decoding: output.suffix(count + 200), as: UTF8.self).contains(failure) { break reading }
    }
    let text = String(decoding: output, as: UTF8.self)
    if isLate || untilFailure && text.contains(failure) { kill(id, SIGKILL) }
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    endSession(id)
    let signal = status & 0x7f
    return Result(
      code: signal == 0 ? (status >> 8) & 0xff : -signal, output: text, seconds: Date().timeIntervalSince(begun), isLate: isLate)
  }

  /// Ends what is left of a session. Without /proc, its first process group.
  private static func endSession(_ session: pid_t) {
    kill(-session, SIGKILL)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      // NUMBER (NAME) STATE PARENT GROUP SESSION ..., and a name may hold blanks and brackets.
      guard let number = pid_t(name), let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
      else { continue }
      let fields = text[end...].split(separator: " ")
      if fields.count > 4, pid_t(fields[4]) == session { kill(number, SIGKILL) }
    }
  }

  private static func withStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
    var pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
  }

  /// The first test that a run names as failed.
  static func firstFailure(in output: String) -> String? {
    for line in output.split(separator: "\n") where line.contains(failure) {
      guard let start = line.range(of: "Test ")?.upperBound, let end = line.range(of: failure)?.lowerBound else { continue }
      return String(line[start..<end])
    }
    return nil
  }
}
