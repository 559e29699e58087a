import Platform

/// A file that only grows, or is cut back: for traces. One writer at a time; not for several threads at once.
public final class AppendFile {
  public let path: String
  /// Bytes in the file.
  public private(set) var length: Int
  private let file: FileDescriptor

  /// Makes an empty file at `path`, which must not exist; its name is durable when this returns.
  public init(creating path: String) throws(FileError) {
    file = try FileDescriptor(path, flags: O_WRONLY | O_APPEND | O_CREAT | O_EXCL)
    self.path = path
    length = 0
    try synchroniseDirectory(directoryName(path))
  }

  /// Opens the file at `path`, which must exist, to go on after its first `length` bytes; what follows them is cut off.
  /// Without a length, goes on after its last byte.
  public init(opening path: String, truncatedTo length: Int? = nil) throws(FileError) {
    file = try FileDescriptor(path, flags: O_WRONLY | O_APPEND)
    self.path = path
    self.length = try file.status().length
    if let length { try truncate(to: length) }
  }

  /// Appends `bytes`. If that fails, what was written of them is taken back, as far as the system lets us.
  public func append(_ bytes: [UInt8]) throws(FileError) {
    do {
      try file.writeAll(bytes)
    } catch {
      try? file.truncate(to: length)
      throw error
    }
    length += bytes.count
  }

  /// Returns when everything appended is on the disk.
  public func sync() throws(FileError) { try file.synchronise() }

  /// Cuts the file back to its first `length` bytes, durably.
  ///
  /// - Throws: `FileError.shorter` if it has fewer: nothing is ever filled in.
  public func truncate(to length: Int) throws(FileError) {
    guard (0...self.length).contains(length) else {
      throw .shorter(path: path, expected: length, found: self.length)
    }
    if length < self.length { try file.truncate(to: length) }
    self.length = length
    try file.synchronise()
  }

  /// Closes the file: nothing can be appended any more. What matters has been made durable with `sync`.
  public func close() { try? file.close() }
}
