import Platform

/// What stands where something is to be written.
enum OutputPath {
  /// A regular file, which is replaced whole, or none yet. Links have been followed.
  case file(path: String, present: FileAttributes?)
  /// A device, pipe or socket, which is written to.
  case stream(path: String)
  /// One of this process's own open files, as /dev/stdout is.
  case descriptor(Int32)

  init(_ path: String) {
    var path = path
    // As many links as Linux follows.
    for _ in 0..<40 {
      if let number = ownDescriptor(path) {
        self = .descriptor(number)
        return
      }
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let target = linkTarget(path) else { break }
      path = target.hasPrefix("/") ? target : directoryName(path) + "/" + target
    }
    var status = stat()
    guard stat(path, &status) == 0 else {
      // A link that is still one leads round in a circle, which opening it tells.
      let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
      self = isLink ? .stream(path: path) : .file(path: path, present: nil)
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: self = .file(path: path, present: FileAttributes(status))
    default: self = .stream(path: path)
    }
  }
}

/// What a file keeps when its content is replaced.
struct FileAttributes {
  let mode: mode_t
  let user: uid_t
  let group: gid_t

  init(_ status: stat) {
    mode = status.st_mode & 0o7777
    user = status.st_uid
    group = status.st_gid
  }
}

/// Whether two paths, both of which must be there, name one file: by whatever spelling, link or second name.
public func isSameFile(_ path: String, _ other: String) -> Bool {
  var a = stat(), b = stat()
  return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino
}

/// Whether two paths name one file, which need not be there yet.
public func namesSameFile(_ path: String, _ other: String) -> Bool {
  isSameFile(path, other) || fileName(path) == fileName(other) && isSameFile(directoryName(path), directoryName(other))
}

/// The number of this process's open file that a path names, as 1 for /dev/stdout, /dev/fd/1 and links to them.
public func openDescriptor(_ path: String) -> Int32? {
  if case .descriptor(let number) = OutputPath(path) { number } else { nil }
}

private func ownDescriptor(_ path: String) -> Int32? {
  let name = fileName(path)
  guard let number = Int32(name), number >= 0, String(number) == name, let place = realpath(directoryName(path), nil) else {
    return nil
  }
  defer { free(place) }
  let directory = String(cString: place), own = "/proc/\(getpid())/"
  return directory == "/dev/fd" || directory.hasPrefix(own) && directory.hasSuffix("/fd") ? number : nil
}

private func linkTarget(_ path: String) -> String? {
  var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = target.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
  return count > 0 ? String(decoding: target.prefix(count), as: UTF8.self) : nil
}
