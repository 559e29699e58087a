import Testing

@testable import Goldens
@testable import Traces

@Suite("The mean of several seeds")
struct MeanOfSeedsTests {
  private let golden: Golden

  init() throws { golden = try Sample.golden(seeds: 40) }

  /// Under fresh seeds, each with the same small shift of its losses.
  private func runs(_ seeds: Range<UInt64>, shift: Double = 0) -> [Trace] {
    seeds.map { Sample.run(seed: $0).with(epoch: 1) { $0.trainLoss += shift } }
  }

  @Test("a shift that no run shows by itself is outside for the mean of sixteen, and named")
  func smallShift() throws {
    // Two deviations: seeds scatter by 0.028.
    let shifted = runs(100..<116, shift: 0.06)
    #expect(shifted.allSatisfy { Judgement($0, against: golden, run: "").verdict.name == "within-band" })
    let mean = try #require(Judgement(meanOf: shifted, against: golden))
    #expect(mean.verdict == .regression && mean.seeds == Array(100..<116) && mean.seed == nil)
    #expect(mean.findings.map(\.place) == ["epoch 1, mean train_loss"], "\(mean.findings)")
    #expect(try #require(Judgement(meanOf: runs(100..<116), against: golden)).verdict == .withinBand(.mean(runs: 16)))
  }

  @Test("the band of a mean is that of a run, narrowed by √(1/k + 1/n)", arguments: [4, 10, 60])
  func width(count: Int) throws {
    let mean = try #require(Judgement(meanOf: runs(100..<100 + UInt64(count), shift: 10), against: golden))
    guard case .outside(let band, _)? = mean.findings.first(where: { $0.metric == "mean train_loss" })?.kind else {
      Issue.record("\(mean.findings)")
      return
    }
    let one = try #require(golden.bands?.interval(.trainLoss, epoch: 1))
    func width(_ interval: Band.Interval) -> Double { log10(interval.upper) - log10(interval.lower) }
    let share = (1 / Double(count) + 1.0 / 40).squareRoot()
    #expect(abs(width(band) / width(one) - share) < 1e-9 && band.centre == one.centre)
  }

  @Test("where groups of the ensemble's seeds are farther out than single ones, so may means of fresh seeds be")
  func groups() throws {
    let golden = try Sample.goldenOfTwoKinds()
    let band = try #require(golden.bands?[.trainLoss]), rate = try #require(golden.bands?.ensemble.rate(metrics: 12))
    let calibration = try #require(BandCalibration(band, images: 100))
    let threshold = try #require(calibration.threshold(ofMean: 10, rate: rate, single: band.threshold))
    func width(_ golden: Golden) throws -> Double {
      let mean = try #require(Judgement(meanOf: runs(100..<110, shift: 10), against: golden))
      guard case .outside(let band, _)? = mean.findings.first(where: { $0.metric == "mean train_loss" })?.kind else {
        return .nan
      }
      return log10(band.upper) - log10(band.lower)
    }
    #expect(threshold > 1.1 * band.threshold)
    #expect(abs(try width(golden) / width(golden.ofTheFirstMethod()) / (threshold / band.threshold) - 1) < 1e-9)
  }

  @Test("seeds of the ensemble, a seed twice, and runs that are not whole are no part of it; below four there is no mean")
  func chosen() throws {
    let fresh = runs(100..<104)
    let cut = Sample.run(seed: 200).with(test: .some(nil)), short = Sample.run(seed: 201, epochs: 2)
    let mean = try #require(Judgement(meanOf: runs(0..<20) + fresh + fresh + [cut, short], against: golden))
    #expect(mean.seeds == [100, 101, 102, 103])
    #expect(Judgement(meanOf: runs(0..<20) + fresh.prefix(3), against: golden) == nil)
    #expect(Judgement(meanOf: fresh, against: try Sample.golden(seeds: 1, epochs: 6)) == nil)
  }

  @Test("a mean with a number that is not finite is outside")
  func notFinite() throws {
    let mean = try #require(Judgement(meanOf: runs(100..<103) + runs(103..<104, shift: .nan), against: golden))
    #expect(mean.verdict == .regression)
  }

  @Test("means of fresh seeds lie outside no more often than single runs may", arguments: [4, 16] as [UInt64])
  func falseAlarms(size: UInt64) throws {
    let alarms = (0..<100).count { (group: UInt64) in
      let first = 1000 + group * size
      return Judgement(meanOf: (first..<first + size).map { Sample.run(seed: $0) }, against: golden)?.verdict == .regression
    }
    #expect(alarms <= 6, "\(alarms) of 100")
  }
}
