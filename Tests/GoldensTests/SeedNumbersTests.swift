import Files
import Foundation
import Testing

@testable import Goldens
@testable import Traces

@Suite("Goldens keep what each seed had")
struct SeedNumbersTests {
  private let golden: Golden

  init() throws { golden = try Sample.golden(seeds: 12) }

  @Test("each band has the numbers of every seed, to half of what the metric is rounded to", arguments: Metric.allCases)
  func kept(metric: Metric) throws {
    let read = try Golden(content: golden.content, path: "")
    let band = try #require(read.bands?[metric]), seeds = try #require(band.seeds)
    #expect(read == golden && seeds.count == 12)
    for (index, numbers) in seeds.enumerated() {
      let run = try #require(Measurements(metric, of: Sample.run(seed: UInt64(index)))?.keeping(layers: band.layers))
      let expected = run.values.joined().map(metric.scale.apply)
      let centres = band.centres.joined().map { ($0 / metric.quantum).rounded() * metric.quantum }
      let found = zip(numbers, centres).map { Double($0) * metric.quantum + $1 }
      #expect(found.count == expected.count)
      for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 0.5001 * metric.quantum) }
    }
  }

  /// What a golden is refused for whose band of a metric has other numbers of seeds.
  private func problem(_ metric: Metric, _ change: (inout [[Int]]?) -> Void) throws -> String? {
    let bands = try #require(golden.bands)
    let changed = bands.bands.map { band in
      var seeds = band.seeds
      if band.metric == metric { change(&seeds) }
      return Band(
        metric: band.metric, threshold: band.threshold, layers: band.layers, centres: band.centres, deviations: band.deviations,
        seeds: seeds)
    }
    do {
      _ = try Golden(trace: golden.trace, reason: "", bands: Bands(ensemble: bands.ensemble, bands: changed), path: "")
      return nil
    } catch {
      guard case .band(_, metric.rawValue, let problem) = error else { return "\(error)" }
      return problem
    }
  }

  @Test("a band that is not what the method makes of its seeds' numbers is refused by name", arguments: Metric.allCases)
  func audited(metric: Metric) throws {
    #expect(try problem(metric) { _ in } == nil)
    let band = try #require(golden.bands?[metric])
    // A seed moved by as much as it could scatter, in one place.
    let step = Int((3 * band.deviations[0][0] / metric.quantum).rounded())
    #expect(try problem(metric) { $0?[5][0] += step }?.hasPrefix("another threshold, centre or deviation") == true)
    // The file holds the reference run's own numbers as well.
    #expect(try problem(metric) { $0?[0][0] += 1 } == "other numbers of the reference run's seed than the run has")
    let cells = band.epochs * band.layers.count
    for change: (inout [[Int]]?) -> Void in [{ $0?[3].removeLast() }, { $0?[3].append(0) }, { $0?.removeLast() }] {
      #expect(try problem(metric, change) == "not \(cells) numbers of each of 12 seeds")
    }
    #expect(try problem(metric) { $0 = nil } == "no numbers of the seeds")
  }

  @Test("the method's first version keeps none")
  func first() throws {
    let old = try golden.ofTheFirstMethod()
    #expect(try Golden(content: old.content, path: "") == old)
    #expect(old.bands?.bands.allSatisfy { $0.seeds == nil && !$0.metric.isNorm } == true)
    var ensemble = try #require(old.bands).ensemble
    ensemble.version = 2
    #expect(throws: GoldenError.self) {
      try Golden(trace: old.trace, reason: "", bands: Bands(ensemble: ensemble, bands: old.bands!.bands), path: "")
    }
  }

  @Test("each set's accuracy scatters as its own number of images says")
  func sizes() throws {
    func inputs(_ epoch: Int?, _ images: Int) -> InputsLine {
      InputsLine(version: 1, epoch: epoch, values: [.init("examples", JSONValue(images))])
    }
    // Of seeds that agree in everything the smallest deviation remains, and what the binomial distribution says.
    let same = Sample.run(seed: 0, isVanishing: true)
    let runs = (0..<40 as Range<UInt64>).map { seed in
      GoldenRecording.Run(
        path: "\(seed)",
        trace: same.with(
          header: Sample.header(seed: seed), test: TestLine(epoch: 2, loss: 2.3, accuracy: 0.1, digest: same.test!.digest),
          inputs: [inputs(0, 400), inputs(1, 400), inputs(2, 400), inputs(nil, 10_000)]))
    }
    let bands = try #require(
      try GoldenRecording.golden(row: "vgg08", profile: "smoke", runs: runs, referenceSeed: 0, epochs: 3, reason: "").bands)
    for (metric, images) in [(Metric.trainAccuracy, 400.0), (.validationAccuracy, 100), (.testAccuracy, 10_000)] {
      // Eight seeds' worth of p(1 − p)/N beside 39 without any scatter.
      let expected = (8 * 0.09 / images / 47).squareRoot()
      #expect(abs(try #require(bands[metric]).deviations[0][0] / max(expected, 0.5 / images) - 1) < 1e-4, "\(metric)")
    }
  }

  @Test("the mean of k runs may be as far out as k seeds of the ensemble are from the others")
  func groups() throws {
    let runs = Sample.twoKinds, golden = try Sample.goldenOfTwoKinds()
    let band = try #require(golden.bands?[.trainLoss]), calibration = try #require(BandCalibration(band, images: 100))
    let rate = try #require(golden.bands?.ensemble.rate(metrics: 12))
    let one = calibration.threshold(rate: rate)
    let ten = try #require(calibration.threshold(ofMean: 10, rate: rate, single: one))
    // The first ten seeds, judged by the other 30, by hand.
    let places = runs.map { run in run.trace.epochs.map { (Foundation.log10($0.trainLoss) / 1e-6).rounded() * 1e-6 } }
    func moments(_ epoch: Int) -> (mean: Double, variance: Double) {
      let numbers = (10..<40).map { places[$0][epoch] }, mean = numbers.reduce(0, +) / 30
      return (mean, numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 29)
    }
    let near = (0..<3).reduce(0) { $0 + moments($1).variance } / 3
    let deviation = ((8 * near + 29 * moments(1).variance) / 37).squareRoot()
    let mean = (0..<10).reduce(0) { $0 + places[$1][1] } / 10
    let z = abs(mean - moments(1).mean) / (deviation * (1.0 / 10 + 1.0 / 30).squareRoot())
    #expect(ten >= 0.99999 * z && z > one, "\(ten), by hand \(z), of one run \(one)")
    // Where no group stands out, the threshold of one run is the most that the tail gives.
    let plain = try #require(try Sample.golden().bands?[.trainLoss])
    let usual = try #require(BandCalibration(plain, images: 100)?.threshold(ofMean: 4, rate: rate, single: plain.threshold))
    #expect(usual <= plain.threshold && usual >= 3)
    // Of forty seeds no four groups of eleven can be made.
    #expect(calibration.threshold(ofMean: 11, rate: rate, single: one) == nil)
    #expect(calibration.threshold(ofMean: 10, rate: rate, single: one) != nil)
  }
}
