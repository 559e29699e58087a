import Traces

/// Judges the mean of several runs of a row, each under another seed: it scatters less than one run, and so shows a smaller
/// shift.
///
/// A run's place y has the variance s² over seeds, the ensemble's centre c is itself a mean of n seeds, and so
/// z = (ȳ − c) / (s · √(1/k + 1/n)) has the scale that (y − c) / s has for one run. The threshold is calibrated by leaving k
/// seeds out (`BandCalibration.threshold(ofMean:rate:single:)`); where there are too few, or the golden keeps no seeds' numbers,
/// it is that of one run. However large k is, a shift below threshold · s / √n stays inside.
struct MeanOfSeeds {
  /// With fewer the mean says little that each run does not.
  static let smallest = 4

  /// Those that had no part in the ensemble.
  let runs: [Trace]
  let golden: Golden

  /// - Returns: `nil` where there are too few runs of fresh seeds that are whole, or no ensemble to hold them against.
  init?(_ traces: [Trace], against golden: Golden) {
    guard let bands = golden.bands, bands.ensemble.method == .largestDeviation else { return nil }
    var seeds = Set(bands.ensemble.seeds)
    runs = traces.filter { trace in
      trace.test != nil && trace.epochs.count == golden.trace.epochs.count && seeds.insert(trace.header.seed).inserted
    }
    guard runs.count >= Self.smallest else { return nil }
    self.golden = golden
  }

  /// - Returns: how many numbers were held against a band, and those outside.
  func judge() -> (numbers: Int, findings: [Finding]) {
    guard let bands = golden.bands else { return (0, []) }
    let k = Double(runs.count), n = Double(bands.ensemble.seeds.count)
    let share = (1 / k + 1 / n).squareRoot()
    let rate = bands.ensemble.rate(metrics: bands.ensemble.metrics(in: golden.trace).count)
    var numbers = 0
    var findings: [Finding] = []
    for band in bands.bands {
      let measured = runs.compactMap { Measurements(band.metric, of: $0)?.keeping(layers: band.layers) }
      // What is missing in a run is a finding of its own.
      guard measured.count == runs.count else { continue }
      let mean = band.narrowed(by: share, threshold: threshold(band, bands.ensemble, rate: rate))
      for epoch in 0..<band.epochs {
        for (layer, name) in band.layers.enumerated() {
          let places = measured.map { band.metric.scale.apply($0.values[epoch][layer]) }
          let place = places.reduce(0, +) / k
          numbers += 1
          let distance = abs(place - band.centres[epoch][layer]) / (mean.threshold * mean.deviations[epoch][layer])
          // A mean that is not finite is inside nothing.
          if distance <= 1 { continue }
          findings.append(
            Finding(
              .outside(mean.interval(epoch: epoch, layer: layer), widths: (distance - 1) / 2),
              metric: "mean \(band.metric.rawValue)", epoch: band.metric.isOfTest ? nil : epoch,
              layer: name.isEmpty ? nil : name, found: band.metric.scale.number(at: place)))
        }
      }
    }
    return (numbers, findings)
  }
}

extension MeanOfSeeds {
  private func threshold(_ band: Band, _ ensemble: Ensemble, rate: Double?) -> Double {
    guard let rate, let images = ensemble.images(of: band.metric, in: golden.trace),
      let threshold = BandCalibration(band, images: images)?.threshold(ofMean: runs.count, rate: rate, single: band.threshold)
    else { return band.threshold }
    return threshold
  }
}

extension Band {
  /// With deviations that are a share of these.
  fileprivate func narrowed(by share: Double, threshold: Double) -> Band {
    Band(
      metric: metric, threshold: threshold, layers: layers, centres: centres,
      deviations: deviations.map { $0.map { share * $0 } })
  }
}
