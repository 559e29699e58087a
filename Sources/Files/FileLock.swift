#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps a second process out of a directory for as long as the object lives. The lock is the system's (flock), not the
/// file's existence: however the process ends, the lock ends with it, and the file that stays is in nobody's way.
public final class FileLock {
  public let path: String
  private let file: FileDescriptor

  /// Takes the lock at `path`, a file that is made if need be, without waiting.
  ///
  /// - Throws: `FileError.locked` if another holds it.
  public init(path: String) throws(FileError) {
    self.path = path
    file = try FileDescriptor(path, flags: O_RDWR | O_CREAT)
    guard try file.tryLock() else { throw .locked(path: path, process: Self.holder(path)) }
    // For messages only: a full disk does not weaken the lock.
    try? file.truncate(to: 0)
    try? file.writeAll(Array("\(getpid())\n".utf8))
  }

  deinit { release() }

  /// Gives the lock back before the object goes.
  public func release() {
    file.unlock()
    try? file.close()
  }

  /// The process whose number stands in the lock file; `nil` if it has not got there yet.
  private static func holder(_ path: String) -> Int32? {
    guard let content = try? readFile(path, limit: 32) else { return nil }
    return Int32(String(decoding: content.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }
}
