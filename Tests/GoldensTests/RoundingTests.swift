import Files
import TestSupport
import Testing

@testable import Goldens
@testable import Traces

/// Openings of a made-up network whose numbers scatter as those of another rounding do.
private enum Opening {
  static let names = [
    "layer_dict.input_conv.layer_dict.conv_0.weight", "layer_dict.input_conv.layer_dict.conv_0.bias", "logit_linear_layer.weight",
    "logit_linear_layer.bias",
  ]
  /// A bias before batch norm: all its gradient is rounding.
  static let zero = names[1]

  static func line(_ point: String, member: UInt64, scatter: Double) -> OpeningLine {
    var random = Generator(seed: member &* 7919 &+ UInt64(point.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))
    func noisy(_ value: Double) -> Double { value * (1 + scatter * Double.random(in: -1...1, using: &random)) }
    return OpeningLine(
      point: point, numbers: [NamedValue("loss", noisy(2.3)), NamedValue("logits", noisy(0.1))],
      quantities: ["gradient", "sketch-0", "sketch-1", "update", "first", "second"],
      parameters: names.enumerated().map { index, name in
        let sign = name == zero ? (Bool.random(using: &random) ? 1.0 : -1.0) : 1
        let size = name == zero ? 1e-8 : pow10(-index)
        return .init(
          name,
          [noisy(size), sign * noisy(0.7), sign * noisy(-0.4), noisy(1), noisy(0.1 * size), noisy(0.03 * size)])
      }, buffers: [NamedValue("layer_dict.input_conv.layer_dict.bn_0.running_mean", noisy(0.2))])
  }

  private static func pow10(_ exponent: Int) -> Double { power10(Double(exponent)) }

  static let points = ["step-0", "step-1", "step-2"], anchors = ["anchor-1"]

  static func lines(_ points: [String], member: UInt64, scatter: Double = 1e-7) -> [OpeningLine] {
    points.map { line($0, member: member, scatter: scatter) }
  }

  static func envelope() throws -> RoundingEnvelope {
    try RoundingEnvelope(
      opening: lines(points, member: 0, scatter: 0), anchors: lines(anchors, member: 0, scatter: 0),
      members: (1...32).map { lines(points + anchors, member: $0) })
  }

  static let inputs = [
    InputsLine(version: 1, epoch: 0, values: [.init("training", .string("0123456789abcdef")), .init("steps", JSONValue(3))]),
    InputsLine(version: 1, epoch: nil, values: [.init("test", .string("0000000000000000"))]),
  ]

  static func run(seed: UInt64 = 0, numerics: Int = 1, member: UInt64 = 0, scatter: Double = 0) -> Trace {
    Sample.run(seed: seed).with(
      header: Sample.header(seed: seed, numerics: numerics), inputs: inputs,
      opening: lines(points, member: member, scatter: scatter))
  }

  static func golden() throws -> Golden {
    let plain = try Sample.golden()
    return try Golden(trace: run(), reason: "for a test", bands: plain.bands, rounding: envelope(), path: "golden")
  }
}

@Suite("Within rounding")
struct RoundingTests {
  private let golden: Golden

  init() throws { golden = try Opening.golden() }

  private func judge(_ trace: Trace, anchors: [OpeningLine]? = nil) -> Judgement {
    Judgement(trace, against: golden, run: "run", anchors: anchors)
  }

  private func changed(_ point: Int = 1, _ change: (inout OpeningLine) -> Void) -> Trace {
    let trace = Opening.run(numerics: 2, member: 99, scatter: 1e-7)
    var opening = trace.opening
    change(&opening[point])
    return trace.with(opening: opening)
  }

  @Test("the same seed with other rounding is within-rounding, whatever its contract version, and not where another seed is")
  func within() {
    let judgement = judge(Opening.run(numerics: 2, member: 99, scatter: 1e-7))
    guard case .withinRounding(.settings(let differences)) = judgement.verdict else {
      Issue.record("\(judgement.verdict): \(judgement.findings)")
      return
    }
    #expect(differences.map(\.name) == ["numerics"])
    // 2 numbers, 3 parameters of 6, one zero gradient and a buffer, at three steps; inputs of the epoch and the test.
    #expect(judgement.counts.rounded == 3 * (2 + 18 + 1 + 1) && judgement.counts.inputs == 3)
    #expect(judgement.verdict.passes(Requirement(.withinRounding)) && !judgement.verdict.passes(Requirement(.identical)))
    let other = judge(Opening.run(seed: 1, member: 99, scatter: 0.5)).verdict
    #expect(other.name == "within-band" && !other.passes(Requirement(.withinRounding)))
  }

  @Test("bits that settings and contract promise equal break the promise within rounding too")
  func brokenPromise() {
    let verdict = judge(Opening.run(member: 99, scatter: 1e-7)).verdict
    #expect(verdict.name == "within-rounding" && verdict.breaksPromise && !verdict.passes(Requirement()))
    #expect(judge(Opening.run()).verdict == .identical)
    let anchors = Opening.lines(Opening.anchors, member: 99)
    #expect(judge(Opening.run(), anchors: anchors).verdict.breaksPromise)
    #expect(judge(Opening.run(), anchors: golden.rounding?.anchors).verdict == .identical)
  }

  @Test(
    "one number off by a thousandth is a regression: step, quantity, parameter, how far out",
    arguments: ["gradient", "sketch-0", "update", "first", "second"])
  func regression(quantity: String) throws {
    let trace = changed { line in
      let column = line.quantities.firstIndex(of: quantity)!
      line.parameters[2].numbers[column] *= 1.001
    }
    let judgement = judge(trace)
    #expect(judgement.verdict == .regression && judgement.findings.count == 1, "\(judgement.findings)")
    let finding = try #require(judgement.findings.first)
    #expect(finding.metric == "opening.step-1.\(quantity)" && finding.layer == Opening.names[2])
    guard case .beyondRounding(_, _, let times) = finding.kind else {
      Issue.record("\(finding)")
      return
    }
    #expect(times > 10 && finding.description.contains("times what other rounding explains"))
  }

  @Test("loss, logits and buffers are judged as well")
  func otherNumbers() {
    #expect(judge(changed { $0.numbers[0].value *= 1.001 }).findings.map(\.metric) == ["opening.step-1.loss"])
    #expect(judge(changed { $0.numbers[1].value *= 1.001 }).findings.map(\.metric) == ["opening.step-1.logits"])
    #expect(judge(changed { $0.buffers[0].value *= 1.001 }).findings.map(\.metric) == ["opening.step-1.norm"])
  }

  @Test("steps from anchors are judged where they were made")
  func anchors() {
    var anchors = Opening.lines(Opening.anchors, member: 99)
    let trace = Opening.run(numerics: 2, member: 99, scatter: 1e-7)
    #expect(judge(trace, anchors: anchors).verdict.name == "within-rounding")
    anchors[0].parameters[0].numbers[3] *= 1.001
    #expect(judge(trace, anchors: anchors).findings.map(\.metric) == ["opening.anchor-1.update"])
  }

  @Test("a gradient that is zero by mathematics may be anything small, and is outside where it is not small")
  func zeroGradient() {
    #expect(golden.rounding?.zeroGradients == [Opening.zero])
    func with(_ gradient: Double) -> Judgement {
      judge(changed { line in line.parameters[1].numbers = [gradient, 0.1, 0.1, 0.3, 0.5, 0.7] })
    }
    #expect(with(1e-9).verdict.name == "within-rounding" && with(0).verdict.name == "within-rounding")
    #expect(with(1e-2).findings.map(\.metric) == ["opening.step-1.zero_gradient"])
  }

  @Test("a living gradient that scatters as rounding does is judged as any other")
  func livingGradient() throws {
    // Before units that flip, a vector's sketches may have either sign in each member.
    func members(_ range: ClosedRange<UInt64>) -> [[OpeningLine]] {
      range.map { member in
        Opening.lines(Opening.points + Opening.anchors, member: member).map { line in
          var line = line
          for column in 1...2 where member % 2 == 0 { line.parameters[3].numbers[column] *= -1 }
          return line
        }
      }
    }
    let envelope = try RoundingEnvelope(
      opening: Opening.lines(Opening.points, member: 0, scatter: 0),
      anchors: Opening.lines(Opening.anchors, member: 0, scatter: 0),
      members: members(1...32))
    #expect(envelope.zeroGradients == [Opening.zero])
    var line = Opening.lines(Opening.points, member: 99)
    line[1].parameters[3].numbers[0] = 0
    let found = envelope.judge(line, opening: Opening.lines(Opening.points, member: 0, scatter: 0))
    #expect(found.findings.map(\.metric) == ["opening.step-1.gradient"], "\(found.findings)")
  }

  @Test("what is not finite is never within anything", arguments: [Double.nan, .infinity])
  func notFinite(value: Double) {
    for trace in [
      changed { $0.numbers[0].value = value }, changed { $0.parameters[0].numbers[0] = value },
      changed { $0.parameters[1].numbers[0] = value }, changed { $0.buffers[0].value = value },
    ] {
      #expect(judge(trace).verdict == .regression)
      #expect(judge(trace).findings.first?.kind == .notFinite, "\(judge(trace).findings)")
    }
  }

  @Test("an opening with fewer steps, or with tensors missing, too many or in another order, is a finding that names them")
  func layout() {
    let trace = Opening.run(numerics: 2, member: 99, scatter: 1e-7)
    let cases: [(Trace, String)] = [
      (trace.with(opening: Array(trace.opening.dropLast())), "step-2"),
      (changed { $0.parameters.removeLast() }, "without the parameter logit_linear_layer.bias"),
      (changed { $0.parameters.append(.init("other.weight", [1, 0, 0, 1, 1, 1])) }, "a parameter other.weight too much"),
      (changed { $0.parameters.swapAt(0, 1) }, "another order of parameters"),
      (changed { $0.buffers = [] }, "without the buffer"),
    ]
    for (trace, text) in cases {
      let judgement = judge(trace)
      #expect(judgement.verdict == .regression && judgement.findings.first?.description.contains(text) == true, "\(text)")
    }
  }

  @Test("another input is exact, under any contract version, and by name; those of another seed are not compared")
  func inputs() {
    var inputs = Opening.inputs
    inputs[0].values[0].value = .string("ffffffffffffffff")
    let finding = judge(Opening.run(numerics: 2).with(inputs: inputs)).findings.first
    #expect(finding?.metric == "inputs.training" && finding?.epoch == 0)
    #expect(judge(Opening.run(seed: 1).with(inputs: inputs)).verdict.name == "within-band")
    inputs[0].values[1].value = JSONValue(2)
    #expect(judge(Opening.run(seed: 1).with(inputs: inputs)).findings.first?.metric == "inputs.steps")
    inputs = Opening.inputs.map { InputsLine(version: 2, epoch: $0.epoch, values: [.init("training", .string("ff"))]) }
    #expect(judge(Opening.run(numerics: 2).with(inputs: inputs)).verdict.name == "within-rounding")
  }

  @Test("goldens and runs of older programs are judged as before")
  func older() throws {
    let plain = try Sample.golden()
    #expect(Judgement(Opening.run(), against: plain, run: "").verdict == .identical)
    #expect(Judgement(Opening.run(numerics: 2), against: plain, run: "").verdict.name == "within-band")
    #expect(judge(Sample.run(seed: 0)).verdict == .identical)
    #expect(judge(Sample.run(seed: 0).with(header: Sample.header(numerics: 2))).verdict.name == "within-band")
    for (golden, version) in [(try plain.ofTheFirstMethod(), 1), (try golden.ofTheFirstMethod(), 2), (golden, 3), (plain, 3)] {
      #expect(String(decoding: golden.content, as: UTF8.self).contains("{\"golden\":{\"version\":\(version),"))
      #expect(try Golden(content: golden.content, path: "golden") == golden)
    }
  }

  @Test("it reads back as it was recorded; one that its members do not make is refused, though its seal be right")
  func file() throws {
    #expect(try Golden(content: golden.content, path: "golden") == golden)
    let text = String(decoding: golden.content, as: UTF8.self).split(separator: "\n").dropLast().map { $0 + "\n" }.joined()
    let envelope = try #require(golden.rounding)
    let group = try #require(envelope.groups.first)
    let threshold = "[\"\(group.name)\",\(group.threshold),["
    for (from, to) in [
      (threshold, "[\"\(group.name)\",\(group.threshold * 2),["),
      (threshold + "\(group.leftOut[0])", threshold + "1000000.0"),
      (threshold + "\(group.leftOut[0])", threshold + "\"nan\""),
      ("\"spreads\":[\(envelope.spreads[0])", "\"spreads\":[0.0"),
      ("\"spreads\":[\(envelope.spreads[0]),", "\"spreads\":["),
      ("\"offsets\":[\(envelope.offsets[0])", "\"offsets\":[100000.0"),
      ("\"kappa\":8.0", "\"kappa\":1.0"), ("{\"rounding\":{\"version\":2", "{\"rounding\":{\"version\":9"),
      ("\"anchors\":1", "\"anchors\":2"), ("\"zero_gradients\":[\"\(Opening.zero)\"]", "\"zero_gradients\":[]"),
    ] {
      #expect(text.contains(from), "\(from)")
      let body = Array(text.replacing(from, with: to, maxReplacements: 1).utf8)
      #expect(throws: (any Error).self, "\(from) \(to)") {
        try Golden(content: body + Golden.seal(of: body), path: "golden")
      }
    }
  }

  @Test("what is judged together: a point's numbers, quantities of weights and of vectors, both sketches as one, buffers by kind")
  func groups() throws {
    let names = try #require(golden.rounding).groups.map(\.name).filter { $0.hasPrefix("step-0 ") }
    #expect(
      names
        == [
          "loss", "logits", "gradient of weights", "sketches of weights", "update of weights", "first of weights",
          "second of weights", "zero gradients", "gradient of vectors", "sketches of vectors", "update of vectors",
          "first of vectors", "second of vectors", "running_mean",
        ].map { "step-0 " + $0 })
  }

  @Test("no spread is believed that is smaller than half an ulp of binary32, or a tenth of a decade of a zero gradient's size")
  func smallestSpread() throws {
    let numbers = OpeningNumber.all(of: golden.trace.opening, zeroGradients: [Opening.zero])
    #expect(numbers.count { $0.isOneSided } == 3)
    for number in numbers {
      let spread = RoundingEnvelope.smallestSpread(number), ulp = log10(1 + 0x1p-24)
      #expect(number.isOneSided ? spread == 0.1 : abs(spread / ulp - 1) < 0.01)
    }
  }

  @Test("a study tells the largest deviation, in thresholds, and its group")
  func study() throws {
    let envelope = try #require(golden.rounding)
    var lines = Opening.lines(Opening.points + Opening.anchors, member: 99)
    let inside = envelope.study(lines, opening: golden.trace.opening)
    #expect(!inside.isOutside && inside.largest > 0 && inside.largest <= 1)
    lines[1].buffers[0].value *= 1.001
    lines[2].numbers[0].value *= 1.1
    let outside = envelope.study(lines, opening: golden.trace.opening)
    #expect(outside.isOutside && outside.group == "step-2 loss")
    let times = envelope.judge(lines, opening: golden.trace.opening).largest
    #expect(outside.largest == times.values.max() && outside.largest == times["step-2 loss"] && outside.largest > 1)
  }

  @Test("a finding beyond rounding tells its numbers, in decades where logarithms are compared, and how far in three digits")
  func words() {
    func words(_ quantity: String) -> String {
      Finding(
        .beyondRounding(expected: 1.234567891, tolerance: 0.0012345, times: 12.3456), metric: "opening.step-1.\(quantity)",
        layer: "a", found: 2.345678912
      ).description
    }
    let begin = ": found 2.34567891, expected 1.23456789 within 0.0012"
    let end = "; 12.3 times what other rounding explains"
    #expect(words("loss") == "opening.step-1.loss of a" + begin + " decades" + end)
    #expect(words("sketch-0") == "opening.step-1.sketch-0 of a" + begin + end)
  }

  @Test("a finding of an update tells the element, and what follows from its gradient")
  func wordsOfUpdates() {
    let finding = Finding(
      .otherUpdate(expected: 0.25, tolerance: 0.001, element: 17, times: 12.3), metric: "opening.anchor-1.first", layer: "a",
      found: 0.2623)
    #expect(
      finding.description
        == "opening.anchor-1.first of a, element 17: found 0.2623, and from its gradient follows 0.25 within 0.001; "
        + "12.3 times what rounding explains")
  }

  @Test("an ensemble with a member that is not finite or laid out otherwise makes no envelope")
  func badMembers() throws {
    var members = (1...32).map { Opening.lines(Opening.points + Opening.anchors, member: $0) }
    members[3][1].numbers[0].value = .nan
    func make() throws {
      _ = try RoundingEnvelope(
        opening: Opening.lines(Opening.points, member: 0), anchors: Opening.lines(Opening.anchors, member: 0), members: members)
    }
    #expect { try make() } throws: { "\($0)".contains("member 3: opening.step-1.loss") }
    members[3][1].numbers.removeFirst()
    #expect { try make() } throws: { "\($0)".contains("member 3: step-1 without the number loss") }
  }

  @Test("a threshold is ten times the largest left-out value, and at least six spreads")
  func threshold() throws {
    #expect(RoundingEnvelope.threshold(leftOut: [0.5, 2, 1.5]) == 20 && RoundingEnvelope.threshold(leftOut: [0.5, 0.1]) == 6)
    let envelope = try #require(golden.rounding)
    #expect(envelope.groups.allSatisfy { $0.leftOut.count == 32 && $0.threshold >= 6 && $0.threshold >= 9.9 * $0.leftOut.max()! })
  }

  @Test("fresh members of the ensemble's own size are inside, and a member that flipped widens only its own groups")
  func falseAlarms() throws {
    let envelope = try #require(golden.rounding)
    let outside = (100..<200).count { member in
      !envelope.judge(Opening.lines(Opening.points + Opening.anchors, member: UInt64(member)), opening: golden.trace.opening)
        .findings.isEmpty
    }
    #expect(outside == 0)
    var members = (1...32).map { Opening.lines(Opening.points + Opening.anchors, member: $0) }
    members[5][0].parameters[0].numbers[0] *= 1.01
    let flipped = try RoundingEnvelope(
      opening: golden.trace.opening, anchors: envelope.anchors, members: members)
    let group = try #require(flipped.groups.first { $0.name == "step-0 gradient of weights" })
    #expect(group.threshold > 25 && flipped.groups.filter { $0.threshold > 25 }.count == 1)
  }
}
