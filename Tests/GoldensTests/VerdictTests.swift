import Testing

@testable import Goldens
@testable import Traces

@Suite("Verdicts")
struct VerdictTests {
  private let golden: Golden

  init() throws { golden = try Sample.golden() }

  private func judge(_ trace: Trace, allowsPrefix: Bool = false) -> Judgement {
    Judgement(trace, against: golden, run: "run", allowsPrefix: allowsPrefix)
  }

  @Test("the reference run is identical, and everything of it was compared")
  func identical() {
    let trace = Sample.run(seed: 0)
    let judgement = judge(trace)
    #expect(judgement.verdict == .identical && judgement.findings.isEmpty)
    #expect(judgement.counts.epochs == 3 && judgement.counts.values == 3 * (trace.epochs[0].values.count + 6) + 2)
    #expect(judgement.counts.digests == 3 + 3 * 3 + Sample.layers.count + 1)
  }

  @Test("another seed of the same experiment is within its bands, and the verdict says that the seeds differ")
  func otherSeed() {
    let judgement = judge(Sample.run(seed: 1000))
    guard case .withinBand(.settings(let differences)) = judgement.verdict else {
      Issue.record("\(judgement.verdict): \(judgement.findings)")
      return
    }
    #expect(differences.map(\.name) == ["seed"])
    // Four metrics by epoch, two of the test, the layers' flow, update and their means, and the norms of weights and buffers.
    #expect(judgement.counts.banded == 3 * 4 + 2 + 3 * (5 + 1 + 5 + 1 + 5 + 1))
  }

  @Test("another contract version is within the bands, and the verdict says so")
  func otherContract() {
    let trace = Sample.run(seed: 0).with(header: Sample.header(numerics: 2)).with(epoch: 0) { $0.trainLoss += 1e-9 }
    guard case .withinBand(.settings(let differences)) = judge(trace).verdict else {
      Issue.record("\(judge(trace).verdict)")
      return
    }
    #expect(differences.map(\.name) == ["numerics"])
    // Equal numbers under another version are no more than that either.
    #expect(judge(Sample.run(seed: 0).with(header: Sample.header(numerics: 2))).verdict.name == "within-band")
  }

  @Test("bits that differ and should not are within the bands, and the first place is named")
  func otherBits() {
    let trace = Sample.run(seed: 0).with(epoch: 1) { $0.trainLoss = $0.trainLoss.nextUp }
    guard case .withinBand(.bits(let divergence)) = judge(trace).verdict else {
      Issue.record("\(judge(trace).verdict)")
      return
    }
    #expect(divergence.description.contains("epoch 1, train_loss"))
  }

  @Test("bits that differ and should not fail a check unless it allows them; bits that differ by seed or contract do not")
  func brokenPromise() {
    let broken = judge(Sample.run(seed: 0).with(epoch: 1) { $0.trainLoss = $0.trainLoss.nextUp }).verdict
    #expect(broken.breaksPromise && !broken.passes(Requirement()) && broken.passes(Requirement(allowingOtherBits: true)))
    #expect(!broken.passes(Requirement(.identical, allowingOtherBits: true)))
    for trace in [Sample.run(seed: 1000), Sample.run(seed: 0).with(header: Sample.header(numerics: 2))] {
      let verdict = judge(trace).verdict
      #expect(!verdict.breaksPromise && verdict.passes(Requirement()) && !verdict.passes(Requirement(.identical)))
      #expect(verdict.severity < broken.severity && broken.severity < Verdict.regression.severity)
    }
  }

  @Test("what lies outside is a regression: metric, epoch, layer, found, expected, band and distance, the largest first")
  func regression() throws {
    let trace = Sample.run(seed: 1000).with(epoch: 2) { line in
      line.trainLoss = 4
      line.gradientFlow[2].value *= 1e9
    }
    let judgement = judge(trace)
    #expect(judgement.verdict == .regression)
    let sizes = judgement.findings.map(\.size)
    #expect(sizes == sizes.sorted(by: >) && sizes.allSatisfy { $0 > 0 })
    let loss = try #require(judgement.findings.first { $0.metric == "train_loss" })
    #expect(loss.epoch == 2 && loss.found == 4 && judgement.findings.count { $0.metric == "train_loss" } == 1)
    guard case .outside(let band, let widths) = loss.kind else {
      Issue.record("\(loss)")
      return
    }
    #expect(band.lower < 1.9 && band.upper > 1.9 && band.upper < 4 && widths > 0)
    #expect(golden.bands?.interval(.trainLoss, epoch: 2) == band)
    let flow = try #require(judgement.findings.first { $0.metric == "gradient_flow" })
    #expect(flow.layer == Sample.layers[2] && flow.epoch == 2 && flow.description.contains("band widths outside"))
  }

  @Test("both directions count", arguments: [0.5, 2])
  func twoSided(factor: Double) {
    let judgement = judge(Sample.run(seed: 0).with(epoch: 1) { $0.validationLoss *= factor })
    #expect(judgement.verdict == .regression && judgement.findings.map(\.metric) == ["val_loss"])
  }

  @Test("other settings, data, profile or row are not comparable, by name")
  func notComparable() {
    var headers: [(TraceHeader, String)] = []
    var header = Sample.header(learningRate: 1e-2)
    headers.append((header, "training.learning_rate"))
    header = Sample.header()
    header.profile = "quick"
    headers.append((header, "profile"))
    header = Sample.header()
    header.row = "vgg38"
    headers.append((header, "row"))
    header = Sample.header()
    header.dataName = "cifar-100"
    headers.append((header, "data.name"))
    header = Sample.header()
    header.others = [.init("more", .bool(true))]
    headers.append((header, "more"))
    for (header, name) in headers {
      guard case .notComparable(.settings(let differences)) = judge(Sample.run(seed: 0).with(header: header)).verdict else {
        Issue.record("\(name)")
        continue
      }
      #expect(differences.map(\.name) == [name])
    }
  }

  @Test(
    "the ends of a band decide: a thousandth of its half width inside passes, a thousandth outside does not",
    arguments: [Metric.trainLoss, .trainAccuracy, .validationLoss, .validationAccuracy, .gradientFlow, .update], [-1.0, 1])
  func ends(metric: Metric, side: Double) throws {
    let bands = try #require(golden.bands), layer = 2
    let name = metric == .gradientFlow ? Sample.layers[layer] : metric == .update ? Sample.layers[layer] + ".weight" : ""
    let band = try #require(bands.interval(metric, epoch: 1, layer: name))
    // Of the half width on the metric's scale: a band of a logarithm is wider upwards.
    func place(_ value: Double) -> Double { metric.scale.apply(value) }
    let end = side < 0 ? band.lower : band.upper
    for (part, isInside) in [(0.999, true), (1.001, false)] {
      let value = metric.scale.number(at: place(band.centre) + part * (place(end) - place(band.centre)))
      let judgement = judge(
        Sample.run(seed: 0).with(epoch: 1) { line in
          switch metric {
          case .trainLoss: line.trainLoss = value
          case .trainAccuracy: line.trainAccuracy = value
          case .validationLoss: line.validationLoss = value
          case .validationAccuracy: line.validationAccuracy = value
          case .gradientFlow: line.gradientFlow[layer].value = value
          default: line.gradientStatistics[layer].update = value
          }
        })
      #expect(judgement.findings.contains { $0.metric == metric.rawValue } == !isInside, "\(part): \(judgement.findings)")
    }
  }

  @Test("every setting of a recorded run counts: another value, or none, is not comparable, by name")
  func everySetting() throws {
    let golden = try MutationTests.Kind.recorded.golden
    let settings = golden.trace.header.training
    #expect(settings.count == 22 && settings.contains { $0.key == "flips" })
    for index in settings.indices {
      var header = golden.trace.header
      header.training[index] = .init(settings[index].key, .string("another"))
      var shorter = golden.trace.header
      shorter.training.remove(at: index)
      for header in [header, shorter] {
        let verdict = Judgement(golden.trace.with(header: header), against: golden, run: "").verdict
        guard case .notComparable(.settings(let differences)) = verdict else {
          Issue.record("\(settings[index].key): \(verdict)")
          continue
        }
        #expect(differences.map(\.name) == ["training.\(settings[index].key)"])
      }
    }
  }

  @Test("a run without an epoch shows nothing")
  func empty() {
    let trace = Sample.run(seed: 0).with(epochs: [], steps: [], layers: [], test: .some(nil))
    #expect(judge(trace).verdict == .notComparable(.nothing))
  }

  @Test("a missing epoch is a regression; asked for a prefix, it is judged by what it has")
  func prefix() {
    let short = Sample.run(seed: 0, epochs: 2)
    let judgement = judge(short)
    #expect(judgement.verdict == .regression)
    // Its test is of another epoch than it would have been.
    let others = judgement.findings.dropFirst()
    #expect(judgement.findings.first == Finding(.missing, metric: "line", epoch: 2))
    #expect(others.allSatisfy { $0.metric.hasPrefix("test_") })
    let asked = judge(short, allowsPrefix: true)
    #expect(asked.verdict == .identical && asked.isPrefix && asked.counts.epochs == 2)
    let other = judge(Sample.run(seed: 1000, epochs: 2), allowsPrefix: true)
    #expect(other.verdict.name == "within-band" && other.counts.banded > 0)
    let wrong = judge(short.with(epoch: 1) { $0.trainLoss = 9 }, allowsPrefix: true)
    #expect(wrong.verdict == .regression)
  }

  @Test("an epoch too many, or no test line, is a regression")
  func shape() {
    let long = judge(Sample.run(seed: 0, epochs: 4))
    #expect(long.verdict == .regression && long.findings.contains { $0.kind == .extra && $0.epoch == 3 })
    let untested = judge(Sample.run(seed: 0).with(test: .some(nil)))
    #expect(untested.verdict == .regression && untested.findings.map(\.metric) == ["test line"])
    let asked = judge(Sample.run(seed: 0).with(test: .some(nil)), allowsPrefix: true)
    #expect(asked.verdict == .identical && asked.isPrefix && asked.counts.epochs == 3, "\(asked.verdict) \(asked.counts)")
  }

  @Test("a layer that is missing, extra or renamed is a regression")
  func layers() {
    let missing = judge(Sample.run(seed: 0).with(epoch: 1) { $0.gradientFlow.removeLast() })
    #expect(missing.verdict == .regression)
    #expect(missing.findings.contains { $0.kind == .missing && $0.metric == "gradient_flow.logit_linear_layer" })
    let extra = judge(Sample.run(seed: 0).with(epoch: 1) { $0.others = [NamedValue("more", 1)] })
    #expect(extra.verdict == .regression && extra.findings.map(\.kind) == [.extra])
    let renamed = judge(Sample.run(seed: 0).with(epoch: 1) { $0.gradientFlow[0].name = "block_9_conv_0" })
    #expect(renamed.verdict == .regression)
  }

  @Test("a learning rate that is not the schedule's is a regression, however near")
  func learningRate() {
    let judgement = judge(Sample.run(seed: 1000).with(epoch: 2) { $0.learningRate = $0.learningRate.nextUp })
    #expect(judgement.verdict == .regression && judgement.findings.map(\.metric) == ["learning_rate"])
  }

  @Test("a share outside 0…1 is impossible, and so is a size, loss or rate below zero; the ends are possible")
  func impossible() {
    func judged(_ change: (inout EpochLine) -> Void) -> [Finding] { judge(Sample.run(seed: 0).with(epoch: 1, change)).findings }
    let nothing = Double.leastNonzeroMagnitude, above = Double(1).nextUp
    let changes: [(String, (inout EpochLine, Double) -> Void, [Double])] = [
      (
        "gradient_statistics.\(Sample.layers[0]).weight.zeros", { $0.gradientStatistics[0].zeros = $1 },
        [above, 1.5, -nothing, -1]
      ),
      ("train_accuracy", { $0.trainAccuracy = $1 }, [above, -nothing]),
      ("val_accuracy", { $0.validationAccuracy = $1 }, [1.5, -0.1]),
      ("train_loss", { $0.trainLoss = $1 }, [-nothing]),
      ("gradient_flow.\(Sample.layers[1])", { $0.gradientFlow[1].value = $1 }, [-nothing, -1]),
      ("gradient_statistics.\(Sample.layers[1]).weight.l2", { $0.gradientStatistics[1].l2 = $1 }, [-nothing]),
      ("gradient_statistics.\(Sample.layers[1]).weight.update", { $0.gradientStatistics[1].update = $1 }, [-nothing]),
    ]
    for (name, change, values) in changes {
      for value in values {
        let findings = judged { change(&$0, value) }
        #expect(
          findings.contains { $0.kind == .impossible && $0.metric == name && $0.epoch == 1 && $0.found == value },
          "\(name) \(value)")
      }
    }
    for share in [0.0, 1.0, 0.5] {
      #expect(!judged { $0.gradientStatistics[0].zeros = share }.contains { $0.kind == .impossible })
    }
  }

  @Test("bands that held nothing have shown nothing: a run of other bits or another seed is not comparable, never within band")
  func nothingHeld() throws {
    // Bands of the test alone, and a run that is judged by its first epochs: there is no test to hold against them.
    let bands = try #require(golden.bands)
    let ofTest = Bands(ensemble: bands.ensemble, bands: bands.bands.filter(\.metric.isOfTest))
    let short = Golden(unchecked: golden.trace, bands: ofTest)
    for trace in [
      Sample.run(seed: 1000, epochs: 2), Sample.run(seed: 0, epochs: 2).with(epoch: 1) { $0.trainLoss = $0.trainLoss.nextUp },
    ] {
      let judgement = Judgement(trace, against: short, run: "", allowsPrefix: true)
      #expect(judgement.verdict == .notComparable(.noBands) && judgement.counts.banded == 0, "\(judgement.verdict)")
    }
    let whole = Judgement(Sample.run(seed: 1000), against: short, run: "")
    #expect(whole.verdict.name == "within-band" && whole.counts.banded == 2)
  }

  @Test("a golden without bands knows equal bits and nothing else")
  func noBands() throws {
    let golden = try Sample.golden(seeds: 1)
    #expect(golden.bands == nil)
    #expect(Judgement(Sample.run(seed: 0), against: golden, run: "").verdict == .identical)
    #expect(Judgement(Sample.run(seed: 1), against: golden, run: "").verdict == .notComparable(.noBands))
    let broken = Sample.run(seed: 1).with(epoch: 0) { $0.trainLoss = .nan }
    #expect(Judgement(broken, against: golden, run: "").verdict == .regression)
  }
}
