import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("File locks")
struct FileLockTests {
  let directory: TemporaryDirectory
  var path: String { directory.path("lock") }

  init() throws { directory = try TemporaryDirectory() }

  @Test("a second taker is refused, with the process that holds the lock")
  func held() throws {
    let path = path
    let lock = try FileLock(path: path)
    let error = try #require(failure(FileError.self) { try FileLock(path: path) })
    #expect(error == .locked(path: path, process: getpid()))
    #expect(error.description.contains("process \(getpid())"))
    // Optional is a lock only where there are none at all.
    #expect(failure(FileError.self) { try FileLock(path: path, need: .optional) } == error)
    lock.release()
    _ = try FileLock(path: path)
  }

  @Test("the lock is free when its object is gone")
  func dropped() throws {
    do { _ = try FileLock(path: path) }
    _ = try FileLock(path: path)
  }

  @Test("another process is refused")
  func otherProcess() async throws {
    let lock = try FileLock(path: path)
    await #expect(processExitsWith: .success) { [path = path as String, holder = getpid() as Int32] in
      try #require(failure(FileError.self) { try FileLock(path: path) } == .locked(path: path, process: holder))
    }
    withExtendedLifetime(lock) {}
  }

  @Test("a lock left by a killed process is not in the way")
  func deadHolder() async throws {
    let path = path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let lock = try FileLock(path: path)
      kill(getpid(), SIGKILL)
      withExtendedLifetime(lock) {}
    }
    let number = try Int32(String(decoding: readFile(path).dropLast(), as: UTF8.self))
    #expect(number != nil && number != getpid())
    let lock = try FileLock(path: path)
    #expect(try String(decoding: readFile(path), as: UTF8.self) == "\(getpid())\n")
    withExtendedLifetime(lock) {}
  }

  @Test(
    "a lock file with other content is no obstacle",
    arguments: ["", "x", "99999999999", String(repeating: "1", count: 1000)])
  func foreignContent(_ content: String) throws {
    try AtomicFile.write(content, to: path)
    let lock = try FileLock(path: path)
    #expect(try String(decoding: readFile(path), as: UTF8.self) == "\(getpid())\n")
    // Replaced behind the holder's back: still refused, by an unknown process.
    try overwrite(content)
    let path = path
    #expect(failure(FileError.self) { try FileLock(path: path) } == .locked(path: path, process: nil))
    withExtendedLifetime(lock) {}
  }

  /// Changes the content of the lock file itself: a replaced file would be another one, and unlocked.
  private func overwrite(_ content: String) throws {
    let file = try AppendFile(opening: path, truncatedTo: 0)
    try file.append(Array(content.utf8))
  }

  @Test("a lock in no directory is refused")
  func noDirectory() throws {
    let absent = directory.path("absent/lock")
    #expect(failure(FileError.self) { try FileLock(path: absent) } == .missing(path: absent))
  }

  @Test("a program that the holder started, and that lives on, has not inherited the lock")
  func notInherited() async throws {
    let path = path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let lock = try FileLock(path: path)
      let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("2"), nil]
      var child = pid_t()
      try #require(posix_spawn(&child, "/bin/sleep", nil, nil, arguments, nil) == 0)
      kill(getpid(), SIGKILL)
      withExtendedLifetime(lock) {}
    }
    _ = try FileLock(path: path)
  }

  @Test(
    "a lock that is a link or another file's second name is refused, and that file keeps its content",
    arguments: ["link", "name", "pipe"])
  func notOurs(kind: String) throws {
    let (path, other) = (path, directory.path("other"))
    try AtomicFile.write("precious", to: other)
    switch kind {
    case "link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: other)
    case "name": try FileManager.default.linkItem(atPath: other, toPath: path)
    default: #expect(mkfifo(path, 0o600) == 0)
    }
    let error = try #require(failure(FileError.self) { try FileLock(path: path) })
    #expect(error == .notOurs(path: path) && error.description.contains("remove it"))
    #expect(try readFile(other) == Array("precious".utf8))
  }
}
