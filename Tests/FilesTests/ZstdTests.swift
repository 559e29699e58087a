import TestSupport
import Testing

@testable import Files

@Suite("zstd")
struct ZstdTests {
  static let limit = 1 << 20
  let contents: [[UInt8]]
  let frames: [[UInt8]]
  var file: [UInt8] { frames.flatMap { $0 } }
  /// Where each frame begins, and the end.
  let offsets: [Int]

  init() {
    var generator = Generator(seed: 2)
    contents = [Array("{\"epoch\":0}\n".utf8), generator.bytes(300), Array(repeating: 7, count: 400_000), []]
    frames = contents.map { Zstd.compress($0) }
    offsets = frames.reduce(into: [0]) { $0.append($0.last! + $1.count) }
  }

  /// What whole frames hold, and what follows them.
  private func read(_ data: [UInt8], limit: Int = Self.limit) throws -> (contents: [[UInt8]], tail: Zstd.Tail?) {
    var contents: [[UInt8]] = []
    let tail = try Zstd.frames(data, limit: limit, name: "f") { contents.append($0) }
    return (contents, tail)
  }

  // MARK: Whole

  @Test("content survives compression at every level", arguments: [1, 3, 9, 19])
  func roundTrip(level: Int) throws {
    for content in contents {
      let data = Zstd.compress(content, level: level)
      #expect(try Zstd.decompress(data, limit: Self.limit, name: "f") == content)
      // The checksum flag of the frame's descriptor (RFC 8878, 3.1.1.1.1).
      #expect(data[4] & 4 != 0)
    }
  }

  @Test("frames come out one by one, and together as one content")
  func frameByFrame() throws {
    let (read, tail) = try read(file)
    #expect(read == contents && tail == nil)
    #expect(try Zstd.decompress(file, limit: Self.limit, name: "f") == contents.flatMap { $0 })
  }

  @Test("a skippable frame is skipped")
  func skippable() throws {
    let skippable: [UInt8] = [0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]
    #expect(try read(frames[0] + skippable + frames[1]).contents == [contents[0], [], contents[1]])
    #expect(try read(frames[0] + skippable.dropLast()).tail?.offset == offsets[1])
  }

  @Test("no bytes are no frames, but not a compressed content")
  func empty() throws {
    #expect(try read([]).contents.isEmpty && read([]).tail == nil)
    #expect(failure(ZstdError.self) { try Zstd.decompress([], limit: 9, name: "f") } == .empty(name: "f"))
  }

  // MARK: Torn

  @Test("cut at any byte, the whole frames are read and the tail is known to be torn")
  func truncated() throws {
    let file = frames[0] + frames[1] + frames[3]
    let offsets = [0, frames[0].count, frames[0].count + frames[1].count, file.count]
    for length in 0...file.count {
      let (read, tail) = try read(Array(file[..<length]))
      let whole = offsets.lastIndex { $0 <= length }!
      #expect(read == [contents[0], contents[1], contents[3]].prefix(whole).map { $0 })
      let expected =
        offsets[whole] == length
        ? nil : Zstd.Tail(offset: offsets[whole], error: .truncated(name: "f", offset: offsets[whole]))
      #expect(tail == expected, "cut at \(length)")
    }
  }

  @Test("a tail of zeros, as some file systems leave after a loss of power, is torn")
  func zeros() throws {
    let zeros = [UInt8](repeating: 0, count: 4096)
    let torn = Zstd.Tail(offset: offsets[2], error: .truncated(name: "f", offset: offsets[2]))
    #expect(try read(frames[0] + frames[1] + zeros).tail == torn)
    #expect(try read(frames[0] + frames[1] + frames[2].prefix(6) + zeros).tail == torn)
  }

  // MARK: Damaged

  @Test("a flipped bit in any frame never changes the content: it is found, or was of no importance")
  func flippedBits() throws {
    let file = frames[0] + frames[1]
    var found = 0
    for bit in 0..<file.count * 8 {
      var damaged = file
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let result: (contents: [[UInt8]], tail: Zstd.Tail?)
      do {
        result = try read(damaged)
      } catch ZstdError.tooLarge {
        // A header that announces more than the limit.
        found += 1
        continue
      }
      let (read, tail) = result
      if let tail {
        found += 1
        #expect(tail.offset == (bit / 8 < frames[0].count ? 0 : frames[0].count), "bit \(bit)")
        #expect(read == contents.prefix(tail.offset == 0 ? 0 : 1).map { $0 }, "bit \(bit)")
        // The first frame is not torn off by the end of the file, whatever its header says.
        if tail.offset == 0, case .truncated = tail.error { Issue.record("bit \(bit): called torn") }
      } else {
        #expect(read == Array(contents.prefix(2)), "bit \(bit)")
      }
    }
    #expect(found > file.count * 8 - 16)
  }

  /// A frame (with a checksum, a window of 2 MiB and no content size) whose one block should have 60,000 bytes and has
  /// ten, so that it takes in what follows.
  private let frameThatRunsOn: [UInt8] = {
    let header: UInt32 = 60_000 << 3 | 1
    let bytes = withUnsafeBytes(of: header.littleEndian) { Array($0.prefix(3)) }
    return ZstdFrame.magic + [0x04, 0x58] + bytes + Array(repeating: 7, count: 10)
  }()

  @Test("a frame whose length runs over those that follow is damaged, not torn: cutting there would lose them")
  func damagedLength() throws {
    let frame = frameThatRunsOn
    #expect(try read(frame).tail?.error == .truncated(name: "f", offset: 0))
    let reason = "it runs on over the frames that follow"
    #expect(try read(frame + frames[0]).tail?.error == .damaged(name: "f", offset: 0, reason: reason))
    #expect(try read(frame + frames[1].dropLast()).tail?.error == .truncated(name: "f", offset: 0))
  }

  @Test("a torn tail with many false beginnings is not searched for ever, but held for damaged")
  func manyMagicNumbers() throws {
    let frame = frameThatRunsOn
    let false16 = Array(repeating: ZstdFrame.magic + [0xff, 0xff], count: 16).flatMap { $0 }
    #expect(try read(frame + false16).tail?.error == .truncated(name: "f", offset: 0))
    let reason = "it runs on over the frames that follow"
    #expect(try read(frame + false16 + false16).tail?.error == .damaged(name: "f", offset: 0, reason: reason))
  }

  @Test("what is no frame is told apart: at the start the file is another, later it is damaged")
  func notZstd() throws {
    let text = Array("{\"format\":1}".utf8)
    #expect(try read(text).tail == Zstd.Tail(offset: 0, error: .notZstd(name: "f")))
    let reason = "no frame begins here"
    #expect(
      try read(frames[0] + text).tail
        == Zstd.Tail(offset: offsets[1], error: .damaged(name: "f", offset: offsets[1], reason: reason)))
    #expect(failure(ZstdError.self) { try Zstd.decompress(text, limit: 99, name: "f") } == .notZstd(name: "f"))
  }

  @Test("the whole content is refused when any frame is not whole")
  func decompressIsStrict() throws {
    let cut = Array(file.dropLast())
    #expect(
      failure(ZstdError.self) { try Zstd.decompress(cut, limit: Self.limit, name: "f") }
        == .truncated(name: "f", offset: offsets[3]))
    var flipped = file
    flipped[offsets[2] - 1] ^= 1
    let error = failure(ZstdError.self) { try Zstd.decompress(flipped, limit: Self.limit, name: "f") }
    guard case .damaged("f", offsets[1], let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.lowercased().contains("checksum"))
  }

  // MARK: Bombs

  @Test("the limit is for the content of all frames together, to the byte")
  func limit() throws {
    let total = contents.map(\.count).reduce(0, +)
    #expect(try Zstd.decompress(file, limit: total, name: "f").count == total)
    #expect(
      failure(ZstdError.self) { try Zstd.decompress(file, limit: total - 1, name: "f") }
        == .tooLarge(name: "f", offset: offsets[2], limit: total - 1))
  }

  @Test("a small file that would become a large one is refused, whether it announces its size or not")
  func bomb() {
    let bomb = Zstd.compress([UInt8](repeating: 0, count: 64 << 20), level: 1)
    #expect(bomb.count < 10_000)
    #expect(
      failure(ZstdError.self) { try Zstd.decompress(bomb, limit: 1 << 20, name: "f") }
        == .tooLarge(name: "f", offset: 0, limit: 1 << 20))

    // One block of 128 KiB, a byte repeated, many times over, and no content size.
    let header = ZstdFrame.magic + [0x00, 0x58]
    let block: [UInt8] = [0x02, 0x00, 0x10, 0x2a]
    let silent = header + Array(repeating: block, count: 16).flatMap { $0 } + [0x01, 0x00, 0x00]
    #expect(
      failure(ZstdError.self) { try Zstd.decompress(silent, limit: 1 << 20, name: "f") }
        == .tooLarge(name: "f", offset: 0, limit: 1 << 20))
    #expect((try? Zstd.decompress(silent, limit: 2 << 20, name: "f"))?.count == 2 << 20)
  }

  @Test("no memory is taken on a header's word", arguments: [[0x01, 0, 0], [0x09, 0, 0, 7]] as [[UInt8]])
  func announcedSize(lastBlock: [UInt8]) {
    // A frame that announces 2⁴⁰ bytes and holds none or one.
    let liar = ZstdFrame.magic + [0xc0, 0x58, 0, 0, 0, 0, 0, 1, 0, 0] + lastBlock
    let error = failure(ZstdError.self) { try Zstd.decompress(liar, limit: 1 << 50, name: "f") }
    guard case .damaged? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a frame without a checksum is read as part of a content, but not as a frame of ours")
  func noChecksum() throws {
    // One raw block of the byte 42, of announced size 1.
    let frame = ZstdFrame.magic + [0x20, 0x01, 0x09, 0, 0, 42]
    #expect(try Zstd.decompress(frame, limit: 9, name: "f") == [42])
    let error = ZstdError.damaged(name: "f", offset: offsets[1], reason: "it has no checksum")
    #expect(try read(frames[0] + frame).tail == Zstd.Tail(offset: offsets[1], error: error))
  }

  // MARK: Files

  @Test("a file is decompressed by its name or by how it begins, and otherwise read as it is")
  func files() throws {
    let directory = try TemporaryDirectory()
    for (name, bytes) in [("a.zst", file), ("b", file), ("c", contents.flatMap { $0 })] {
      try AtomicFile.write(bytes, to: directory.path(name))
      #expect(try Zstd.readFile(directory.path(name), limit: Self.limit) == contents.flatMap { $0 })
    }
    try AtomicFile.write("text", to: directory.path("d.zst"))
    #expect(
      failure(ZstdError.self) { try Zstd.readFile(directory.path("d.zst"), limit: 9) }
        == .notZstd(name: directory.path("d.zst")))
    let absent = directory.path("e.zst")
    #expect(failure(FileError.self) { try Zstd.readFile(absent, limit: 9) } == .missing(path: absent))
  }

  @Test("every message names the file")
  func messages() {
    let errors: [ZstdError] = [
      .empty(name: "a.zst"), .notZstd(name: "a.zst"), .foreign(name: "a.zst", format: .gzip),
      .unsupported(name: "a.zst", offset: 12, need: .window), .unsupported(name: "a.zst", offset: 12, need: .dictionary),
      .truncated(name: "a.zst", offset: 12),
      .damaged(name: "a.zst", offset: 12, reason: "r"), .tooLarge(name: "a.zst", offset: 12, limit: 5),
    ]
    for error in errors { #expect(error.description.hasPrefix("a.zst ")) }
    for error in errors.dropFirst(3) { #expect(error.description.contains("byte 12")) }
  }
}
