import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Append files")
struct AppendFileTests {
  let directory: TemporaryDirectory
  var path: String { directory.path("trace") }

  init() throws { directory = try TemporaryDirectory() }

  @Test("what is appended stands at the end, across reopening")
  func append() throws {
    let file = try AppendFile(creating: path)
    try file.append([1, 2])
    try file.append([])
    try file.append([3])
    try file.sync()
    #expect(file.length == 3)
    file.close()
    let again = try AppendFile(opening: path)
    try again.append([4])
    #expect(again.length == 4)
    #expect(try readFile(path) == [1, 2, 3, 4])
  }

  @Test("a tail is cut off, and appending goes on there")
  func truncate() throws {
    try AtomicFile.write([1, 2, 3, 4, 5] as [UInt8], to: path)
    let file = try AppendFile(opening: path, truncatedTo: 3)
    #expect(file.length == 3)
    try file.append([9])
    #expect(try readFile(path) == [1, 2, 3, 9])
    try file.truncate(to: 0)
    try file.append([8])
    #expect(try readFile(path) == [8])
  }

  @Test("a file that is shorter than it should be is refused, not filled with zeros", arguments: [6, .max, -1])
  func shorter(length: Int) throws {
    try AtomicFile.write([1, 2, 3, 4, 5] as [UInt8], to: path)
    let path = path
    #expect(
      failure(FileError.self) { try AppendFile(opening: path, truncatedTo: length) }
        == .shorter(path: path, expected: length, found: 5))
    #expect(try readFile(path).count == 5)
  }

  @Test("creating refuses a file that is there, opening one that is not")
  func existence() throws {
    let path = path
    #expect(failure(FileError.self) { try AppendFile(opening: path) } == .missing(path: path))
    #expect(!fileExists(path))
    try AtomicFile.write("old", to: path)
    #expect(failure(FileError.self) { try AppendFile(creating: path) } == .exists(path: path))
    #expect(try readFile(path) == Array("old".utf8))
    let whole = directory.path
    #expect(failure(FileError.self) { try AppendFile(opening: whole) } == .isDirectory(path: whole))
  }

  @Test("nothing is appended after closing")
  func closed() throws {
    let file = try AppendFile(creating: path)
    file.close()
    let error = failure(FileError.self) { try file.append([1]) }
    guard case .failed(path, .write, EBADF, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  #if os(Linux)
    @Test("a full disk is told as such")
    func full() throws {
      let file = try AppendFile(opening: "/dev/full")
      #expect(failure(FileError.self) { try file.append([1]) } == .noSpace(path: "/dev/full"))
      #expect(file.length == 0)
    }
  #endif

  @Test("when the room ends half-way, the part that was written is taken back")
  func halfWritten() async throws {
    let path = path
    await #expect(processExitsWith: .success) { [path = path as String] in
      try limitFileSize(to: 5000)
      let file = try AppendFile(creating: path)
      try file.append([UInt8](repeating: 1, count: 3000))
      let error = failure(FileError.self) { try file.append([UInt8](repeating: 2, count: 3000)) }
      try #require(error == .noSpace(path: path))
      try #require(file.length == 3000)
      // Room again: what is smaller fits.
      try file.append([3])
    }
    #expect(try readFile(path) == [UInt8](repeating: 1, count: 3000) + [3])
  }
}
