import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Reading files")
struct FileReadingTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("a file is read whole, also one larger than the reader's chunks", arguments: [0, 1, 1 << 20, 3 << 20 | 5])
  func whole(count: Int) throws {
    let path = directory.path("file")
    var generator = Generator(seed: 3)
    let content = [UInt8](repeating: UInt8(truncatingIfNeeded: generator.next()), count: count)
    try AtomicFile.write(content, to: path)
    #expect(try readFile(path) == content)
    #expect(try readFile(path, limit: count) == content)
    if count > 0 {
      #expect(
        failure(FileError.self) { try readFile(path, limit: count - 1) } == .tooLarge(path: path, limit: count - 1))
    }
  }

  @Test("what cannot be read is told apart")
  func errors() throws {
    let absent = directory.path("absent")
    #expect(failure(FileError.self) { try readFile(absent) } == .missing(path: absent))
    let whole = directory.path
    #expect(failure(FileError.self) { try readFile(whole) } == .isDirectory(path: whole))
    #expect(failure(FileError.self) { try readFile("") } == .missing(path: ""))
  }

  @Test("a device without an end is refused at the limit")
  func endless() {
    #expect(
      failure(FileError.self) { try readFile("/dev/zero", limit: 5 << 20) }
        == .tooLarge(path: "/dev/zero", limit: 5 << 20))
  }

  @Test("a file that is too large is refused by its length, before memory for it is set aside")
  func sparse() throws {
    let path = directory.path("sparse")
    try AtomicFile.write("", to: path)
    #expect(truncate(path, 1 << 42) == 0)
    #expect(failure(FileError.self) { try readFile(path, limit: 10) } == .tooLarge(path: path, limit: 10))
  }

  @Test("a file is closed once: closing again closes nothing, whoever has the number by then")
  func closing() throws {
    let path = directory.path("file")
    try AtomicFile.write("", to: path)
    func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }
    let others = (0..<3 as Range<Int32>).filter(isOpen)
    let file = try FileDescriptor(path, flags: O_RDONLY)
    for _ in 0..<2 { try file.close() }
    #expect(others.allSatisfy(isOpen))
  }

  @Test("directories are made with those above them, and may be there already")
  func directories() throws {
    let path = directory.path("a/b//c/")
    try createDirectory(path)
    try createDirectory(path)
    #expect(isDirectory(directory.path("a/b/c")))
    let file = directory.path("file")
    try AtomicFile.write("", to: file)
    #expect(!isDirectory(file) && fileExists(file))
    #expect(failure(FileError.self) { try createDirectory(file) } == .exists(path: file))
    #expect(failure(FileError.self) { try createDirectory(file + "/x") } == .exists(path: file))
  }

  @Test("removing is done when the file is gone")
  func remove() throws {
    let file = directory.path("file")
    try AtomicFile.write("", to: file)
    try removeFile(file)
    #expect(!fileExists(file))
    try removeFile(file)
    let whole = directory.path
    #expect(failure(FileError.self) { try removeFile(whole) } != nil && isDirectory(whole))
  }

  @Test(
    "paths are taken apart",
    arguments: [
      ("a/b/c", "a/b", "c"), ("a/b/c/", "a/b", "c"), ("a//b", "a", "b"), ("c", ".", "c"), ("/c", "/", "c"),
      ("//c", "/", "c"),
      ("/", "/", ""), ("./c", ".", "c"), ("é/ü", "é", "ü"),
    ])
  func paths(path: String, directory: String, name: String) {
    #expect(directoryName(path) == directory && fileName(path) == name)
  }

  @Test(
    "each of the system's refusals has its error, with the path and what to do",
    arguments: [
      (ENOENT, .missing(path: "p")), (EEXIST, .exists(path: "p")), (EISDIR, .isDirectory(path: "p")),
      (EACCES, .notPermitted(path: "p", operation: .open)), (EROFS, .notPermitted(path: "p", operation: .open)),
      (ENOSPC, .noSpace(path: "p")), (EDQUOT, .noSpace(path: "p")), (EFBIG, .noSpace(path: "p")),
    ] as [(Int32, FileError)])
  func mapping(code: Int32, error: FileError) {
    #expect(FileError(path: "p", operation: .open, code: code) == error)
    #expect(
      error.path == "p" && error.description.hasPrefix("p: ") && error.isNoSpace == (error == .noSpace(path: "p")))
  }

  @Test("any other refusal is told in the system's words")
  func otherCodes() {
    let error = FileError(path: "p", operation: .synchronise, code: EIO)
    #expect(error == .failed(path: "p", operation: .synchronise, code: EIO, reason: String(cString: strerror(EIO))))
    #expect(error.description.contains("cannot synchronise"))
  }
}
