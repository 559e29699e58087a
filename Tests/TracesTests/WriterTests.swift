import Digests
import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct WriterTests {
  /// Writes `lines` (the first is the header) with a flush after each line whose index is in `flushes`, and at the end.
  private func write(_ lines: [TraceLine], flushes: Set<Int>, to path: String) throws -> [TraceMark] {
    guard case .header(let header) = lines[0] else { fatalError("lines begin with a header") }
    let writer = try TraceWriter(creating: path, header: header)
    var marks = [writer.mark]
    for (index, line) in lines.enumerated().dropFirst() {
      try writer.append(line)
      if flushes.contains(index) {
        try writer.flush()
        marks.append(writer.mark)
      }
    }
    try writer.close()
    return marks
  }

  private func decompressed(_ path: String) throws -> [UInt8] { try Zstd.readFile(path, limit: 1 << 20) }

  @Test(
    "where flushes fall never shows in the decompressed lines",
    arguments: [[], [1], [2, 3, 5], [1, 2, 3, 4, 5, 6, 7]])
  func flushesAreInvisible(flushes: [Int]) throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      _ = try write(Sample.lines(), flushes: Set(flushes), to: path)
      #expect(try decompressed(path) == content(Sample.lines()))
      let trace = try Trace(path: path)
      #expect(trace.torn == nil)
      #expect(trace.header == Sample.header())
      #expect(trace.epochs == [Sample.epoch(0), Sample.epoch(1)])
      #expect(trace.test == Sample.test(epoch: 0))
    }
  }

  @Test("each flush is one whole frame with a content checksum, and a flush of nothing is none")
  func frames() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let writer = try TraceWriter(creating: path, header: Sample.header())
      try writer.append(.steps(Sample.steps(0)))
      try writer.append(.epoch(Sample.epoch(0)))
      try writer.flush()
      try writer.flush()
      var frames: [[UInt8]] = []
      let bytes = try readFile(path, limit: 1 << 20)
      let tail = try Zstd.frames(bytes, limit: 1 << 20, name: path) { frames.append($0) }
      #expect(tail == nil)
      let lines = Sample.lines(epochs: 1)
      #expect(frames == [content([lines[0]]), content([lines[2], lines[3]])])
      // Frame header descriptor, RFC 8878 section 3.1.1.1.1: bit 2 announces the checksum.
      #expect(bytes[4] & 0b100 != 0)
      // A changed checksum is noticed.
      var damaged = bytes
      damaged[damaged.count - 1] ^= 1
      try overwrite(path, damaged)
      #expect(throws: ZstdError.self) { try Trace(path: path) }
    }
  }

  @Test("a new trace holds its header at once, and an old one is not overwritten unasked")
  func creating() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let writer = try TraceWriter(creating: path, header: Sample.header())
      #expect(try Trace(path: path).header == Sample.header())
      try writer.append(.epoch(Sample.epoch(0)))
      try writer.close()
      let error = try #require(throws: TraceError.self) {
        try TraceWriter(creating: path, header: Sample.header())
      }
      #expect(error == TraceError(.exists, path: path))
      #expect(try Trace(path: path).epochs.count == 1)
      _ = try TraceWriter(creating: path, header: Sample.header(seed: 8), replacing: true)
      #expect(try Trace(path: path).header.seed == 8)
      #expect(try Trace(path: path).epochs.isEmpty)
    }
  }

  @Test("a line with which the trace would be longer than readers take is refused, and what is in the file stays readable")
  func tooLong() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let length = content([.header(Sample.header()), .epoch(Sample.epoch(0))]).count
      let writer = try TraceWriter(creating: path, header: Sample.header(), limit: length)
      try writer.append(.epoch(Sample.epoch(0)))
      try writer.flush()
      #expect(throws: TraceError(.tooLong(limit: length), path: path)) { try writer.append(.epoch(Sample.epoch(1))) }
      #expect(throws: TraceError(.broken, path: path)) { try writer.flush() }
      #expect(try Trace(path: path, limit: length).epochs.count == 1)
    }
  }

  @Test("a line that would not read back, such as a name twice, is refused and leaves the writer usable")
  func unreadableLine() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let writer = try TraceWriter(creating: path, header: Sample.header())
      var twice = Sample.epoch(0)
      twice.gradientFlow.append(twice.gradientFlow[0])
      #expect(throws: TraceError.self) { try writer.append(.epoch(twice)) }
      try writer.append(.epoch(Sample.epoch(0)))
      try writer.close()
      #expect(try Trace(path: path).epochs == [Sample.epoch(0)])
      #expect(throws: TraceError(.broken, path: path)) { try writer.append(.epoch(Sample.epoch(1))) }
    }
  }

  @Test("a trace cut at any byte yields the lines of its whole frames, and resumes to the same content")
  func tornAtEveryByte() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      // Small: every byte is a file to read.
      let lines = Sample.lines(epochs: 1) + [.unknown(.object([.init("later", JSONValue(1))]))]
      let marks = try write(lines, flushes: [2, 3], to: path)
      let bytes = try readFile(path, limit: 1 << 20)
      var ends: [(end: Int, lines: Int)] = []
      var whole = 0
      for (first, last) in [(0, 0), (1, 2), (3, 3), (4, 5)] {
        whole += Zstd.compress(content(Array(lines[first...last]))).count
        ends.append((whole, last + 1))
      }
      #expect(whole == bytes.count)

      for length in 0..<bytes.count {
        try overwrite(path, bytes[..<length])
        guard let before = ends.last(where: { $0.end <= length }) else {
          #expect(throws: TraceError(.noHeader, path: path)) { try Trace(path: path) }
          continue
        }
        let trace = try Trace(path: path)
        #expect(trace.lines == before.lines)
        if before.end == length {
          #expect(trace.torn == nil)
        } else {
          #expect(
            trace.torn?.description == "the last frame is torn at byte \(before.end): \(before.lines) lines used")
        }
        // Resuming syncs to the disk, which takes its time: at every frame's edges, and here and there.
        guard length % 97 == 0 || ends.contains(where: { abs($0.end - length) <= 1 }) else { continue }
        // The newest mark that the cut left whole: what a checkpoint could hold.
        let newest = ends.prefix(3).lastIndex { $0.end <= length }!
        let writer = try TraceWriter(resuming: path, header: Sample.header(), at: marks[newest])
        #expect(writer.mark == marks[newest])
        for line in lines[ends[newest].lines...] { try writer.append(line) }
        try writer.close()
        #expect(try decompressed(path) == content(lines))
        #expect(try Trace(path: path).torn == nil)
      }
    }
  }

  @Test("cut back to any line, also within a frame, and continued, a trace has the same content", arguments: 1...8)
  func cutBack(kept: Int) throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let lines = Sample.lines()
      _ = try write(lines, flushes: [4], to: path)
      let before = content(Array(lines[..<kept]))
      let mark = TraceMark(bytes: before.count, digest: before.withUnsafeBytes { Digest(of: $0) })
      let writer = try TraceWriter(resuming: path, header: Sample.header(), at: mark)
      #expect(try decompressed(path) == before)
      #expect(writer.mark == mark)
      for line in lines[kept...] { try writer.append(line) }
      try writer.close()
      #expect(try decompressed(path) == content(lines))
    }
  }

  @Test(
    "bytes of any kind after the mark are dropped on resuming",
    arguments: [[0], [0, 0, 0, 0], [0x28, 0xb5, 0x2f, 0xfd], [9, 9, 9, 9, 9]])
  func garbageAfterMark(garbage: [UInt8]) throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let lines = Sample.lines()
      let mark = try #require(try write(Array(lines[...3]), flushes: [3], to: path).last)
      try AtomicFile.write(try readFile(path, limit: 1 << 20) + garbage, to: path)
      let writer = try TraceWriter(resuming: path, header: Sample.header(), at: mark)
      for line in lines[4...] { try writer.append(line) }
      try writer.close()
      #expect(try decompressed(path) == content(lines))
    }
  }

  @Test(
    "a flush that is stopped leaves a trace that resumes to the same content",
    arguments: TraceWriter.FlushStep.allCases)
  func stoppedFlush(stop: TraceWriter.FlushStep) throws {
    struct Stopped: Error {}
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let lines = Sample.lines()
      let writer = try TraceWriter(creating: path, header: Sample.header())
      for line in lines[1...3] { try writer.append(line) }
      try writer.flush()
      let mark = writer.mark
      for line in lines[4...6] { try writer.append(line) }
      #expect(throws: Stopped.self) {
        try writer.flush { if $0 == stop { throw Stopped() } }
      }
      #expect(throws: TraceError(.broken, path: path)) { try writer.flush() }
      #expect(try Trace(path: path).lines == (stop == .halfWritten ? 4 : 7))
      #expect((try Trace(path: path).torn != nil) == (stop == .halfWritten))
      let resumed = try TraceWriter(resuming: path, header: Sample.header(), at: mark)
      for line in lines[4...] { try resumed.append(line) }
      try resumed.close()
      #expect(try decompressed(path) == content(lines))
    }
  }

  @Test("what follows the mark, damaged or not, does not matter to whether a trace holds what stood there")
  func holdsMark() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let marks = try write(Sample.lines(), flushes: [3], to: path)
      let bytes = try readFile(path, limit: 1 << 20),
        whole = TraceMark(bytes: content(Sample.lines()).count, digest: Digest(of: "x"))
      for mark in marks { try TraceWriter.check(path, holds: mark) }
      #expect(throws: TraceError.self) { try TraceWriter.check(path, holds: whole) }
      let right = TraceMark(bytes: whole.bytes, digest: content(Sample.lines()).withUnsafeBytes { Digest(of: $0) })
      try overwrite(path, bytes + [1, 2, 3, 4, 5, 6, 7, 8])
      try TraceWriter.check(path, holds: right)
      let more = TraceMark(bytes: right.bytes + 1, digest: right.digest)
      #expect(throws: ZstdError.self) { try TraceWriter.check(path, holds: more) }
    }
  }

  @Test(
    "a first line that is no header, of another format or of another kind, is told as line 1",
    arguments: [#"{"format":"other"}"#, TraceLine.steps(Sample.steps(0)).json.description])
  func firstLine(line: String) throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let text = Array((line + "\n").utf8)
      try overwrite(path, Zstd.compress(text))
      let mark = TraceMark(bytes: text.count, digest: text.withUnsafeBytes { Digest(of: $0) })
      let error = try #require(throws: TraceError.self) { try TraceWriter(resuming: path, header: Sample.header(), at: mark) }
      #expect(error.line == 1 && error.description.contains("line 1"))
    }
  }

  @Test("a trace of another run, one that lacks lines, or one with other lines is not continued and not touched")
  func wrongTrace() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let lines = Sample.lines()
      let marks = try write(lines, flushes: [3], to: path)
      let bytes = try readFile(path, limit: 1 << 20)
      func refusal(_ header: TraceHeader, _ mark: TraceMark) throws -> TraceError {
        let error = try #require(throws: TraceError.self) {
          try TraceWriter(resuming: path, header: header, at: mark)
        }
        #expect(try readFile(path, limit: 1 << 20) == bytes)
        return error
      }
      #expect(
        try refusal(Sample.header(seed: 8), marks[1]).problem
          == .otherRun([SettingDifference(name: "seed", first: "7", second: "8")]))
      let all = content(lines).count
      #expect(
        try refusal(Sample.header(), TraceMark(bytes: all + 1, digest: marks[1].digest)).problem
          == .tooShort(expected: all + 1, found: all))
      let other = TraceMark(bytes: marks[1].bytes, digest: marks[0].digest)
      #expect(try refusal(Sample.header(), other).problem == .otherContent(bytes: marks[1].bytes))
      let empty = TraceMark(bytes: 0, digest: Digest(of: ""))
      #expect(try refusal(Sample.header(), empty).problem == .otherContent(bytes: 0))
      let negative = TraceMark(bytes: -5, digest: Digest(of: ""))
      #expect(try refusal(Sample.header(), negative).problem == .otherContent(bytes: -5))
    }
  }

  @Test("a frame damaged before the mark is called damaged, not torn")
  func damaged() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let mark = try #require(try write(Sample.lines(), flushes: [3, 5], to: path).last)
      var bytes = try readFile(path, limit: 1 << 20)
      let first = Zstd.compress(content([Sample.lines()[0]])).count
      bytes[first] ^= 0xff
      try overwrite(path, bytes)
      #expect(throws: ZstdError.self) { try Trace(path: path) }
      #expect(throws: ZstdError.self) { try TraceWriter(resuming: path, header: Sample.header(), at: mark) }
    }
  }

  @Test("a trace that is missing, or decompresses beyond the limit, is refused")
  func limits() throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      #expect(throws: FileError.self) { try Trace(path: path) }
      try AtomicFile.write(Zstd.compress([UInt8](repeating: 10, count: 1 << 20)), to: path)
      #expect(throws: ZstdError.self) { try Trace(path: path, limit: 1 << 16) }
      #expect(throws: TraceError.self) { try Trace(path: path) }
      _ = try TraceWriter(creating: path, header: Sample.header(), replacing: true)
      #expect(throws: FileError.self) { try Trace(path: path, limit: 10) }
    }
  }

  @Test("a trace that is not compressed is read too")
  func plain() throws {
    try withDirectory { directory in
      try AtomicFile.write(content(Sample.lines()), to: directory + "/trace.jsonl")
      let read = try Trace(path: directory + "/trace.jsonl")
      let expected = try trace(Sample.lines())
      #expect(read == expected)
    }
  }
}
