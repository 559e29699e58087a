import Digests
import Files
import TestSupport
import Testing

@testable import Traces

@Suite("Readers of damaged traces") struct DamagedTraceTests {
  /// Changes `bytes` in one to four places.
  private func mutate(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(Array("{}[]\",:-0.9e\n".utf8).randomElement(using: &random)!, at: place)
      case 4: bytes.removeSubrange(place..<min(place + 20, bytes.count))
      default: bytes.insert(contentsOf: bytes[place..<min(place + 20, bytes.count)], at: place)
      }
    }
    return bytes
  }

  @Test(
    "changed lines are read or refused with a line number, and what is read is written back the same",
    arguments: 0..<4 as Range<UInt64>)
  func lines(seed: UInt64) throws {
    var random = Generator(seed: seed)
    let bytes = content(Sample.lines(epochs: 1))
    var read = 0
    var refused = 0
    for _ in 0..<60 {
      let changed = mutate(bytes, &random)
      do throws(TraceError) {
        let trace = try Trace(content: changed)
        read += 1
        // Whatever is accepted has a text of its own that reads as the same trace.
        var lines: [TraceLine] = [.header(trace.header)]
        lines += trace.layers.map(TraceLine.layers) + trace.steps.map(TraceLine.steps)
        lines += trace.epochs.map(TraceLine.epoch) + (trace.test.map { [.test($0)] } ?? [])
        let again = try Trace(content: content(lines))
        #expect(again.header == trace.header && again.epochs == trace.epochs && again.test == trace.test)
        #expect(again.steps == trace.steps && again.layers == trace.layers)
      } catch {
        refused += 1
        #expect(error.line != nil || error.problem == .noHeader)
      }
    }
    #expect(refused > 0 && read + refused == 60)
  }

  @Test(
    "changed files are read, torn or refused, and a resume never ends with other content",
    arguments: 0..<2 as Range<UInt64>)
  func files(seed: UInt64) throws {
    var random = Generator(seed: seed &+ 100)
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let lines = Sample.lines()
      let writer = try TraceWriter(creating: path, header: Sample.header())
      for line in lines[1...3] { try writer.append(line) }
      try writer.flush()
      let mark = writer.mark
      for line in lines[4...] { try writer.append(line) }
      try writer.close()
      let bytes = try readFile(path, limit: 1 << 20)
      var resumed = 0
      for _ in 0..<60 {
        try overwrite(path, mutate(bytes, &random))
        // The checksums leave no other outcome: what is read is a prefix of what was written.
        if let trace = try? Trace(path: path) {
          #expect(trace.lines <= lines.count)
          #expect(Array(trace.epochs) == Array([Sample.epoch(0), Sample.epoch(1)].prefix(trace.epochs.count)))
        }
        guard let writer = try? TraceWriter(resuming: path, header: Sample.header(), at: mark) else { continue }
        resumed += 1
        for line in lines[4...] { try writer.append(line) }
        try writer.close()
        #expect(try Zstd.readFile(path, limit: 1 << 20) == content(lines))
      }
      #expect(resumed > 0)
    }
  }
}
