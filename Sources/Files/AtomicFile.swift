#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Replaces a file whole or not at all: whoever looks at the path, also after a kill or a loss of power, finds the old
/// content or the new, never a mixture and never a part.
///
/// The new content goes to a temporary file beside the old one, which is made durable and then renamed over it; the
/// directory is made durable last. Source of the order: rename(2), fsync(2).
public enum AtomicFile {
  /// The stages, in order; `previousKept` only where that was asked for. Up to it the path holds the old content, from
  /// `renamed` on the new.
  public enum Step: String, CaseIterable, Sendable {
    case created, halfWritten, written, synced, previousKept, renamed, directorySynced
  }

  /// Writes `bytes` to `path`. A link at `path` is replaced, not followed.
  ///
  /// - Parameters:
  ///   - previous: where to keep the content that is replaced, if there is any; in the same directory. What stood there
  ///     is dropped. At no moment is `path` without its old or new content.
  ///   - steps: called after each stage: where a test fails, or ends the process.
  /// - Throws: `FileError`, or what `steps` throws; the temporary file is gone then, and the old content untouched,
  ///   unless the stage `renamed` was reached.
  public static func write(
    _ bytes: UnsafeRawBufferPointer, to path: String, keepingPrevious previous: String? = nil,
    steps: (Step) throws -> Void = { _ in }
  ) throws {
    try refuseSpecialFile(path)
    let temporary = try TemporaryFile(for: path)
    do {
      try temporary.fill(with: bytes, steps: steps)
      if let previous, try keep(path, as: previous) { try steps(.previousKept) }
      guard rename(temporary.path, path) == 0 else {
        throw FileError(path: path, operation: .rename, code: errno)
      }
    } catch {
      unlink(temporary.path)
      // The user knows the file by its name, not by the temporary one.
      if let error = error as? FileError, error.path == temporary.path { throw error.of(path) }
      throw error
    }
    try steps(.renamed)
    try synchroniseDirectory(directoryName(path))
    try steps(.directorySynced)
  }

  public static func write(
    _ bytes: [UInt8], to path: String, keepingPrevious previous: String? = nil,
    steps: (Step) throws -> Void = { _ in }
  ) throws {
    try bytes.withUnsafeBytes { try write($0, to: path, keepingPrevious: previous, steps: steps) }
  }

  public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// Removes the temporary files that killed writers of `path` left behind: litter that no reader looks at. Only for
  /// whoever knows that nobody is writing `path` (the holder of its directory's lock).
  public static func removeLeftovers(of path: String) throws(FileError) {
    let directory = directoryName(path)
    guard let entries = opendir(directory) else {
      throw FileError(path: directory, operation: .open, code: errno)
    }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if TemporaryFile.isName(name, for: path) { try removeFile(directory + "/" + name) }
    }
  }

  /// Devices, pipes and sockets are not replaced by files.
  private static func refuseSpecialFile(_ path: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    let kind = status.st_mode & S_IFMT
    if kind != S_IFREG && kind != S_IFDIR {
      throw .failed(path: path, operation: .write, code: EINVAL, reason: "it is a device, pipe or socket, not a regular file")
    }
  }

  /// Gives the file at `path` the second name `previous`; false if there is none. A rename would leave a moment
  /// without any file at `path`.
  private static func keep(_ path: String, as previous: String) throws(FileError) -> Bool {
    let second = TemporaryFile.name(for: previous, attempt: 0)
    unlink(second)
    if link(path, second) != 0 {
      switch errno {
      case ENOENT: return false
      // A file system without second names: the moment without a file is the price.
      case EPERM, ENOTSUP, ENOSYS, EMLINK:
        guard rename(path, previous) == 0 else {
          throw FileError(path: previous, operation: .keepPrevious, code: errno)
        }
        return true
      default: throw FileError(path: previous, operation: .keepPrevious, code: errno)
      }
    }
    let code = rename(second, previous) == 0 ? 0 : errno
    // When `previous` is the same file already (a writer was killed after `previousKept`), rename leaves both names.
    unlink(second)
    if code != 0 { throw FileError(path: previous, operation: .keepPrevious, code: code) }
    return true
  }
}

/// A new file beside another, of a name that no other writer has.
private struct TemporaryFile {
  let path: String
  private let file: FileDescriptor

  private static let suffix = ".tmp"

  static func name(for path: String, attempt: Int) -> String {
    "\(path).\(getpid())-\(attempt)\(suffix)"
  }

  /// Whether the last part of a path is that of a temporary file for `path`, of whatever process.
  static func isName(_ name: String, for path: String) -> Bool {
    let prefix = fileName(path) + "."
    guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.count > prefix.count + suffix.count else { return false }
    let middle = name.dropFirst(prefix.count).dropLast(suffix.count)
    return middle.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-") }
  }

  init(for target: String) throws(FileError) {
    var attempt = 0
    while true {
      let path = Self.name(for: target, attempt: attempt)
      do throws(FileError) {
        file = try FileDescriptor(path, flags: O_WRONLY | O_CREAT | O_EXCL)
        self.path = path
        return
      } catch {
        switch error {
        // Another thread is writing the same file, or a killed process had our number.
        case .exists where attempt < 1000: attempt += 1
        case .missing: throw .missing(path: directoryName(target))
        default: throw error.of(target)
        }
      }
    }
  }

  func fill(with bytes: UnsafeRawBufferPointer, steps: (AtomicFile.Step) throws -> Void) throws {
    try steps(.created)
    let half = bytes.count / 2
    try file.writeAll(UnsafeRawBufferPointer(rebasing: bytes[..<half]))
    try steps(.halfWritten)
    try file.writeAll(UnsafeRawBufferPointer(rebasing: bytes[half...]))
    try steps(.written)
    try file.synchronise()
    try file.close()
    try steps(.synced)
  }
}

extension FileError {
  /// The same error, told of another path.
  fileprivate func of(_ path: String) -> FileError {
    switch self {
    case .missing: .missing(path: path)
    case .exists: .exists(path: path)
    case .isDirectory: .isDirectory(path: path)
    case .notPermitted(_, let operation): .notPermitted(path: path, operation: operation)
    case .noSpace: .noSpace(path: path)
    case .shorter(_, let expected, let found): .shorter(path: path, expected: expected, found: found)
    case .tooLarge(_, let limit): .tooLarge(path: path, limit: limit)
    case .locked(_, let process): .locked(path: path, process: process)
    case .failed(_, let operation, let code, let reason):
      .failed(path: path, operation: operation, code: code, reason: reason)
    }
  }
}
