import Platform

/// What was being done to a file when it failed.
public enum FileOperation: String, Equatable, Sendable {
  case open, read, write, synchronise, rename, truncate, remove, lock
  case keepPrevious = "keep the previous file as"
  case createDirectory = "create the directory"
}

/// A file that cannot be read or written: the path, what was attempted, and what to do about it.
public enum FileError: Error, Equatable, Sendable {
  case missing(path: String)
  /// The file should have been created, and is there already.
  case exists(path: String)
  case isDirectory(path: String)
  /// No permission, or a file system that is mounted read-only.
  case notPermitted(path: String, operation: FileOperation)
  /// The disk or the user's quota is full, or the file would exceed the limit that was set for the process.
  case noSpace(path: String)
  /// Fewer bytes than are known to have been there.
  case shorter(path: String, expected: Int, found: Int)
  /// More bytes than the caller is willing to read.
  case tooLarge(path: String, limit: Int)
  /// Another process holds the lock at `path`; its number, where known.
  case locked(path: String, process: Int32?)
  /// The file system keeps no locks.
  case noLocks(path: String, reason: String)
  /// A link, a device or a file of several names, where a file of our own was expected.
  case notOurs(path: String)
  case failed(path: String, operation: FileOperation, code: Int32, reason: String)

  /// The error for the system's error number `code`.
  init(path: String, operation: FileOperation, code: Int32) {
    switch code {
    case ENOENT: self = .missing(path: path)
    case EEXIST: self = .exists(path: path)
    case EISDIR: self = .isDirectory(path: path)
    case EACCES, EPERM, EROFS: self = .notPermitted(path: path, operation: operation)
    case ENOSPC, EDQUOT, EFBIG: self = .noSpace(path: path)
    default:
      self = .failed(
        path: path, operation: operation, code: code, reason: String(cString: strerror(code)))
    }
  }

  public var path: String {
    switch self {
    case .missing(let path), .exists(let path), .isDirectory(let path): path
    case .notPermitted(let path, _), .noSpace(let path), .tooLarge(let path, _): path
    case .shorter(let path, _, _), .locked(let path, _), .failed(let path, _, _, _): path
    case .noLocks(let path, _), .notOurs(let path): path
    }
  }

  /// Whether freeing space on the disk is what helps.
  public var isNoSpace: Bool {
    if case .noSpace = self { true } else { false }
  }
}

extension FileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path): there is no such file or directory; check the path"
    case .exists(let path):
      "\(path): exists already; choose another path, or remove it if it is not needed"
    case .isDirectory(let path):
      "\(path): is a directory where a file was expected; name the file"
    case .notPermitted(let path, let operation):
      "\(path): no permission to \(operation.rawValue); check the owner and the mode of the file "
        + "and of its directory, and that the file system is not read-only"
    case .noSpace(let path):
      "\(path): no space left for it; free some, or choose another place; what was whole before still is"
    case .shorter(let path, let expected, let found):
      "\(path): has \(found) bytes where there should be \(expected): something else has cut it; get or make it again"
    case .tooLarge(let path, let limit):
      "\(path): more than \(limit) bytes, which nothing of its kind has: refused"
    case .locked(let path, let process):
      "\(path): in use by \(process.map { "process \($0)" } ?? "another process"); "
        + "wait until it is done, stop it, or choose another directory"
    case .noLocks(let path, let reason):
      "\(path): this file system keeps no locks (\(reason)), without which two processes could write the same run; "
        + "choose a directory on another file system (for NFS: mount it with version 4, or with locks)"
    case .notOurs(let path):
      "\(path): is a link, or another kind of file than the one that is made here, and what it stands for must not be "
        + "overwritten; remove it if nothing needs it"
    case .failed(let path, let operation, let code, let reason):
      "\(path): cannot \(operation.rawValue): \(reason) (error \(code))"
    }
  }
}
