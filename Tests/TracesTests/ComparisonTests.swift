import Digests
import Files
import Testing

@testable import Traces

@Suite struct ComparisonTests {
  /// The sample with one change.
  private func compare(
    epochs: Int = 2, ignoring: Set<String> = [], _ change: (inout [TraceLine]) -> Void
  ) throws -> TraceComparison {
    var changed = Sample.lines(epochs: epochs)
    change(&changed)
    let a = try trace(Sample.lines(epochs: epochs)), b = try trace(changed)
    let there = TraceComparison(a, b, ignoring: ignoring)
    // What is found does not depend on which trace comes first.
    let back = TraceComparison(b, a, ignoring: ignoring)
    #expect((there.verdict == .identical) == (back.verdict == .identical))
    #expect(there.settings.map(\.name).sorted() == back.settings.map(\.name).sorted())
    return there
  }

  @Test("equal traces are identical, and what was compared is counted")
  func identical() throws {
    let result = try compare { _ in }
    #expect(result.verdict == .identical)
    #expect(result.compared.settings == 11)
    #expect(result.compared.epochs == 2)
    #expect(result.compared.steps == 6)
    #expect(result.compared.layers == 24)
    #expect(result.compared.values == 2 * 15 + 2)
    #expect(
      result.description
        == "no difference in 2 epochs: 6 step digests, 24 layer digests and 32 numbers compared")
  }

  @Test("two headers alone are not identical: nothing was compared")
  func nothing() throws {
    let header = try trace([.header(Sample.header())])
    let result = TraceComparison(header, header)
    #expect(result.verdict == .nothingCompared)
    #expect(result.verdict != .identical)
  }

  @Test("layers' digests alone are something to compare")
  func layersAlone() throws {
    let begun = try trace([.header(Sample.header()), .layers(Sample.layers(0))])
    let result = TraceComparison(begun, begun)
    #expect(result.verdict == .identical && result.compared.layers == 12)
    #expect(result.compared.epochs == 0 && result.compared.steps == 0)
  }

  @Test("an epoch that has begun with layers alone is there: what the other lacks is named, to either side")
  func begunWithLayers() throws {
    let one = [TraceLine.header(Sample.header()), .layers(Sample.layers(0)), .steps(Sample.steps(0)), .epoch(Sample.epoch(0))]
    let a = try trace(one), b = try trace(one + [.layers(Sample.layers(1))])
    #expect(TraceComparison(a, b).divergence == .missing(.epochs(from: 1), inFirst: true))
    #expect(TraceComparison(b, a).divergence == .missing(.epochs(from: 1), inFirst: false))
  }

  @Test("an epoch whose digests only one trace kept is compared by its line")
  func withoutDigests() throws {
    let whole = try trace(Sample.lines())
    var lines = Sample.lines().filter { if case .steps = $0 { false } else if case .layers = $0 { false } else { true } }
    var other = Sample.epoch(1)
    other.digest = Digest(of: "another")
    lines[2] = .epoch(other)
    let bare = try trace(lines)
    let expected = Digest(of: "epoch 1")
    #expect(TraceComparison(whole, bare).divergence == .epoch(1, digests: expected, Digest(of: "another")))
    #expect(TraceComparison(bare, whole).divergence == .epoch(1, digests: Digest(of: "another"), expected))
  }

  @Test("settings that differ are named before any digest")
  func settings() throws {
    let result = try compare { lines in
      lines[0] = .header(Sample.header(seed: 8))
      lines[2] = .steps(Sample.steps(0, count: 2))
    }
    #expect(result.verdict == .settings([SettingDifference(name: "seed", first: "7", second: "8")]))
    #expect(result.description == "the seeds differ: 7 and 8")
  }

  @Test("every part of a header is compared under its name")
  func everySetting() throws {
    var other = Sample.header(seed: 8, learningRate: 0.01)
    other.numerics = 2
    other.row = "vgg38"
    other.profile = "quick"
    other.dataName = "cifar-100"
    other.dataFingerprint = "sha256:\(Digest(of: "other"))"
    other.parameters = 1
    other.training[0].value = JSONValue(50)
    other.training[2].value = .object([.init("crop", .bool(false)), .init("flip", .bool(true))])
    other.others = [.init("new", .string("x"))]
    let result = try compare { $0[0] = .header(other) }
    #expect(
      result.settings.map(\.name) == [
        "numerics", "row", "profile", "seed", "data.name", "data.fingerprint", "parameters", "training.batch",
        "training.learning_rate", "training.augmentation.crop", "training.augmentation.pad",
        "training.augmentation.flip", "new",
      ])
    #expect(result.description.contains("the settings differ in training.learning_rate: 0.001 and 0.01;"))
    #expect(result.description.contains("the settings differ in training.augmentation.pad: 4 and absent;"))
    #expect(result.description.contains("the settings differ in training.augmentation.flip: absent and true;"))
  }

  @Test("a setting that is to be ignored is, and no other")
  func ignoring() throws {
    let result = try compare(ignoring: ["seed"]) { $0[0] = .header(Sample.header(seed: 8)) }
    #expect(result.verdict == .identical)
    #expect(result.compared.settings == 10)
    let other = try compare(ignoring: ["row"]) { $0[0] = .header(Sample.header(seed: 8)) }
    #expect(other.verdict != .identical)
  }

  @Test("one changed step digest is found, in whichever step of whichever epoch", arguments: [0, 1], [0, 1, 2])
  func step(epoch: Int, step: Int) throws {
    let result = try compare { lines in
      var steps = Sample.steps(epoch)
      for later in step..<3 { steps.digests[later] = Sample.short("other \(later)") }
      lines[2 + 3 * epoch] = .steps(steps)
    }
    let place: Divergence.Place = step == 0 ? .outsideLayers : .notRecorded
    #expect(result.verdict == .divergence(.step(epoch: epoch, step: step, place: place)))
    #expect(result.compared.epochs == epoch)
    #expect(result.compared.steps == 3 * epoch + step + 1)
  }

  @Test("the first layer and phase in order of execution is found", arguments: 0..<12)
  func layer(entry: Int) throws {
    let result = try compare { lines in
      var layers = Sample.layers(1)
      for later in entry..<12 { layers.entries[later].digest = Sample.short("other \(later)") }
      lines[4] = .layers(layers)
      var steps = Sample.steps(1)
      for later in 0..<3 { steps.digests[later] = Sample.short("other \(later)") }
      lines[5] = .steps(steps)
    }
    let expected = Sample.layers(1).entries[entry]
    #expect(
      result.verdict
        == .divergence(.step(epoch: 1, step: 0, place: .layer(expected.layer, expected.phase))))
    #expect(
      result.description
        == "the first difference is in epoch 1, step 0, layer \(expected.layer), \(expected.phase.words)")
  }

  @Test("a layer that differs without a trace in the state is found too")
  func layerOnly() throws {
    let result = try compare { lines in
      var layers = Sample.layers(0)
      layers.entries[11].digest = Sample.short("other")
      lines[1] = .layers(layers)
    }
    #expect(
      result.verdict == .divergence(.step(epoch: 0, step: 0, place: .layer("logit_linear_layer", .update))))
  }

  @Test("layers under other names or in another order are called that")
  func otherLayers() throws {
    let swapped = try compare { lines in
      var layers = Sample.layers(0)
      layers.entries.swapAt(1, 2)
      lines[1] = .layers(layers)
    }
    #expect(swapped.verdict == .divergence(.step(epoch: 0, step: 0, place: .otherLayers(entry: 1))))
    let shorter = try compare { lines in
      var layers = Sample.layers(0)
      layers.entries.removeLast()
      lines[1] = .layers(layers)
    }
    #expect(shorter.verdict == .divergence(.step(epoch: 0, step: 0, place: .otherLayers(entry: 11))))
  }

  @Test("an epoch's digest that differs after equal steps is found")
  func epochDigest() throws {
    let result = try compare { lines in
      var epoch = Sample.epoch(1)
      epoch.digest = Digest(of: "other")
      lines[6] = .epoch(epoch)
    }
    #expect(result.verdict == .divergence(.epoch(1, digests: Digest(of: "epoch 1"), Digest(of: "other"))))
  }

  @Test("one ulp in any number of an epoch is found by name", arguments: 0..<15)
  func metric(index: Int) throws {
    var line = Sample.epoch(1)
    func change(_ value: inout Double) { value = value.nextUp }
    switch index {
    case 0: change(&line.learningRate)
    case 1: change(&line.trainLoss)
    case 2: change(&line.trainAccuracy)
    case 3: change(&line.validationLoss)
    case 4: change(&line.validationAccuracy)
    case 5, 6: change(&line.gradientFlow[index - 5].value)
    default:
      let parameter = (index - 7) / 4
      switch (index - 7) % 4 {
      case 0: change(&line.gradientStatistics[parameter].l2)
      case 1: change(&line.gradientStatistics[parameter].max)
      case 2: change(&line.gradientStatistics[parameter].zeros)
      default: change(&line.gradientStatistics[parameter].update)
      }
    }
    let result = try compare { $0[6] = .epoch(line) }
    let before = Sample.epoch(1).values[index]
    let expected = MetricDifference(
      epoch: 1, name: before.name, first: before.value, second: before.value.nextUp)
    #expect(result.verdict == .divergence(.metric(expected)))
    #expect(result.metric == expected)
  }

  @Test("a NaN, a lost sign of zero, a missing and an extra metric are differences")
  func metricKinds() throws {
    let nan = try compare { lines in
      var line = Sample.epoch(0)
      line.trainLoss = .nan
      lines[3] = .epoch(line)
    }
    #expect(nan.metric?.name == "train_loss")
    let sign = try compare { lines in
      var line = Sample.epoch(0)
      line.gradientStatistics[0].update = -0.0
      lines[3] = .epoch(line)
    }
    #expect(sign.metric?.second?.sign == .minus)
    let missing = try compare { lines in
      var line = Sample.epoch(0)
      line.gradientFlow.removeFirst()
      lines[3] = .epoch(line)
    }
    #expect(missing.metric?.name == "gradient_flow.input_conv_conv_0")
    #expect(missing.metric?.first != nil)
    #expect(missing.metric?.second == nil)
    let extra = try compare { lines in
      var line = Sample.epoch(0)
      line.others = [NamedValue("new", 1)]
      lines[3] = .epoch(line)
    }
    #expect(extra.metric?.description == "epoch 0, new: absent and 1.0")
  }

  @Test("differences of the test line are found")
  func test() throws {
    func change(_ change: (inout TestLine) -> Void) throws -> Divergence? {
      try compare { lines in
        var test = Sample.test(epoch: 0)
        change(&test)
        lines[7] = .test(test)
      }.divergence
    }
    #expect(try change { $0.epoch = 1 } == .testEpoch(0, 1))
    #expect(
      try change { $0.digest = Digest(of: "x") } == .testDigest(Digest(of: "epoch 0"), Digest(of: "x")))
    #expect(
      try change { $0.loss = $0.loss.nextUp }
        == .metric(MetricDifference(epoch: nil, name: "loss", first: 3.25, second: 3.25.nextUp)))
    #expect(
      try change { $0.accuracy = .nan }
        == .metric(MetricDifference(epoch: nil, name: "accuracy", first: 0.12, second: .nan)))
  }

  @Test("what one trace lacks is no equality, and is said after all that differs")
  func missing() throws {
    func divergence(_ change: (inout [TraceLine]) -> Void) throws -> Divergence? {
      try compare(change).divergence
    }
    #expect(try divergence { $0.removeLast() } == .missing(.test, inFirst: false))
    #expect(try divergence { $0.removeLast(2) } == .missing(.epochs(from: 1), inFirst: false))
    #expect(try divergence { $0.remove(at: 2) } == .missing(.steps(epoch: 0, from: 0), inFirst: false))
    #expect(
      try divergence { $0[2] = .steps(Sample.steps(0, count: 2)) }
        == .missing(.steps(epoch: 0, from: 2), inFirst: false))
    #expect(try divergence { $0.remove(at: 1) } == .missing(.layers(epoch: 0, step: 0), inFirst: false))
    #expect(
      try divergence { lines in
        lines.remove(at: 1)
        lines[5] = .epoch(Sample.epoch(1, loss: 1))
      }
        == .metric(
          MetricDifference(epoch: 1, name: "train_loss", first: 4.605170185988092, second: 1)))
    let a = try trace(Sample.lines(epochs: 1)), b = try trace(Sample.lines(epochs: 3))
    let prefix = TraceComparison(a, b)
    #expect(prefix.verdict == .divergence(.missing(.epochs(from: 1), inFirst: true)))
    #expect(prefix.description == "no difference in what both traces have; the first has no epoch 1")
  }
}
