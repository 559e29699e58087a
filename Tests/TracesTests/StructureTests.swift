import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct StructureTests {
  private static let header = TraceLine.header(Sample.header())

  private static func e(_ epoch: Int) -> TraceLine { .epoch(Sample.epoch(epoch)) }
  private static func s(_ epoch: Int, _ first: Int, _ count: Int = 2) -> TraceLine {
    .steps(Sample.steps(epoch, first: first, count: count))
  }
  private static func l(_ epoch: Int, _ step: Int) -> TraceLine { .layers(Sample.layers(epoch, step: step)) }
  private static func t(_ epoch: Int) -> TraceLine { .test(Sample.test(epoch: epoch)) }
  private static let other = TraceLine.unknown(.object([.init("bands", JSONValue(1))]))

  static let good: [[TraceLine]] = [
    [header],
    [header, e(0), e(1), t(1)],
    [header, s(0, 0), s(0, 2), l(0, 0), l(0, 5), e(0), l(1, 0), s(1, 0)],
    [header, other, e(0), other, t(0), other],
  ]

  /// Lines of which the last cannot stand there.
  static let bad: [[TraceLine]] = [
    [header, header],
    [header, e(1)],
    [header, e(0), e(0)],
    [header, e(0), e(2)],
    [header, e(0), e(1), e(0)],
    [header, s(0, 1)],
    [header, s(0, 0), s(0, 1)],
    [header, s(0, 0), s(0, 3)],
    [header, s(1, 0)],
    [header, e(0), s(0, 0)],
    [header, l(0, 1), l(0, 1)],
    [header, l(0, 1), l(0, 0)],
    [header, e(0), l(0, 0)],
    [header, t(0)],
    [header, e(0), t(1)],
    [header, e(0), s(1, 0), t(0)],
    [header, e(0), l(1, 0), t(0)],
    [header, e(0), t(0), t(0)],
    [header, e(0), t(0), e(1)],
    [header, e(0), t(0), s(1, 0)],
  ]

  @Test("lines in the order of a run are read", arguments: good)
  func accepted(lines: [TraceLine]) throws {
    let trace = try trace(lines)
    #expect(trace.lines == lines.count)
    #expect(trace.unknown.count == lines.filter { $0 == Self.other }.count)
  }

  @Test("a line that is missing, doubled or out of order is refused by its number", arguments: bad)
  func refused(lines: [TraceLine]) throws {
    _ = try trace(lines.dropLast())
    let error = try #require(throws: TraceError.self) { try trace(lines) }
    #expect(error.line == lines.count)
    guard case .misplaced = error.problem else {
      Issue.record("\(error)")
      return
    }
  }

  @Test("a trace that does not begin with its header is refused", arguments: [Self.e(0), Self.s(0, 0), Self.other])
  func noHeader(line: TraceLine) throws {
    let error = try #require(throws: TraceError.self) { try trace([line]) }
    #expect(error == TraceError(.noHeader, line: 1))
  }

  @Test("the writer refuses what the reader would, and appends nothing of it", arguments: bad)
  func writerRefuses(lines: [TraceLine]) throws {
    try withDirectory { directory in
      let path = directory + "/trace.jsonl.zst"
      let writer = try TraceWriter(creating: path, header: Sample.header())
      for line in lines.dropFirst().dropLast() { try writer.append(line) }
      #expect(throws: TraceError.self) { try writer.append(lines.last!) }
      try writer.flush()
      #expect(try Trace(path: path).lines == lines.count - 1)
    }
  }

  @Test("step digests are found by epoch and step, across lines")
  func lookup() throws {
    let trace = try trace([Self.header, Self.s(0, 0, 2), Self.s(0, 2, 1), Self.l(0, 2), Self.e(0), Self.s(1, 0, 1)])
    #expect(trace.stepDigests[0] == (0..<3).map { Sample.short("epoch 0, step \($0)") })
    #expect(trace.stepDigests[1]?.count == 1)
    #expect(trace.stepDigests[2] == nil)
    #expect(trace.layersByEpoch[0]?[2] == Sample.layers(0, step: 2))
  }
}
