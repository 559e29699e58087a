import Platform

/// Keeps a second process out of a directory for as long as the object lives. The lock is the system's (flock), not the
/// file's existence: however the process ends, the lock ends with it, and the file that stays is in nobody's way.
public final class FileLock {
  /// What to do where the file system keeps no locks.
  public enum Need: Sendable {
    case required
    /// Go on: something else keeps a second process away, as a batch system does.
    case optional
  }

  public let path: String
  /// Why there is no lock, where `optional` went on without.
  public private(set) var missing: FileError?
  private let file: FileDescriptor

  /// Takes the lock at `path`, a file that is made if need be, without waiting.
  ///
  /// - Throws: `FileError.locked` if another holds it; `FileError.notOurs` for a link, which would lead to another's file;
  ///   `FileError.noLocks`, if the lock is required.
  public init(path: String, need: Need = .required) throws(FileError) {
    self.path = path
    do throws(FileError) {
      file = try FileDescriptor(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK)
    } catch {
      if case .failed(_, _, ELOOP, _) = error { throw .notOurs(path: path) }
      throw error
    }
    // The process's number is written into it, which nothing else may lose its content for.
    guard file.isPlainFile() else { throw .notOurs(path: path) }
    do throws(FileError) {
      guard try file.tryLock() else { throw .locked(path: path, process: Self.holder(path)) }
    } catch {
      guard case .noLocks = error, need == .optional else { throw error }
      missing = error
    }
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
