import Platform

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

  /// Writes `bytes` to `path`. A link is followed, and what it leads to is replaced; mode and owner stay. What cannot be
  /// replaced, as a container's file from outside, is written in place; a device, a pipe or an open file of this process
  /// (/dev/stdout) is written to.
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
    switch OutputPath(path) {
    case .descriptor(let number): try FileDescriptor.write(bytes, to: number, path: path)
    case .stream(let stream): try FileDescriptor(stream, flags: O_WRONLY | O_NOCTTY).writeAll(bytes)
    case .file(let path, let present):
      try replace(path, present, with: bytes, keepingPrevious: previous, steps: steps)
    }
  }

  private static func replace(
    _ path: String, _ present: FileAttributes?, with bytes: UnsafeRawBufferPointer, keepingPrevious previous: String?,
    steps: (Step) throws -> Void
  ) throws {
    let temporary: TemporaryFile
    do throws(FileError) {
      temporary = try TemporaryFile(for: path, like: present)
    } catch {
      // The directory is read-only, and yet the file may not be: then it is mounted there.
      guard present != nil, isReadOnly(directoryName(path)), access(path, W_OK) == 0 else { throw error }
      return try writeInPlace(bytes, path, steps)
    }
    do {
      try temporary.fill(with: bytes, steps: steps)
      if let previous, try keep(path, as: previous) { try steps(.previousKept) }
      if rename(temporary.path, path) != 0 {
        // A file that is mounted at its path can only be written in place.
        guard errno == EBUSY, present != nil else { throw FileError(path: path, operation: .rename, code: errno) }
        try writeInPlace(bytes, path, steps)
        unlink(temporary.path)
        return
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

  private static func isReadOnly(_ directory: String) -> Bool {
    var status = statvfs()
    return statvfs(directory, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
  }

  private static func writeInPlace(_ bytes: UnsafeRawBufferPointer, _ path: String, _ steps: (Step) throws -> Void) throws {
    let file = try FileDescriptor(path, flags: O_WRONLY | O_TRUNC)
    try file.writeAll(bytes)
    try file.synchronise()
    try file.close()
    for step in [Step.renamed, .directorySynced] { try steps(step) }
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
    directoryName(path) + "/" + prefix(for: path) + "\(getpid())-\(attempt)\(suffix)"
  }

  /// The file's own name, as far as there is room for the rest: a name has at most 255 bytes.
  private static func prefix(for path: String) -> String {
    var name = fileName(path)
    while name.utf8.count > 200 { name.unicodeScalars.removeLast() }
    return name + "."
  }

  /// Whether the last part of a path is that of a temporary file for `path`, of whatever process.
  static func isName(_ name: String, for path: String) -> Bool {
    let prefix = prefix(for: path)
    guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.count > prefix.count + suffix.count else { return false }
    let middle = name.dropFirst(prefix.count).dropLast(suffix.count)
    return middle.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-") }
  }

  /// - Parameter present: of the file whose place it will take; the new content is never open to more people than the old.
  init(for target: String, like present: FileAttributes?) throws(FileError) {
    var attempt = 0
    while true {
      let path = Self.name(for: target, attempt: attempt)
      do throws(FileError) {
        file = try FileDescriptor(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: present == nil ? 0o666 : 0o600)
        self.path = path
        if let present { file.take(present) }
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
    case .noLocks(_, let reason): .noLocks(path: path, reason: reason)
    case .notOurs: .notOurs(path: path)
    case .failed(_, let operation, let code, let reason):
      .failed(path: path, operation: operation, code: code, reason: reason)
    }
  }
}
