import Platform

/// The whole content of a file.
///
/// - Parameter limit: refuses more bytes than that, also from a device that never ends.
public func readFile(_ path: String, limit: Int = 1 << 32) throws(FileError) -> [UInt8] {
  let file = try FileDescriptor(path, flags: O_RDONLY)
  let status = try file.status()
  if status.isDirectory { throw .isDirectory(path: path) }
  if status.length > limit { throw .tooLarge(path: path, limit: limit) }

  // The length is a hint only: the file may grow meanwhile, and pipes have none.
  var content: [UInt8] = []
  content.reserveCapacity(status.length)
  let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  defer { chunk.deallocate() }
  while true {
    let count = try file.readSome(into: chunk)
    if count == 0 { return content }
    if count > limit - content.count { throw .tooLarge(path: path, limit: limit) }
    content.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
  }
}

/// Whether anything that can be reached (a file, a directory, a link to either) is at `path`.
public func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Bytes in a file; `nil` if there is none.
public func fileSize(_ path: String) -> Int? {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

public func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
