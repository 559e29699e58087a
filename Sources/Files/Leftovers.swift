import Platform
import Synchronization

/// What a process must not leave behind when a signal ends it: directories for what it needs meanwhile, and processes that work
/// for it. A `defer` does not run then; whoever takes the signals calls `clear`.
public enum Leftovers {
  private struct State {
    var directories: Set<String> = []
    var processes: Set<Int32> = []
    /// From here on nothing begins any more.
    var isOver = false
  }

  private static let state = Mutex(State())

  /// Makes a directory among the system's temporary ones, and removes it when the body is done.
  ///
  /// - Parameter purpose: a word for its name.
  public static func withScratchDirectory<Result>(_ purpose: String, _ body: (String) throws -> Result) throws -> Result {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/gradflow-\(purpose)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileError(path: parent, operation: .createDirectory, code: errno) }
    let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    state.withLock { _ = $0.directories.insert(path) }
    defer {
      removeTree(path)
      state.withLock { _ = $0.directories.remove(path) }
    }
    return try body(path)
  }

  /// A process that works for this one has begun.
  public static func add(process number: Int32) {
    let isOver = state.withLock { state in
      state.processes.insert(number)
      return state.isOver
    }
    if isOver { kill(number, SIGKILL) }
  }

  /// It has ended.
  public static func remove(process number: Int32) { state.withLock { _ = $0.processes.remove(number) } }

  /// Ends the processes and removes the directories. For a thread of its own, before the process ends.
  public static func clear() {
    let (processes, directories) = state.withLock { state in
      state.isOver = true
      return (state.processes, state.directories)
    }
    for number in processes { kill(number, SIGKILL) }
    for directory in directories { removeTree(directory) }
  }
}

/// Removes a directory with all that it holds, as far as it can be had; links are not followed.
private func removeTree(_ path: String) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  guard status.st_mode & S_IFMT == S_IFDIR else {
    unlink(path)
    return
  }
  for name in (try? directoryEntries(path, hidden: true)) ?? [] { removeTree("\(path)/\(name)") }
  rmdir(path)
}
