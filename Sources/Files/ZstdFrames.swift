import CZstd

extension Zstd {
  /// Where reading stopped before the end of the data.
  public struct Tail: Equatable, Sendable {
    /// Where the frame begins that is not whole: all before is. A file that a kill left torn is repaired by cutting it
    /// here.
    public let offset: Int
    /// `truncated` if the data end within that frame, as a kill leaves them; `damaged` (or, at byte 0, `notZstd`) if
    /// not.
    public let error: ZstdError
  }

  /// Hands out the content of one frame after the other; a frame that is not whole yields nothing.
  ///
  /// - Parameters:
  ///   - limit: for the content of all frames together; nothing beyond is ever held.
  ///   - name: of the source, for messages.
  ///   - needsChecksums: takes a frame without a checksum for a damaged one, since nothing proves its content. Files of
  ///     ours always have them; other programs leave them out.
  /// - Returns: `nil` if all of `data` is whole frames, otherwise where and why it is not.
  /// - Throws: `ZstdError.tooLarge` only.
  public static func frames(
    _ data: [UInt8], limit: Int, name: String, needsChecksums: Bool = true, _ body: ([UInt8]) -> Void
  ) throws(ZstdError) -> Tail? {
    var offset = 0
    var room = limit
    while offset < data.count {
      switch ZstdFrame.read(data[offset...], limit: room) {
      case .whole(_, _, hasChecksum: false) where needsChecksums:
        return Tail(offset: offset, error: .damaged(name: name, offset: offset, reason: "it has no checksum"))
      case .whole(let content, let length, _):
        room -= content.count
        offset += length
        body(content)
      case .tooLarge:
        throw .tooLarge(name: name, offset: offset, limit: limit)
      case .truncated where ZstdFrame.isFollowedByAnother(data[offset...], limit: room):
        let reason = "it runs on over the frames that follow"
        return Tail(offset: offset, error: .damaged(name: name, offset: offset, reason: reason))
      case .truncated:
        return Tail(offset: offset, error: .truncated(name: name, offset: offset))
      case .unsupported(let need):
        return Tail(offset: offset, error: .unsupported(name: name, offset: offset, need: need))
      case .notAFrame where offset == 0:
        let foreign = ForeignFormat(data).map { ZstdError.foreign(name: name, format: $0) }
        return Tail(offset: 0, error: foreign ?? .notZstd(name: name))
      case .notAFrame:
        return Tail(offset: offset, error: .damaged(name: name, offset: offset, reason: "no frame begins here"))
      case .damaged(let reason):
        return Tail(offset: offset, error: .damaged(name: name, offset: offset, reason: reason))
      }
    }
    return nil
  }
}

/// One attempt to read a frame.
enum ZstdFrame {
  /// Its content, how many bytes of the data it takes, and whether its checksum proves it (or it has no content).
  case whole(content: [UInt8], length: Int, hasChecksum: Bool)
  /// The data end within the frame, or are zeros to the end, as some file systems leave what was never written.
  case truncated
  case notAFrame
  case damaged(reason: String)
  /// Whole perhaps, and not to be read without what it asks for.
  case unsupported(ZstdNeed)
  /// The content exceeds the limit.
  case tooLarge

  /// How a frame begins.
  static let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

  /// Reads the frame at the start of `data`, which is not empty.
  static func read(_ data: ArraySlice<UInt8>, limit: Int) -> ZstdFrame {
    let start = data.prefix(magic.count)
    let isSkippable =
      start.count == 4 && start.first.map { $0 & 0xf0 == 0x50 } == true
      && start.dropFirst().elementsEqual([0x2a, 0x4d, 0x18])
    guard magic.starts(with: start) || isSkippable else {
      return data.allSatisfy { $0 == 0 } ? .truncated : .notAFrame
    }
    // The flag in the frame's descriptor: RFC 8878, 3.1.1.1.1.
    let hasChecksum = isSkippable || data.dropFirst(magic.count).first.map { $0 & 4 != 0 } == true
    return data.withUnsafeBytes { decompress($0, limit: limit, hasChecksum: hasChecksum) }
  }

  private static func decompress(_ data: UnsafeRawBufferPointer, limit: Int, hasChecksum: Bool) -> ZstdFrame {
    // A frame that announces too much is refused before anything is decompressed. Announcing proves nothing else: on its
    // word, no more memory is set aside than ordinary data of its length could need.
    let announced = ZSTD_getFrameContentSize(data.baseAddress, data.count)
    let isAnnounced = announced < unknownContentSizes
    if isAnnounced, announced > UInt64(max(limit, 0)) { return .tooLarge }

    guard let context = ZSTD_createDCtx() else { return .damaged(reason: "no memory to read it") }
    defer { ZSTD_freeDCtx(context) }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_DStreamOutSize(), alignment: 16)
    defer { block.deallocate() }
    var input = ZSTD_inBuffer(src: data.baseAddress, size: data.count, pos: 0)
    var content: [UInt8] = []
    if isAnnounced { content.reserveCapacity(min(Int(announced), 16 * data.count)) }
    while true {
      var output = ZSTD_outBuffer(dst: block.baseAddress, size: block.count, pos: 0)
      let code = ZSTD_decompressStream(context, &output, &input)
      if ZSTD_isError(code) != 0 {
        switch ZSTD_getErrorCode(code) {
        case ZSTD_error_frameParameter_windowTooLarge: return .unsupported(.window)
        case ZSTD_error_dictionary_wrong: return .unsupported(.dictionary)
        default: break
        }
        return .damaged(reason: String(cString: ZSTD_getErrorName(code)))
      }
      if output.pos > limit - content.count { return .tooLarge }
      content.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<output.pos]))
      if code == 0 {
        // The library has checked the checksum, but not the size if the last block is empty.
        if isAnnounced, UInt64(content.count) != announced {
          return .damaged(reason: "it has not the size that it announces")
        }
        return .whole(content: content, length: input.pos, hasChecksum: hasChecksum)
      }
      if input.pos == data.count && output.pos < block.count { return .truncated }
    }
  }

  /// Whether a whole frame begins anywhere after the first byte of `data`: then the first frame, which seems cut off by
  /// the end of the data, is damaged where it tells its length, and cutting there would lose what follows.
  static func isFollowedByAnother(_ data: ArraySlice<UInt8>, limit: Int) -> Bool {
    // Compressed data hold the four bytes by chance once in 2³² places; data with many of them are made to keep us
    // busy, and no torn frame.
    var attempts = 16
    var rest = data.dropFirst()
    while let next = rest.firstIndex(of: magic[0]) {
      rest = rest[next...]
      if rest.starts(with: magic) {
        if attempts == 0 { return true }
        attempts -= 1
        switch read(rest, limit: limit) {
        case .whole, .tooLarge: return true
        default: break
        }
      }
      rest = rest.dropFirst()
    }
    return false
  }
}

/// Values from this one on are error codes: the size of the content is unknown, or the header is invalid.
private let unknownContentSizes = UInt64.max - 1
