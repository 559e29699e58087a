import Platform

/// Makes a directory and those above it; one that exists already is fine.
public func createDirectory(_ path: String) throws(FileError) {
  if path.isEmpty || isDirectory(path) { return }
  let parent = directoryName(path)
  if parent != path { try createDirectory(parent) }
  if mkdir(path, 0o777) != 0 {
    let code = errno
    // Another process may have been quicker; a file of that name is in the way.
    if code == EEXIST && isDirectory(path) { return }
    throw FileError(path: path, operation: .createDirectory, code: code)
  }
}

/// The names of what a directory holds, sorted; those that begin with a dot are left out.
public func directoryEntries(_ path: String) throws(FileError) -> [String] { try directoryEntries(path, hidden: false) }

/// - Parameter hidden: with those that begin with a dot, but for the directory itself and the one above it.
func directoryEntries(_ path: String, hidden: Bool) throws(FileError) -> [String] {
  guard let entries = opendir(path) else { throw FileError(path: path, operation: .open, code: errno) }
  defer { closedir(entries) }
  var names: [String] = []
  while let entry = readdir(entries) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    if hidden ? name != "." && name != ".." : !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
}

/// Removes a file; one that does not exist is fine.
public func removeFile(_ path: String) throws(FileError) {
  if unlink(path) != 0 && errno != ENOENT {
    throw FileError(path: path, operation: .remove, code: errno)
  }
}

/// Gives a file another name in the same directory; what had that name is replaced.
public func renameFile(_ path: String, to other: String) throws(FileError) {
  if rename(path, other) != 0 { throw FileError(path: path, operation: .rename, code: errno) }
}

/// Returns when the names in a directory (a file that was just made, renamed or removed) are durable.
func synchroniseDirectory(_ path: String) throws(FileError) {
  try FileDescriptor(path, flags: O_RDONLY | O_DIRECTORY).synchronise()
}

/// The directory that holds `path`: "a/b" for "a/b/c" and "a/b/c/", "." for "c", "/" for "/c" and "/".
func directoryName(_ path: String) -> String {
  let slash = UInt8(ascii: "/")
  var bytes = Array(path.utf8)
  func dropSlashes() { while bytes.count > 1, bytes.last == slash { bytes.removeLast() } }
  dropSlashes()
  guard let last = bytes.lastIndex(of: slash) else { return "." }
  bytes.removeSubrange((last + 1)...)
  dropSlashes()
  return String(decoding: bytes, as: UTF8.self)
}

/// The last part of `path`: "c" for "a/b/c".
func fileName(_ path: String) -> String {
  String(decoding: path.utf8.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
}
