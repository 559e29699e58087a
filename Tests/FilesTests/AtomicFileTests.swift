import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Atomic files")
struct AtomicFileTests {
  struct Stop: Error, Equatable { let step: AtomicFile.Step }

  static let old = [UInt8](repeating: 1, count: 1000)
  static let new = [UInt8](repeating: 2, count: 70_000)

  let directory: TemporaryDirectory
  var path: String { directory.path("file") }
  var previous: String { directory.path("previous") }

  init() throws { directory = try TemporaryDirectory() }

  /// Writes the new content, throwing at `step`.
  private func write(stoppingAt step: AtomicFile.Step) -> Stop? {
    failure(Stop.self) {
      try AtomicFile.write(Self.new, to: path, keepingPrevious: previous) { if $0 == step { throw Stop(step: $0) } }
    }
  }

  @Test("content is written and replaced, of any length", arguments: [0, 1, 2, 4097])
  func write(count: Int) throws {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    try AtomicFile.write(Self.old, to: path)
    try AtomicFile.write(content, to: path)
    #expect(try readFile(path) == content)
    try AtomicFile.write("täxt", to: path)
    #expect(try String(decoding: readFile(path), as: UTF8.self) == "täxt")
    #expect(directory.names() == ["file"])
  }

  @Test("the stages come in order, that of the previous content only where there is one to keep")
  func stages() throws {
    var reached: [AtomicFile.Step] = []
    try AtomicFile.write(Self.old, to: path, keepingPrevious: previous) { reached.append($0) }
    #expect(reached == AtomicFile.Step.allCases.filter { $0 != .previousKept })
    #expect(!fileExists(previous))
    reached = []
    try AtomicFile.write(Self.new, to: path, keepingPrevious: previous) { reached.append($0) }
    #expect(reached == AtomicFile.Step.allCases)
    #expect(try readFile(previous) == Self.old && readFile(path) == Self.new)
    #expect(directory.names() == ["file", "previous"])
  }

  @Test(
    "a failure at any stage leaves the old or the new content whole, and no litter", arguments: AtomicFile.Step.allCases
  )
  func thrown(step: AtomicFile.Step) throws {
    try AtomicFile.write(Self.old, to: path)
    #expect(write(stoppingAt: step) == Stop(step: step))
    let isNew = step == .renamed || step == .directorySynced
    #expect(try readFile(path) == (isNew ? Self.new : Self.old))
    let keepsPrevious = isNew || step == .previousKept
    #expect(directory.names() == (keepsPrevious ? ["file", "previous"] : ["file"]))
    if keepsPrevious { #expect(try readFile(previous) == Self.old) }
  }

  @Test(
    "a failure before there was any content leaves nothing",
    arguments: [.created, .halfWritten, .written, .synced] as [AtomicFile.Step])
  func thrownAtFirst(step: AtomicFile.Step) throws {
    #expect(write(stoppingAt: step) == Stop(step: step))
    #expect(directory.names() == [])
  }

  @Test(
    "a process killed at any stage leaves the old or the new content whole; its litter can be removed",
    arguments: AtomicFile.Step.allCases)
  func killed(step: AtomicFile.Step) async throws {
    try AtomicFile.write(Self.old, to: path)
    try AtomicFile.write("other", to: directory.path("file.1.txt"))
    let (path, previous) = (path, previous)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, previous = previous as String, name = step.rawValue as String] in
      try AtomicFile.write(AtomicFileTests.new, to: path, keepingPrevious: previous) {
        if $0.rawValue == name { kill(getpid(), SIGKILL) }
      }
    }
    let isNew = step == .renamed || step == .directorySynced
    #expect(try readFile(path) == (isNew ? Self.new : Self.old))
    if isNew || step == .previousKept { #expect(try readFile(previous) == Self.old) }

    let litter = directory.names().filter { $0.hasSuffix(".tmp") }
    #expect(litter.count == (isNew ? 0 : 1))
    try AtomicFile.removeLeftovers(of: path)
    #expect(directory.names().filter { $0 != "previous" } == ["file", "file.1.txt"])

    // The next writer succeeds, also when `previous` is the same file as `path` still.
    try AtomicFile.write(Self.new + [3], to: path, keepingPrevious: previous)
    #expect(try readFile(path) == Self.new + [3])
    #expect(try readFile(previous) == (isNew ? Self.new : Self.old))
    #expect(directory.names() == ["file", "file.1.txt", "previous"])
  }

  @Test("without room the old content stays, no litter is left, and the error says what helps")
  func noSpace() async throws {
    try AtomicFile.write(Self.old, to: path)
    let path = path
    await #expect(processExitsWith: .success) { [path = path as String] in
      try limitFileSize(to: 50_000)
      let error = failure(FileError.self) { try AtomicFile.write(AtomicFileTests.new, to: path) }
      try #require(error == .noSpace(path: path))
    }
    #expect(try readFile(path) == Self.old)
    #expect(directory.names() == ["file"])
    #expect(FileError.noSpace(path: path).isNoSpace && FileError.noSpace(path: path).description.contains("no space"))
  }

  @Test("errors name the path that was asked for, not the temporary file")
  func errors() throws {
    let absent = directory.path("absent/file")
    #expect(
      failure(FileError.self) { try AtomicFile.write("", to: absent) } == .missing(path: directory.path("absent")))
    let whole = directory.path("sub")
    try createDirectory(whole)
    #expect(failure(FileError.self) { try AtomicFile.write("", to: whole) } == .isDirectory(path: whole))
    try AtomicFile.write("", to: path)
    let through = path + "/below"
    let error = try #require(failure(FileError.self) { try AtomicFile.write("", to: through) })
    guard case .failed(through, .open, ENOTDIR, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(directory.names() == ["file", "sub"])
  }

  @Test("two threads may write one file: it has the content of one")
  func concurrent() async throws {
    let path = path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for value in 0..<16 as Range<UInt8> {
        group.addTask { try AtomicFile.write([UInt8](repeating: value, count: 5000), to: path) }
      }
      try await group.waitForAll()
    }
    let content = try readFile(path)
    #expect(content.count == 5000 && Set(content).count == 1)
    #expect(directory.names() == ["file"])
  }
}
