#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The names in a directory, sorted by their bytes, without `.` and `..`.
///
/// - Throws: `FileError` if it is not there, no directory, or may not be read.
public func directoryEntries(_ path: String) throws(FileError) -> [String] {
  guard let entries = opendir(path) else { throw FileError(path: path, operation: .open, code: errno) }
  defer { closedir(entries) }
  var names: [String] = []
  while let entry = readdir(entries) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}
