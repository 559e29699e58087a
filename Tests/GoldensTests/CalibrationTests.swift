import Testing

@testable import Goldens
@testable import Traces

@Suite("Bands")
struct CalibrationTests {
  @Test(
    "quantiles of Student's t are those of the tables",
    arguments: [
      // Probability, degrees of freedom, quantile: Abramowitz & Stegun, table 26.10.
      (0.975, 1.0, 12.706), (0.975, 3.0, 3.182), (0.99, 10.0, 2.764), (0.995, 30.0, 2.750), (0.9995, 5.0, 6.869),
      (0.9, 120.0, 1.289), (0.999, 1e6, 3.0902),
    ])
  func studentT(probability: Double, freedom: Double, expected: Double) {
    #expect(abs(StudentT.quantile(probability, freedom: freedom) - expected) < 6e-4)
  }

  @Test("six digits keep six digits", arguments: [1.0, 123456.789, -0.00123456789, 9.99999951e-19, 2.3e30])
  func digits(value: Double) {
    let short = sixDigits(value)
    #expect(abs(short - value) <= 0.5000001e-5 * abs(value) && sixDigits(short) == short && "\(abs(short))".count <= 12)
  }

  @Test("no seed of the ensemble, judged by the others, lies outside: the threshold is at least the largest statistic")
  func leftOut() throws {
    let runs = Sample.runs(0..<20).map(\.trace)
    for metric in Metric.allCases {
      let calibration = try #require(BandCalibration(metric, runs: runs.compactMap { Measurements(metric, of: $0) }, images: 100))
      let statistics = calibration.leftOutStatistics()
      #expect(statistics.count == 20)
      #expect(calibration.threshold(rate: 0.001) >= max(statistics.max() ?? 0, BandCalibration.smallestThreshold))
      // A stricter promise is a wider band.
      #expect(calibration.threshold(rate: 1e-6) >= calibration.threshold(rate: 1e-2))
    }
  }

  @Test(
    "an epoch's scatter counts for its neighbours: for two to each side in runs of ten epochs, for one in shorter ones",
    arguments: [9, 10])
  func reach(epochs: Int) throws {
    // Seeds differ in the first epoch alone.
    let same = Sample.run(seed: 0, epochs: epochs)
    let runs = (0..<20).map { seed in same.with(epoch: 0) { $0.trainLoss = 2 + 0.1 * Double(seed) } }
    let calibration = try #require(
      BandCalibration(.trainLoss, runs: runs.compactMap { Measurements(.trainLoss, of: $0) }, images: 100))
    let floor = sixDigits(Metric.trainLoss.deviationFloor(images: 100))
    let isWider = calibration.band(rate: 0.01).deviations.map { $0[0] > floor }
    #expect(isWider == (0..<epochs).map { $0 <= (epochs == 10 ? 2 : 1) })
  }

  @Test("a finding tells how many widths of the band a number lies beyond its nearer end", arguments: [1.5, 5, 9], [-1.0, 1])
  func widths(halves: Double, side: Double) throws {
    let golden = try Sample.golden()
    let band = try #require(golden.bands?[.trainLoss])
    let place = band.centres[1][0] + side * halves * band.threshold * band.deviations[1][0]
    let loss = Metric.trainLoss.scale.number(at: place)
    let judgement = Judgement(Sample.run(seed: 2000).with(epoch: 1) { $0.trainLoss = loss }, against: golden, run: "")
    let finding = try #require(judgement.findings.first { $0.metric == "train_loss" && $0.epoch == 1 })
    guard case .outside(_, let widths) = finding.kind else {
      Issue.record("\(finding)")
      return
    }
    #expect(abs(widths - (halves - 1) / 2) < 1e-6)
  }

  @Test("a left-out seed does not judge itself")
  func outlier() throws {
    var runs = Sample.runs(0..<20).map(\.trace)
    runs[7] = runs[7].with(epoch: 1) { $0.trainLoss = 40 }
    let calibration = try #require(
      BandCalibration(.trainLoss, runs: runs.compactMap { Measurements(.trainLoss, of: $0) }, images: 100))
    let statistics = calibration.leftOutStatistics()
    #expect(statistics[7] > 50 && statistics.enumerated().allSatisfy { $0.offset == 7 || $0.element < 5 })
  }

  @Test(
    "fresh seeds lie outside no more often than promised", arguments: [4, 16, 40] as [UInt64])
  func falseAlarms(seeds: UInt64) throws {
    let golden = try Sample.golden(seeds: seeds)
    let promised = try #require(golden.bands?.ensemble.falseAlarmRate)
    let runs = (1000..<1400).map { Sample.run(seed: $0) }
    let alarms = runs.count { Judgement($0, against: golden, run: "").verdict == .regression }
    // Binomial: four standard deviations above what is promised.
    let spread = 4 * (promised * (1 - promised) * Double(runs.count)).squareRoot()
    #expect(Double(alarms) <= promised * Double(runs.count) + spread, "\(alarms) of \(runs.count)")
  }

  @Test("bands are not so wide that nothing lies outside: shifts of what seeds never do are noticed")
  func power() throws {
    let golden = try Sample.golden()
    // Seeds scatter by 0.03 in loss, 0.03 in accuracy, 0.28 decades in flow, 1 % in updates.
    let shifts: [(String, (inout EpochLine) -> Void)] = [
      ("loss", { $0.trainLoss += 0.3 }), ("accuracy", { $0.validationAccuracy += 0.4 }),
      ("flow of a layer", { $0.gradientFlow[2].value *= 1e3 }),
      ("flow of all layers", { line in for index in line.gradientFlow.indices { line.gradientFlow[index].value *= 100 } }),
      ("updates", { line in for index in line.gradientStatistics.indices { line.gradientStatistics[index].update *= 1.5 } }),
    ]
    for (name, shift) in shifts {
      let judgement = Judgement(Sample.run(seed: 2000).with(epoch: 1, shift), against: golden, run: "")
      #expect(judgement.verdict == .regression, "\(name)")
    }
  }

  @Test("a constant metric allows a few images at most, and a zero gradient nothing but zero")
  func constants() throws {
    let golden = try Sample.golden(isVanishing: true)
    let accuracy = try #require(golden.bands?.interval(.validationAccuracy, epoch: 2))
    #expect(accuracy.lower < 0.1 && accuracy.upper > 0.1 && accuracy.upper - accuracy.lower < 0.1)
    let flow = try #require(golden.bands?.interval(.gradientFlow, epoch: 2, layer: Sample.layers[0]))
    #expect(flow.lower == 0 && flow.upper < 1e-44)
    let fresh = Sample.run(seed: 99, isVanishing: true)
    #expect(Judgement(fresh, against: golden, run: "").verdict.name == "within-band")
    let awake = fresh.with(epoch: 2) { $0.gradientFlow[0].value = 1e-30 }
    let judgement = Judgement(awake, against: golden, run: "")
    #expect(judgement.verdict == .regression && judgement.findings.contains { $0.layer == Sample.layers[0] })
    // And the other way round: a gradient that dies where none ever did.
    let living = try Sample.golden()
    let dead = Sample.run(seed: 99).with(epoch: 2) { $0.gradientFlow[1].value = 0 }
    #expect(Judgement(dead, against: living, run: "").verdict == .regression)
    // Updates of a layer that has none are not judged.
    #expect(golden.bands?[.update]?.layers.count == Sample.layers.count - 1)
  }

  @Test("few seeds judge a few named metrics, and are provisional for a profile that needs more")
  func few() throws {
    let bands = try #require(try Sample.golden(seeds: 4).bands)
    #expect(bands.bands.map(\.metric) == [.trainLoss, .trainAccuracy, .validationLoss, .validationAccuracy, .gradientFlow])
    #expect(bands[.gradientFlow]?.layers == ["input_conv_conv_0", "block_0_0_conv_1", "logit_linear_layer"])
    #expect(bands.ensemble.isProvisional && bands.ensemble.falseAlarmRate == 0.05)
    #expect(try Sample.golden(seeds: 40).bands?.ensemble.isProvisional == false)
  }

  @Test("one long run gives bands from its scatter, provisional and without a promise; a short one gives none")
  func scatter() throws {
    let golden = try Sample.golden(seeds: 1, epochs: 12)
    let ensemble = try #require(golden.bands?.ensemble)
    #expect(ensemble.method == .scatter && ensemble.isProvisional && ensemble.falseAlarmRate == nil)
    #expect(try Golden(content: golden.content, path: "") == golden)
    let other = Judgement(Sample.run(seed: 5, epochs: 12), against: golden, run: "")
    #expect(other.verdict.name == "within-band")
    let wrong = Sample.run(seed: 5, epochs: 12).with(epoch: 6) { $0.trainLoss = 9 }
    #expect(Judgement(wrong, against: golden, run: "").verdict == .regression)
    #expect(try Sample.golden(seeds: 1).bands == nil)
  }

  @Test("a metric's range ends within a decade above the largest number that it can be", arguments: Metric.allCases)
  func range(metric: Metric) {
    let largest: Double =
      switch metric {
      case .trainAccuracy, .validationAccuracy, .testAccuracy: 1
      case .trainLoss, .validationLoss, .testLoss, .gradientFlow, .gradientFlowMean: 2 * Double(Float.greatestFiniteMagnitude)
      case .update, .updateMean: 1e7
      // Of ten thousand million numbers.
      case .weightNorm, .bufferNorm: 1e5 * Double(Float.greatestFiniteMagnitude)
      }
    let place = metric.scale.apply(largest)
    #expect(metric.range.contains(place) && metric.range.upperBound < place + 1)
    #expect(metric.range.contains(metric.scale.apply(0)) && !metric.range.contains(metric.scale.apply(0) - 0.01))
  }

  @Test(
    "layers of a kind share a stage and what they are",
    arguments: [
      ("block_1_3_conv_0", "block_1_0_conv_1", true), ("block_1_3_conv_0", "block_2_3_conv_0", false),
      ("block_1_3_conv_0", "block_1_3_bn_0", false), ("reduction_block_0_conv_0", "block_0_0_conv_0", false),
      ("reduction_block_0_conv_0", "reduction_block_0_conv_1", true),
      ("layer_dict.block_1_3.layer_dict.conv_0.weight", "layer_dict.block_1_2.layer_dict.conv_1.weight", true),
      ("layer_dict.block_1_3.layer_dict.bn_0.weight", "layer_dict.block_1_3.layer_dict.bn_0.bias", false),
      ("input_conv_conv_0", "logit_linear_layer", false), ("input_conv_conv_0", "input_conv_conv_1", true),
    ])
  func kinds(a: String, b: String, alike: Bool) {
    #expect((MeasuredLayer.kind(a) == MeasuredLayer.kind(b)) == alike)
  }
}
