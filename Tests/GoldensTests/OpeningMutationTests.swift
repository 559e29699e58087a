import Testing
import Traces

@testable import Goldens

/// Each number of a recorded opening and of its anchors is off by a little; the rest is as the reference has it.
@Suite("The envelope notices numbers that are a little off")
struct OpeningMutationTests {
  /// A row of `smoke`, and the shares in per cent of its numbers that were noticed when this was written, for each of `changes`.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let noticed: [Int]
    var testDescription: String { name }
  }

  private static let changes: [(name: String, factor: Double)] = [("1 %", 1.01), ("0.1 %", 1.001), ("0.01 %", 1.0001)]

  private static let rows = [
    Row(name: "vgg08", noticed: [99, 95, 76]), Row(name: "vgg38", noticed: [59, 30, 26]),
    Row(name: "vgg38-bn-1e-2", noticed: [8, 6, 6]), Row(name: "vgg38-bn-1e-3", noticed: [9, 6, 6]),
    Row(name: "vgg38-rc", noticed: [75, 61, 46]), Row(name: "vgg38-bn-rc-1e-3", noticed: [11, 8, 7]),
    Row(name: "vgg38-bn-rc-1e-2", noticed: [9, 7, 7]),
  ]

  private func scaled(_ line: OpeningLine, by factor: Double) -> OpeningLine {
    var line = line
    for index in line.numbers.indices { line.numbers[index].value *= factor }
    for index in line.parameters.indices { line.parameters[index].numbers = line.parameters[index].numbers.map { $0 * factor } }
    for index in line.buffers.indices { line.buffers[index].value *= factor }
    return line
  }

  /// Every number is judged for itself, so all are changed at once, and the findings are counted. A gradient that is zero by
  /// mathematics is judged by its weight's, and both are changed: of it nothing is noticed.
  @Test("in as many places as golden/README.md tells", arguments: rows)
  func shares(row: Row) throws {
    let golden = try Sample.recorded(row.name)
    let envelope = try #require(golden.rounding)
    let lines = golden.trace.opening + envelope.anchors
    #expect(envelope.judge(lines, opening: golden.trace.opening).findings.isEmpty)
    var shares: [Int] = []
    for change in Self.changes {
      let found = envelope.judge(lines.map { scaled($0, by: change.factor) }, opening: golden.trace.opening)
      let share = 100 * Double(found.findings.count) / Double(found.numbers)
      shares.append(Int(share.rounded()))
      for finding in found.findings { #expect(finding.metric.hasPrefix("opening.")) }
    }
    #expect(shares == row.noticed, "of \(lines.flatMap(\.values).count) numbers")
    let words = zip(Self.changes, shares).map { "\($1) % at \($0.name)" }.joined(separator: ", ")
    print("mutations: opening of smoke \(row.name): each number changed: noticed \(words)")
  }

  @Test("each gradient of step 0 of vgg08 that is off by 1 % is one finding, with its name")
  func one() throws {
    let golden = try Sample.recorded("vgg08")
    let envelope = try #require(golden.rounding)
    let opening = golden.trace.opening
    var (noticed, all) = (0, 0)
    for index in opening[0].parameters.indices where !envelope.zeroGradients.contains(opening[0].parameters[index].name) {
      var changed = opening
      changed[0].parameters[index].numbers[0] *= 1.01
      let findings = envelope.judge(changed, opening: opening).findings
      all += 1
      if let finding = findings.first {
        noticed += 1
        #expect(findings.count == 1 && finding.metric == "opening.step-0.gradient")
        #expect(finding.layer == opening[0].parameters[index].name)
      }
    }
    #expect(noticed == all && all > 10)
  }
}
