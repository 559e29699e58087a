import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Files

/// Reads a file on a thread of its own, since both ends of a pipe wait for one another.
private final class Reader: Sendable {
  private let result = Mutex<[UInt8]?>(nil)
  private let isDone = DispatchSemaphore(value: 0)

  init(_ path: String, after microseconds: useconds_t = 0) {
    Thread {
      usleep(microseconds)
      self.result.withLock { $0 = try? readFile(path) }
      self.isDone.signal()
    }.start()
  }

  /// `nil` if it could not be read, or took half a minute.
  var content: [UInt8]? { isDone.wait(timeout: .now() + 30) == .success ? result.withLock { $0 } : nil }
}

@Suite("What is written lands where its path leads, and leaves there what is not its content")
struct OutputPathTests {
  let directory: TemporaryDirectory
  var path: String { directory.path("file") }
  static let content = [UInt8](repeating: 7, count: 300_000)

  init() throws { directory = try TemporaryDirectory() }

  private func symbolicLink(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: directory.path(name), withDestinationPath: target)
  }

  private func status(_ path: String) -> stat {
    var status = stat()
    lstat(path, &status)
    return status
  }

  @Test("through a link, which stays: to a file, to one that is not there yet, to another link, in another directory")
  func links() throws {
    try createDirectory(directory.path("sub"))
    try AtomicFile.write("old", to: directory.path("sub/target"))
    try symbolicLink("absolute", to: directory.path("sub/target"))
    try symbolicLink("relative", to: "sub/target")
    try symbolicLink("second", to: "relative")
    try symbolicLink("dangling", to: "sub/new")
    for name in ["absolute", "relative", "second", "dangling"] {
      try AtomicFile.write(name, to: directory.path(name))
      #expect(status(directory.path(name)).st_mode & S_IFMT == S_IFLNK)
      let target = directory.path(name == "dangling" ? "sub/new" : "sub/target")
      #expect(try readFile(target) == Array(name.utf8) && status(target).st_mode & S_IFMT == S_IFREG)
    }
    #expect(try directoryEntries(directory.path("sub")) == ["new", "target"])
    try symbolicLink("loop", to: "loop")
    let loop = directory.path("loop")
    #expect(failure(FileError.self) { try AtomicFile.write("x", to: loop) } != nil)
  }

  @Test(
    "the mode that it had stays, and the temporary file is never open to more people",
    arguments: [0o600, 0o640, 0o755] as [mode_t])
  func mode(mode: mode_t) throws {
    try AtomicFile.write("old", to: path)
    chmod(path, mode)
    var temporary: mode_t = 0
    try AtomicFile.write(OutputPathTests.content, to: path) { step in
      guard step == .halfWritten, let name = directory.names().first(where: { $0.hasSuffix(".tmp") }) else { return }
      temporary = status(directory.path(name)).st_mode & 0o777
    }
    #expect(status(path).st_mode & 0o7777 == mode && temporary & ~mode == 0 && temporary != 0)
  }

  @Test("a name may be as long as the file system lets it be", arguments: ["a", "ü", "語"])
  func longName(letter: String) throws {
    let name = String(repeating: letter, count: 250 / letter.utf8.count)
    let long = directory.path(name)
    try AtomicFile.write("old", to: long)
    try AtomicFile.write(Array("new".utf8), to: long, keepingPrevious: directory.path("previous"))
    #expect(try readFile(long) == Array("new".utf8))
    #expect(directory.names() == [name, "previous"].sorted())
    // What a killed writer left is known for what it is.
    let litter = try #require(try litterName(long))
    try AtomicFile.write("litter", to: litter)
    try AtomicFile.removeLeftovers(of: long)
    #expect(directory.names() == [name, "previous"].sorted())
  }

  private func litterName(_ path: String) throws -> String? {
    var name: String?
    try AtomicFile.write(Array("new".utf8), to: path) { step in
      if step == .written { name = directory.names().first { $0.hasSuffix(".tmp") } }
    }
    return name.map(directory.path)
  }

  @Test("into a pipe with a name, which stays one")
  func fifo() throws {
    let path = path
    #expect(mkfifo(path, 0o600) == 0)
    let reader = Reader(path)
    try AtomicFile.write(OutputPathTests.content, to: path)
    #expect(reader.content == OutputPathTests.content)
    #expect(status(path).st_mode & S_IFMT == S_IFIFO)
    #expect(directory.names() == ["file"])
  }

  #if os(Linux)
    @Test("into an open file of this process, after what it has been given, by whichever of its names")
    func descriptor() throws {
      let number = open(path, O_WRONLY | O_CREAT, 0o600)
      defer { close(number) }
      #expect(write(number, "first ", 6) == 6)
      try symbolicLink("stdout", to: "/proc/self/fd/\(number)")
      for name in ["/dev/fd/\(number)", "/proc/self/fd/\(number)", directory.path("stdout"), "/proc/\(getpid())/fd/\(number)"] {
        #expect(openDescriptor(name) == number)
        try AtomicFile.write("more ", to: name)
      }
      #expect(try readFile(path) == Array("first more more more more ".utf8))
      #expect(status(directory.path("stdout")).st_mode & S_IFMT == S_IFLNK)
      #expect(openDescriptor(path) == nil && openDescriptor("/proc/1/fd/\(number)") == nil && openDescriptor("1") == nil)
      // What the system tells of an open file is no open file.
      #expect(fileExists("/proc/self/fdinfo/\(number)") && openDescriptor("/proc/self/fdinfo/\(number)") == nil)
    }

    @Test("into and out of a pipe that does not wait for its other end, everything")
    func nonBlocking() throws {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      let (reading, writing) = (ends[0], ends[1])
      for end in ends { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
      let reader = Reader("/dev/fd/\(reading)", after: 100_000)
      try AtomicFile.write(OutputPathTests.content, to: "/dev/fd/\(writing)")
      close(writing)
      #expect(reader.content == OutputPathTests.content)
      close(reading)
    }
  #endif

  @Test("a number in any folder called fd is a file of that folder, and a link's target may be one character long")
  func likeDescriptors() throws {
    try createDirectory(directory.path("fd"))
    try AtomicFile.write("x", to: directory.path("fd/1"))
    #expect(try readFile(directory.path("fd/1")) == Array("x".utf8) && openDescriptor(directory.path("fd/1")) == nil)
    try symbolicLink("short", to: "t")
    try AtomicFile.write("y", to: directory.path("short"))
    #expect(try readFile(directory.path("t")) == Array("y".utf8))
    #expect(status(directory.path("short")).st_mode & S_IFMT == S_IFLNK)
  }

  @Test("one file is known by any of its names, and two files of the same content are two")
  func sameFile() throws {
    try AtomicFile.write("x", to: path)
    try AtomicFile.write("x", to: directory.path("other"))
    try symbolicLink("link", to: "file")
    #expect(link(path, directory.path("second")) == 0)
    for name in ["file", "link", "second", "./file", "../\(fileName(directory.path))/file"] {
      #expect(isSameFile(path, directory.path(name)), "\(name)")
    }
    #expect(!isSameFile(path, directory.path("other")) && !isSameFile(path, directory.path("absent")))
    #expect(!isSameFile(directory.path("absent"), directory.path("absent")))
  }
}
