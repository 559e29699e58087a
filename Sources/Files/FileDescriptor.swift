import Platform

/// An open file that closes itself when it is dropped. Interrupted calls are repeated, short writes continued, and
/// every failure carries the path.
final class FileDescriptor {
  private var number: Int32
  let path: String

  /// Opens `path` with the flags of open(2); created files get `mode` less the process' mask. Programs that
  /// this one starts do not inherit it.
  init(_ path: String, flags: Int32, mode: mode_t = 0o666) throws(FileError) {
    var number: Int32
    repeat { number = open(path, flags | O_CLOEXEC, mode) } while number < 0 && errno == EINTR
    guard number >= 0 else { throw FileError(path: path, operation: .open, code: errno) }
    self.number = number
    self.path = path
  }

  deinit {
    try? close()
  }

  /// Closes, and reports what the system reports only then (a delayed write that failed). Closing again is fine.
  func close() throws(FileError) {
    guard number >= 0 else { return }
    let result = systemClose(number)
    // After EINTR the descriptor is closed all the same, and must not be closed again.
    number = -1
    guard result == 0 || errno == EINTR else {
      throw FileError(path: path, operation: .write, code: errno)
    }
  }

  /// Whether this is a regular file of one name, so that nobody knows its content under another.
  func isPlainFile() -> Bool {
    var status = stat()
    return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink <= 1
  }

  /// Bytes in the file, and whether it is a directory.
  func status() throws(FileError) -> (length: Int, isDirectory: Bool) {
    var status = stat()
    guard fstat(number, &status) == 0 else {
      throw FileError(path: path, operation: .read, code: errno)
    }
    return (Int(status.st_size), status.st_mode & S_IFMT == S_IFDIR)
  }

  /// Reads at most `buffer.count` bytes; 0 at the end of the file.
  func readSome(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    while true {
      let count = read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno == EAGAIN {
        Self.wait(for: POLLIN, on: number)
      } else if errno != EINTR {
        throw FileError(path: path, operation: .read, code: errno)
      }
    }
  }

  /// Writes every byte.
  func writeAll(_ bytes: UnsafeRawBufferPointer) throws(FileError) { try Self.write(bytes, to: number, path: path) }

  /// Writes every byte to an open file, also where it takes only a part at a time and says so at once (O_NONBLOCK).
  static func write(_ bytes: UnsafeRawBufferPointer, to number: Int32, path: String) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let buffer = UnsafeRawBufferPointer(rebasing: rest)
      let count = systemWrite(number, buffer.baseAddress, buffer.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        wait(for: POLLOUT, on: number)
      } else if count == 0 || errno != EINTR {
        // No file accepts nothing; a device that does would keep us here for ever.
        throw FileError(path: path, operation: .write, code: count == 0 ? EIO : errno)
      }
    }
  }

  /// Sleeps until a pipe or terminal can be read or written again, or has failed: the next attempt tells.
  private static func wait(for event: some BinaryInteger, on number: Int32) {
    var request = pollfd(fd: number, events: Int16(event), revents: 0)
    _ = poll(&request, 1, -1)
  }

  /// Gives the file the owner and mode of another, as far as the system lets this process.
  func take(_ attributes: FileAttributes) {
    _ = fchown(number, attributes.user, attributes.group)
    _ = fchmod(number, attributes.mode)
  }

  /// Writes every byte.
  func writeAll(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in try writeAll(UnsafeRawBufferPointer(bytes)) }
  }

  /// Returns when the file's contents are on the disk.
  func synchronise() throws(FileError) {
    while fsync(number) != 0 {
      switch errno {
      case EINTR: continue
      // Devices, pipes and some network file systems have nothing to synchronise.
      case EINVAL, ENOTSUP: return
      default: throw FileError(path: path, operation: .synchronise, code: errno)
      }
    }
  }

  /// Takes an exclusive advisory lock (flock) without waiting; false when another open file holds it. The system
  /// gives it back when the file is closed, however the process ends.
  func tryLock() throws(FileError) -> Bool {
    while flock(number, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return false
      case ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL: throw .noLocks(path: path, reason: String(cString: strerror(errno)))
      default: throw FileError(path: path, operation: .lock, code: errno)
      }
    }
    return true
  }

  /// Gives the lock back, also where a copy of the descriptor lives on for a moment in a program that is being started.
  func unlock() { _ = flock(number, LOCK_UN) }

  func truncate(to length: Int) throws(FileError) {
    while ftruncate(number, off_t(length)) != 0 {
      guard errno == EINTR else { throw FileError(path: path, operation: .truncate, code: errno) }
    }
  }
}

/// close(2), which within `FileDescriptor` is hidden by its own method.
private func systemClose(_ number: Int32) -> Int32 { close(number) }

/// write(2), which within `FileDescriptor` is hidden too.
private func systemWrite(_ number: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(number, bytes, count) }
