import Testing

@testable import Goldens
@testable import Traces

@Suite("What a reviewer sees of a band that moved")
struct GoldenIndexTests {
  @Test("each metric's threshold, the last validation bands, and the seal for anything else are in the index's line")
  func moved() throws {
    let golden = try Sample.golden().ofTheFirstMethod()
    let bands = try #require(golden.bands)
    let columns = GoldenIndex.header.split(separator: ",").map(String.init)
    func cells(_ golden: Golden) -> [String: String] {
      let cells = GoldenIndex.line(golden).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Dictionary(uniqueKeysWithValues: zip(columns, cells))
    }
    let before = cells(golden)
    #expect(
      before.count == columns.count
        && GoldenIndex.line(golden).split(separator: ",", omittingEmptySubsequences: false).count == columns.count)
    func changed(_ metric: Metric, threshold: Double = 1, epoch: Int = 0, deviation: Double = 1) throws -> Set<String> {
      let moved = bands.bands.map { band in
        guard band.metric == metric else { return band }
        var deviations = band.deviations
        deviations[band.metric.isOfTest ? 0 : epoch][0] *= deviation
        return Band(
          metric: metric, threshold: band.threshold * threshold, layers: band.layers, centres: band.centres,
          deviations: deviations)
      }
      let after = cells(
        try Golden(
          trace: golden.trace, reason: golden.reason, bands: Bands(ensemble: bands.ensemble, bands: moved), path: ""))
      return Set(columns.filter { before[$0] != after[$0] })
    }
    for metric in Metric.first {
      let found = try changed(metric, threshold: 1.1)
      #expect(found.isSuperset(of: ["thresholds", "seal"]), "\(metric)")
      #expect(try changed(metric, deviation: 1.1) == ["seal"], "\(metric)")
    }
    #expect(try changed(.validationLoss, epoch: 2, deviation: 1.1) == ["val_loss_band", "seal"])
    #expect(try changed(.validationAccuracy, epoch: 2, deviation: 1.1) == ["val_accuracy_band", "seal"])
    // How many layers a band has is told of those that have layers.
    let expected = bands.bands.map { band in
      "\(band.metric.rawValue) \(band.threshold)"
        + (band.metric == .gradientFlow || band.metric == .update ? " (\(band.layers.count) layers)" : "")
    }
    #expect(before["thresholds"] == expected.joined(separator: "; "))
    // Without bands the columns stay, empty.
    let bare = cells(try Sample.golden(seeds: 1))
    #expect(bare["thresholds"] == "" && bare["val_loss_band"] == "" && bare["seal"]?.count == 16)
  }
}
