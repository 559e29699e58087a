import CZstd

/// Compression with zstd frames that carry their content's checksum. Format: RFC 8878.
public enum Zstd {
  public static let defaultLevel = 9

  /// One complete frame.
  ///
  /// - Parameter level: 1 (fast) to 19 (small); beyond, the library takes the nearest.
  public static func compress(_ content: UnsafeRawBufferPointer, level: Int = defaultLevel) -> [UInt8] {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(clamping: level))
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    let bound = ZSTD_compressBound(content.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      let code = ZSTD_compress2(context, buffer.baseAddress, bound, content.baseAddress, content.count)
      // Into a buffer of the size that it asked for, the library fails for want of memory alone.
      precondition(ZSTD_isError(code) == 0, "zstd: \(String(cString: ZSTD_getErrorName(code)))")
      count = code
    }
  }

  public static func compress(_ content: [UInt8], level: Int = defaultLevel) -> [UInt8] {
    content.withUnsafeBytes { compress($0, level: level) }
  }

  /// The content of all frames, one after the other; all must be whole, with or without checksums.
  ///
  /// - Parameters:
  ///   - limit: the largest content that is accepted: nothing beyond is ever held.
  ///   - name: of the source, for messages.
  public static func decompress(_ data: [UInt8], limit: Int, name: String) throws(ZstdError) -> [UInt8] {
    if data.isEmpty { throw .empty(name: name) }
    var content: [UInt8] = []
    let tail = try frames(data, limit: limit, name: name, needsChecksums: false) { frame in
      if content.isEmpty { content = frame } else { content += frame }
    }
    if let tail { throw tail.error }
    return content
  }

  /// Whether a file's data are compressed: its name ends in `.zst`, or they begin like a zstd file.
  public static func isCompressed(_ data: [UInt8], name: String) -> Bool {
    name.hasSuffix(".zst") || data.starts(with: ZstdFrame.magic)
  }

  /// A file's content, decompressed if its name ends in `.zst` or it begins like a zstd file.
  ///
  /// - Parameter limit: refuses a file that is, or decompresses to, more bytes.
  /// - Throws: `FileError` or `ZstdError`.
  public static func readFile(_ path: String, limit: Int) throws -> [UInt8] {
    let data = try Files.readFile(path, limit: limit)
    return isCompressed(data, name: path) ? try decompress(data, limit: limit, name: path) : data
  }
}

/// What can be wrong with compressed data.
public enum ZstdError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty(name: String)
  /// What should be the first frame is none.
  case notZstd(name: String)
  /// What should be the first frame is a file of another kind that is known.
  case foreign(name: String, format: ForeignFormat)
  /// The frame at byte `offset` may be whole, and asks for what this program does not give.
  case unsupported(name: String, offset: Int, need: ZstdNeed)
  /// The data end within the frame that begins at byte `offset`.
  case truncated(name: String, offset: Int)
  /// The frame at byte `offset` is not what was written there.
  case damaged(name: String, offset: Int, reason: String)
  /// The frame at byte `offset` goes beyond the limit for the content of all frames.
  case tooLarge(name: String, offset: Int, limit: Int)

  public var description: String {
    switch self {
    case .empty(let name):
      "\(name) is empty: get or make it again"
    case .notZstd(let name):
      "\(name) is not a zstd file: is it the right one?"
    case .foreign(let name, let format):
      "\(name) is not a zstd file: it is \(format.what)"
    case .unsupported(let name, let offset, let need):
      "\(name) cannot be read: the zstd frame that begins at byte \(offset) \(need.words)"
    case .truncated(let name, let offset):
      "\(name) ends within the zstd frame that begins at byte \(offset): it was cut off; get or make it again"
    case .damaged(let name, let offset, let reason):
      "\(name) is damaged in the zstd frame that begins at byte \(offset) (\(reason)): get or make it again"
    case .tooLarge(let name, let offset, let limit):
      "\(name) decompresses to more than \(limit) bytes (in the frame that begins at byte \(offset)), "
        + "which nothing of its kind does: refused"
    }
  }
}

/// What a zstd frame asks for beyond what every reader of the format has to give.
public enum ZstdNeed: Equatable, Sendable {
  /// More memory than 2^27 bytes for what it refers back to, as `zstd --long=28` and above make them.
  case window
  /// The dictionary with which it was compressed.
  case dictionary

  var words: String {
    switch self {
    case .window:
      "looks back over more than 128 MiB, and readers give no more: compress it again without --long (or with --long=27)"
    case .dictionary: "was compressed with a dictionary, which is not here: compress it again without (zstd without -D)"
    }
  }
}
