import TestSupport

#if os(Linux)
  import CSystemCallCounter
  import Foundation
  import Testing

  @testable import Files

  @Suite("What must survive a loss of power is synchronised, which only the calls show")
  struct SynchronisationTests {
    let directory: TemporaryDirectory
    var path: String { directory.path("file") }

    init() throws { directory = try TemporaryDirectory() }

    /// Synchronisations of files and of directories.
    private func count(_ body: () throws -> Void) rethrows -> [Int32] {
      system_calls_start()
      try body()
      return [system_calls_file_syncs(), system_calls_directory_syncs()]
    }

    @Test("a file that is replaced whole, before it gets its name, and then the directory")
    func replaced() throws {
      var before: Int32 = 0
      let calls = try count {
        try AtomicFile.write([1, 2, 3] as [UInt8], to: path) { if $0 == .synced { before = system_calls_file_syncs() } }
      }
      #expect(calls == [1, 1] && before == 1)
      #expect(try count { try AtomicFile.write("again", to: path) } == [1, 1])
    }

    @Test("a file that grows: its name when it is made, its content when that is asked for or cut back")
    func growing() throws {
      var file: AppendFile?
      #expect(try count { file = try AppendFile(creating: path) } == [0, 1])
      #expect(try count { try file?.append([1, 2, 3]) } == [0, 0])
      #expect(try count { try file?.sync() } == [1, 0])
      #expect(try count { try file?.truncate(to: 1) } == [1, 0])
      #expect(try count { file = try AppendFile(opening: path, truncatedTo: 0) } == [1, 0])
    }

    @Test(
      "a file system without locks is told of, with what helps", arguments: [ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL])
    func noLocks(code: Int32) throws {
      system_calls_refuse_locks(code)
      defer { system_calls_refuse_locks(0) }
      let path = path
      let error = try #require(failure(FileError.self) { try FileLock(path: path) })
      #expect(error == .noLocks(path: path, reason: String(cString: strerror(code))))
      #expect(error.description.contains("keeps no locks") && error.description.contains("another file system"))
      // Where something else keeps others away, that is no obstacle, and the caller knows.
      #expect(try FileLock(path: path, need: .optional).missing == error)
    }
  }
#endif
