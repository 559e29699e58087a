import Files
import TestSupport
import Testing

@testable import Goldens
@testable import Traces

/// Every value of a run is perturbed in turn. What the verdict must be is known without bands: bits that differ are never
/// identical; what is not finite, missing or too much is always a regression.
@Suite("The comparator notices every mutation")
struct MutationTests {
  private static let golden = try! Sample.golden()
  private static let reference = Sample.run(seed: 0)

  /// The made-up golden, and a recorded one.
  enum Kind: String, CaseIterable, Sendable {
    case sample, recorded = "smoke vgg08"

    var golden: Golden {
      get throws {
        switch self {
        case .sample: MutationTests.golden
        case .recorded: try Sample.recorded("vgg08")
        }
      }
    }
  }

  /// How one number is changed.
  enum Change: String, CaseIterable, Sendable {
    case ulp = "1 ulp", percent = "1 %", sign, nan = "NaN", infinity = "inf"

    func apply(_ value: Double) -> Double {
      switch self {
      case .ulp: value.nextUp
      // Zero has no per cent, and −0 is not 0.
      case .percent: value == 0 ? 0.01 : value * 1.01
      case .sign: -value
      case .nan: .nan
      case .infinity: .infinity
      }
    }
  }

  /// All places of one number in the lines of a run.
  private static func places(_ reference: Trace) -> [(epoch: Int?, index: Int)] {
    reference.epochs.flatMap { line in line.values.indices.map { (Optional(line.epoch), $0) } } + [(nil, 0), (nil, 1)]
  }

  /// The same line with its `index`-th number changed.
  private static func changed(_ line: EpochLine, _ index: Int, _ change: Change) -> EpochLine {
    var line = line
    let flow = 5 + line.gradientFlow.count
    switch index {
    case 0: line.learningRate = change.apply(line.learningRate)
    case 1: line.trainLoss = change.apply(line.trainLoss)
    case 2: line.trainAccuracy = change.apply(line.trainAccuracy)
    case 3: line.validationLoss = change.apply(line.validationLoss)
    case 4: line.validationAccuracy = change.apply(line.validationAccuracy)
    case ..<flow: line.gradientFlow[index - 5].value = change.apply(line.gradientFlow[index - 5].value)
    default:
      let (item, part) = (index - flow).quotientAndRemainder(dividingBy: 4)
      let path: WritableKeyPath<GradientStatistics, Double> = [\.l2, \.max, \.zeros, \.update][part]
      line.gradientStatistics[item][keyPath: path] = change.apply(line.gradientStatistics[item][keyPath: path])
    }
    return line
  }

  private static func mutant(_ reference: Trace, _ place: (epoch: Int?, index: Int), _ change: Change) -> Trace {
    guard let epoch = place.epoch else {
      var test = reference.test!
      if place.index == 0 { test.loss = change.apply(test.loss) } else { test.accuracy = change.apply(test.accuracy) }
      return reference.with(test: test)
    }
    return reference.with(epoch: epoch) { $0 = changed($0, place.index, change) }
  }

  @Test("every number, changed in every way", arguments: Change.allCases, Kind.allCases)
  func numbers(change: Change, kind: Kind) throws {
    let golden = try kind.golden
    let reference = golden.trace
    #expect(Judgement(reference, against: golden, run: "").verdict == .identical)
    var verdicts: [String: Int] = [:]
    let places = Self.places(reference)
    for place in places {
      let mutant = Self.mutant(reference, place, change)
      let name =
        place.epoch.map { reference.epochs[$0].values[place.index].name } ?? "test_\(place.index == 0 ? "loss" : "accuracy")"
      let judgement = Judgement(mutant, against: golden, run: "mutant")
      verdicts[judgement.verdict.name, default: 0] += 1
      #expect(judgement.verdict != .identical, "\(name)")
      // −0 is another number than 0, and as possible; everything else has its sign for a reason.
      let isZero = place.epoch.map { reference.epochs[$0].values[place.index].value == 0 } ?? false
      if change == .nan || change == .infinity || name == "learning_rate" || (change == .sign && !isZero) {
        #expect(judgement.verdict == .regression, "\(name)")
        let first = judgement.findings.first
        #expect(first.map { name.hasPrefix($0.metric) } == true, "\(name): \(first.map(\.description) ?? "nothing")")
      }
      // A last bit is inside every band; where the golden knows other roundings, the opening is as it was.
      if change == .ulp, name != "learning_rate", name.hasSuffix(".zeros") == false {
        #expect(judgement.verdict.name == (golden.rounding == nil ? "within-band" : "within-rounding"), "\(name)")
      }
    }
    #expect(verdicts.values.reduce(0, +) == places.count)
    print("mutations: \(kind.rawValue): each number \(change.rawValue): \(table(verdicts))")
  }

  @Test("every norm, changed in every way, or its line lost", arguments: Change.allCases)
  func norms(change: Change) {
    let lines = Self.reference.norms
    for (epoch, line) in lines.enumerated() {
      for (index, value) in line.values.enumerated() {
        var changed = lines
        let count = line.parameters.count
        if index < count {
          changed[epoch].parameters[index].value = change.apply(value.value)
        } else {
          changed[epoch].buffers[index - count].value = change.apply(value.value)
        }
        let judgement = Judgement(Self.reference.with(norms: changed), against: Self.golden, run: "mutant")
        let isImpossible = change != .ulp && change != .percent
        #expect(judgement.verdict.name == (isImpossible ? "regression" : "within-band"), "\(value.name)")
        if isImpossible { #expect(judgement.findings.first?.metric == value.name) }
        guard case .withinBand(.bits(let divergence)) = judgement.verdict else { continue }
        #expect("\(divergence)".contains(value.name))
      }
      var fewer = lines
      fewer.remove(at: epoch)
      let judgement = Judgement(Self.reference.with(norms: fewer), against: Self.golden, run: "mutant")
      #expect(judgement.verdict == (epoch == 0 ? .identical : .regression), "without epoch \(epoch)")
    }
    #expect(Judgement(Self.reference.with(norms: []), against: Self.golden, run: "old").verdict == .identical)
  }

  @Test("every digest, with one bit flipped, is never identical")
  func digests() {
    var verdicts: [String: Int] = [:]
    func judge(_ trace: Trace) {
      let judgement = Judgement(trace, against: Self.golden, run: "mutant")
      verdicts[judgement.verdict.name, default: 0] += 1
      guard case .withinBand(.bits) = judgement.verdict else {
        Issue.record("\(judgement.verdict)")
        return
      }
    }
    let run = Golden.reduced(Self.reference)
    for index in run.epochs.indices {
      judge(run.with(epoch: index) { $0.digest = .init(of: "other") })
      var steps = run.steps
      for step in steps[index].digests.indices {
        steps = run.steps
        steps[index].digests[step] = ShortDigest(bits: steps[index].digests[step].bits ^ 1)
        judge(run.with(steps: steps))
      }
    }
    for entry in run.layers[0].entries.indices {
      var layers = run.layers
      layers[0].entries[entry].digest = ShortDigest(bits: layers[0].entries[entry].digest.bits ^ 1)
      judge(run.with(layers: layers))
    }
    var test = run.test!
    test.digest = .init(of: "other")
    judge(run.with(test: test))
    test = run.test!
    test.epoch = 0
    judge(run.with(test: test))
    print("mutations: each digest, one bit: \(table(verdicts))")
  }

  @Test(
    "every line of the file dropped, doubled or moved is refused as a file or never identical unless nothing that counts is lost")
  func lines() throws {
    let lines = Self.reference.knownLines
    func content(_ lines: [TraceLine]) -> [UInt8] { Array(lines.map { $0.json.description + "\n" }.joined().utf8) }
    let recorded = Self.golden.trace.knownLines.map(\.json)
    var verdicts: [String: Int] = [:]
    func judge(_ lines: [TraceLine], _ what: String) {
      do {
        let judgement = Judgement(try Trace(content: content(lines)), against: Self.golden, run: "mutant")
        verdicts["\(what) \(judgement.verdict.name)", default: 0] += 1
        // Layers' digests of later epochs are not kept in goldens, and the lines of step and layer digests within an
        // epoch have no order: what then remains is, number by number, what was recorded.
        // Nor need norms be there: a run that an older program began tells them from some epoch on.
        let trace = try Trace(content: content(lines))
        let remains = trace.knownLines.map(\.json)
        let isWhole = remains.allSatisfy { lines.map(\.json).contains($0) }
        let normed = trace.norms.map(\.epoch)
        let isTold = normed == Array(trace.epochs.map(\.epoch).suffix(normed.count))
        let isKept = recorded.allSatisfy { remains.contains($0) || $0["norms"] != nil }
        #expect((judgement.verdict == .identical) == (isWhole && isKept && isTold), "\(what)")
      } catch {
        verdicts["\(what) refused", default: 0] += 1
      }
    }
    for index in lines.indices {
      var changed = lines
      changed.remove(at: index)
      judge(changed, "dropped")
      changed = lines
      changed.insert(lines[index], at: index)
      judge(changed, "doubled")
      for other in lines.indices where other > index {
        changed = lines
        changed.swapAt(index, other)
        judge(changed, "swapped")
      }
    }
    #expect(verdicts["doubled refused"] == lines.count)
    #expect(verdicts["dropped identical"] == 3 && verdicts["swapped identical"] == 9)
    print("mutations: each line: \(table(verdicts))")
  }

  @Test("rows swapped: the golden of one row does not judge another")
  func swappedRows() throws {
    var header = Sample.header()
    header.row = "vgg38"
    let judgement = Judgement(Self.reference.with(header: header), against: Self.golden, run: "")
    #expect(judgement.verdict.name == "not comparable" && judgement.verdict.description.contains("rows differ"))
    try withDirectory { directory in
      let store = GoldenStore(directory: directory)
      try store.write(Self.golden)
      try AtomicFile.write(
        try readFile(store.path(profile: "smoke", row: "vgg08")), to: store.path(profile: "smoke", row: "vgg38"))
      #expect(throws: GoldenError.self) { try store.golden(profile: "smoke", row: "vgg38") }
      #expect(try store.golden(profile: "smoke", row: "vgg08") == Self.golden)
      #expect(try store.golden(profile: "smoke", row: "vgg38-rc") == nil)
      #expect(try store.judge(Self.reference, run: "").verdict == .identical)
    }
  }

  private func table(_ verdicts: [String: Int]) -> String {
    verdicts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}
