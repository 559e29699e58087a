import Digests
import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct LineTests {
  static let awkward: [Double] = [
    0, -0.0, 1, -1, 0.1, 1.0 / 3, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
    Double.leastNormalMagnitude.nextDown, Double.leastNonzeroMagnitude * 12345,
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan,
    -Double.nan, Double(nan: 5, signaling: false), Double(Float.leastNonzeroMagnitude), 1e16, 123456789.0, 1e-7,
  ]

  @Test("a number in every place of an epoch line reads back bit for bit", arguments: awkward)
  func epochRoundTrip(value: Double) throws {
    let line = EpochLine(
      epoch: 3, learningRate: value, trainLoss: value, trainAccuracy: value, validationLoss: value,
      validationAccuracy: value, gradientFlow: [NamedValue("a", value), NamedValue("b", value)],
      gradientStatistics: [
        GradientStatistics(name: "a.weight", l2: value, max: value, zeros: value, update: value)
      ], digest: Digest(of: "x"), others: [NamedValue("new.metric", value)])
    let text = TraceLine.epoch(line).json.description
    guard case .epoch(let back) = try TraceLine(parsing: text.utf8) else {
      Issue.record("not an epoch line: \(text)")
      return
    }
    #expect(back.values.count == 5 + 2 + 4 + 1)
    for number in back.values {
      #expect(value.isNaN ? number.value.isNaN : number.value.bitPattern == value.bitPattern, "\(number.name)")
    }
    #expect(back == line)
    #expect(!text.contains("null"))
  }

  @Test("what is not finite is a string, never null")
  func nonFinite() {
    var line = Sample.epoch(0)
    line.trainLoss = .nan
    line.validationLoss = -.infinity
    line.learningRate = .infinity
    let text = TraceLine.epoch(line).json.description
    #expect(text.contains(#""learning_rate":"inf","train_loss":"nan","#))
    #expect(text.contains(#""val_loss":"-inf","#))
  }

  @Test("every kind of line reads back as it was", arguments: Sample.lines())
  func roundTrip(line: TraceLine) throws {
    #expect(try TraceLine(parsing: line.json.description.utf8) == line)
  }

  @Test("the lines stand as the format's description shows them")
  func layout() {
    func text(_ line: TraceLine) -> String { line.json.description }
    #expect(
      text(.header(Sample.header())).hasPrefix(
        #"{"format":"gradflow-trace","version":1,"numerics":1,"row":"vgg08","profile":"smoke","seed":7,"#
          + #""data":{"name":"synthetic-1","fingerprint":"sha256:"#))
    #expect(
      text(.header(Sample.header())).hasSuffix(
        #""},"parameters":59716,"training":{"batch":100,"learning_rate":0.001,"augmentation":{"crop":true,"pad":4}}}"#))
    let epoch = text(.epoch(Sample.epoch(0)))
    #expect(
      epoch.hasPrefix(
        #"{"epoch":0,"learning_rate":0.001,"train_loss":4.605170185988092,"train_accuracy":0.1,"val_loss":"#))
    #expect(epoch.contains(#""gradient_flow":{"input_conv_conv_0":2.1e-19,"logit_linear_layer":0.00018},"#))
    #expect(epoch.contains(#"conv_0.weight":{"l2":1e-18,"max":5e-324,"zeros":0.5,"update":0.0}"#))
    #expect(epoch.hasSuffix(#","digest":"\#(Digest(of: "epoch 0"))"}"#))
    let steps = StepsLine(epoch: 1, first: 2, digests: [ShortDigest(bits: 0xab), ShortDigest(bits: .max)])
    #expect(
      text(.steps(steps))
        == #"{"steps":{"epoch":1,"first":2,"digests":["00000000000000ab","ffffffffffffffff"]}}"#)
    let layers = LayersLine(
      epoch: 1, step: 0, entries: [.init(layer: "a", phase: .weightGradient, digest: ShortDigest(bits: 1))])
    #expect(
      text(.layers(layers))
        == #"{"layers":{"epoch":1,"step":0,"entries":[["a","weight_gradient","0000000000000001"]]}}"#)
    #expect(
      text(.test(Sample.test(epoch: 0)))
        == #"{"test":{"epoch":0,"loss":3.25,"accuracy":0.12},"digest":"\#(Digest(of: "epoch 0"))"}"#)
  }

  @Test("the digests of 475 steps take less than 10 KB")
  func stepsAreCompact() {
    let line = TraceLine.steps(Sample.steps(99, count: 475)).json.description
    #expect(line.utf8.count < 10_000)
  }

  @Test("seeds up to 2⁶⁴ − 1 are exact")
  func largestSeed() throws {
    let line = TraceLine.header(Sample.header(seed: .max))
    #expect(line.json.description.contains("\"seed\":18446744073709551615"))
    #expect(try TraceLine(parsing: line.json.description.utf8) == line)
  }

  @Test("a short digest is the first eight bytes of the whole one and prints as sixteen characters")
  func shortDigest() {
    let whole = Digest(of: "abc")
    #expect(ShortDigest(whole).description == String(whole.description.prefix(16)))
    #expect(ShortDigest(hex: "0000000000000001") == ShortDigest(bits: 1))
    #expect(ShortDigest(bits: 1).description == "0000000000000001")
    let fifteen = "000000000000001"
    for wrong in ["", fifteen, "00" + fifteen, "g" + fifteen, "A" + fifteen, "+" + fifteen] {
      #expect(ShortDigest(hex: wrong) == nil, "\(wrong)")
    }
  }

  @Test("numbers are the same when they have the same bits, and every NaN is a NaN")
  func equality() {
    #expect(NamedValue("a", .nan) == NamedValue("a", -Double.nan))
    #expect(NamedValue("a", 0) != NamedValue("a", -0.0))
    #expect(NamedValue("a", .nan) != NamedValue("a", 0))
    #expect(NamedValue("a", 0) != NamedValue("a", .nan))
    #expect(NamedValue("a", 1) != NamedValue("b", 1))
    #expect(Sample.epoch(0, loss: 1) != Sample.epoch(0, loss: 1.0.nextUp))
  }

  @Test("two test lines are equal only if epoch, loss, accuracy and digest are")
  func testLines() {
    let line = Sample.test(epoch: 0)
    var others = [line, line, line, line]
    others[0].epoch = 1
    others[1].loss = line.loss.nextUp
    others[2].accuracy = line.accuracy.nextDown
    others[3].digest = Digest(of: "another")
    #expect(line == Sample.test(epoch: 0))
    for other in others { #expect(line != other) }
  }

  @Test("two epoch lines are equal only if epoch, digest and numbers are")
  func epochLines() {
    let line = Sample.epoch(0)
    var other = line
    other.digest = Digest(of: "another")
    #expect(line == Sample.epoch(0) && line != other && line != Sample.epoch(1))
  }

  @Test("a run that diverged tells its place: a step of training, also where the gradient alone did, or a batch of an evaluation")
  func diverged() {
    func words(_ metric: String, _ found: Double?) -> String {
      DivergedRun(metric: metric, epoch: 3, step: 7, found: found, layer: "l").description
    }
    #expect(words("train_loss", .infinity) == "it diverged in epoch 3: train_loss became inf at step 7, from l on")
    #expect(words("val_loss", .nan) == "it diverged in epoch 3: val_loss became nan at batch 7, from l on")
    #expect(words("gradient_flow", nil) == "it diverged in epoch 3: a gradient was not finite at step 7, from l on")
  }

  @Test("what a directory's record of divergence says is read back; none, a longer one or one without a key is none")
  func divergedFile() throws {
    let directory = try TemporaryDirectory()
    #expect(DivergedRun(in: directory.path) == nil)
    for run in [
      DivergedRun(metric: "val_loss", epoch: 1, step: 2, found: -.infinity, layer: "l"),
      DivergedRun(metric: "gradient_flow", epoch: 0, step: 0, found: nil, layer: "a.weight"),
    ] {
      try run.write(in: directory.path)
      #expect(DivergedRun(in: directory.path) == run)
    }
    let file = directory.path(DivergedRun.fileName), text = String(decoding: try readFile(file), as: UTF8.self)
    for length in [1 << 16, 1 << 16 | 1] {
      try AtomicFile.write(text + String(repeating: " ", count: length - text.utf8.count), to: file)
      #expect((DivergedRun(in: directory.path) != nil) == (length == 1 << 16))
    }
    for key in ["metric", "epoch", "step", "layer"] {
      try AtomicFile.write(text.replacing("\"\(key)\"", with: "\"x\""), to: file)
      #expect(DivergedRun(in: directory.path) == nil, "\(key)")
    }
  }

  @Test("an error shows what it found: up to 40 characters whole, more cut to 37", arguments: [38, 39, 40, 41, 45])
  func shortened(count: Int) throws {
    // With its quotes.
    let found = "\"" + String(repeating: "a", count: count - 2) + "\""
    let line = TraceLine.header(Sample.header()).json.description.replacing("59716", with: found)
    let error = try #require(failure(TraceError.self) { try TraceLine(parsing: line.utf8) })
    let shown = count <= 40 ? found : found.prefix(37) + "…"
    #expect(error.problem == .invalid(key: "parameters", expected: "a whole number, 0 or more", found: shown))
  }

  @Test("what is not finite has its sign in words")
  func words() {
    #expect([Double.infinity, -.infinity, .nan, -.nan, -0.0].map(exactText) == ["inf", "-inf", "nan", "nan", "-0.0"])
  }

  @Test("a line of layers without any is refused")
  func noLayers() {
    #expect(throws: TraceError.self) { try TraceLine(parsing: Array(#"{"layers":{"epoch":0,"step":0,"entries":[]}}"#.utf8)) }
  }

  @Test("two differences of a number are equal only if epoch, name and both values are")
  func metricDifferences() {
    let difference = MetricDifference(epoch: 1, name: "a", first: .nan, second: nil)
    #expect(difference == MetricDifference(epoch: 1, name: "a", first: -.nan, second: nil))
    for other in [
      MetricDifference(epoch: nil, name: "a", first: .nan, second: nil),
      MetricDifference(epoch: 1, name: "b", first: .nan, second: nil),
      MetricDifference(epoch: 1, name: "a", first: 0, second: nil),
      MetricDifference(epoch: 1, name: "a", first: .nan, second: 0),
    ] {
      #expect(difference != other)
    }
  }

  @Test("a trace may come to 256 MiB")
  func limit() { #expect(Trace.sizeLimit == 268_435_456) }

  @Test("numbers under keys that are not known are kept, and take part in comparisons")
  func otherNumbers() throws {
    var text = TraceLine.epoch(Sample.epoch(0)).json.description
    text.insert(contentsOf: #","peak":{"a":1.5,"b":{"c":"nan"}}"#, at: text.firstIndex(of: ",")!)
    guard case .epoch(let line) = try TraceLine(parsing: text.utf8) else { return }
    #expect(line.others == [NamedValue("peak.a", 1.5), NamedValue("peak.b.c", .nan)])
    #expect(line != Sample.epoch(0))
    let back = try TraceLine(parsing: TraceLine.epoch(line).json.description.utf8)
    #expect(back == .epoch(line))
  }
}
