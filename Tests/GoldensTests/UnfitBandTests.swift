import Testing

@testable import Goldens
@testable import Traces

@Suite("Bands that the method never makes are refused, though the file is whole")
struct UnfitBandTests {
  /// What a golden with a band replaced by several or none is refused for; `nil` if it is not.
  private func problem(of golden: Golden, _ metric: Metric, _ change: (Band) -> [Band]) throws -> String? {
    let bands = try #require(golden.bands)
    return problem(
      of: golden, Bands(ensemble: bands.ensemble, bands: bands.bands.flatMap { $0.metric == metric ? change($0) : [$0] }))
  }

  private func problem(of golden: Golden, _ bands: Bands) -> String? {
    do {
      // What reading a file ends with.
      _ = try Golden(trace: golden.trace, reason: golden.reason, bands: bands, path: "")
      return nil
    } catch {
      guard case .band(_, _, let problem) = error else { return "\(error)" }
      return problem
    }
  }

  private func band(
    _ band: Band, threshold: Double? = nil, centres: [[Double]]? = nil, deviations: [[Double]]? = nil
  ) -> Band {
    Band(
      metric: band.metric, threshold: threshold ?? band.threshold, layers: band.layers, centres: centres ?? band.centres,
      deviations: deviations ?? band.deviations)
  }

  /// With the first number replaced.
  private func first(_ rows: [[Double]], _ value: Double) -> [[Double]] {
    var rows = rows
    rows[0][0] = value
    return rows
  }

  @Test("limits of thresholds, centres and deviations are the method's, and what the metric can be", arguments: Metric.first)
  func limits(metric: Metric) throws {
    let golden = try Sample.golden().ofTheFirstMethod()
    let own = try #require(golden.bands?[metric])
    let range = metric.range, floor = metric.deviationFloor(images: 100)
    func problem(_ band: Band) throws -> String { try self.problem(of: golden, metric) { _ in [band] } ?? "none" }
    #expect(try problem(own) == "none")
    #expect(try problem(band(own, threshold: 2.99)).hasPrefix("a threshold of 2.99"))
    // So that the smallest deviation is just too much.
    let smallest = own.deviations.joined().min()!
    #expect(try problem(band(own, threshold: 1.001 * metric.span / smallest)).contains("wider than all that the metric can be"))
    #expect(try problem(band(own, deviations: first(own.deviations, 0.99 * floor))).contains("is the smallest"))
    let wide = metric.span / own.threshold
    #expect(try problem(band(own, deviations: first(own.deviations, 1.001 * wide))).contains("wider than all that"))
    for centre in [range.lowerBound - 0.01, range.upperBound + 0.01] {
      #expect(try problem(band(own, centres: first(own.centres, centre))).contains("outside \(range)"))
    }
    // A band may let everything in at one place, but not at all, unless accuracies are that different under other seeds.
    let everywhere = band(own, deviations: own.deviations.map { $0.map { _ in 0.999 * wide } })
    #expect(everywhere.letsEverythingIn && !own.letsEverythingIn)
    #expect(try problem(everywhere) == (metric.isAccuracy ? "none" : "no number that is outside in any epoch: it judges nothing"))
    if !metric.isOfTest { #expect(try problem(band(own, deviations: first(own.deviations, 0.999 * wide))) == "none") }
  }

  @Test("a metric without layers has one column without a name", arguments: Metric.first.filter { !$0.hasLayers })
  func named(metric: Metric) throws {
    let found = try problem(of: try Sample.golden().ofTheFirstMethod(), metric) {
      [Band(metric: metric, threshold: $0.threshold, layers: ["a"], centres: $0.centres, deviations: $0.deviations)]
    }
    #expect(found == "layers where the metric has none")
  }

  @Test("the reference run is inside the bands of its own file", arguments: Metric.first)
  func reference(metric: Metric) throws {
    let golden = try Sample.golden().ofTheFirstMethod()
    let own = try #require(golden.bands?[metric])
    let value = try #require(Measurements(metric, of: golden.trace)?.keeping(layers: own.layers)?.values[0][0])
    let half = own.threshold * own.deviations[0][0]
    for (factor, isRefused) in [(0.99, false), (1.01, true)] {
      let centre = metric.scale.apply(value) + factor * half
      let moved = try problem(of: golden, metric) { [band($0, centres: first($0.centres, centre))] }
      #expect(moved.map { $0.hasPrefix("the reference run outside") } == (isRefused ? true : nil), "\(moved ?? "none")")
    }
  }

  @Test("every metric that so many seeds judge has its band, updates too, and no other has", arguments: [40, 4] as [UInt64])
  func missing(seeds: UInt64) throws {
    let golden = try Sample.golden(seeds: seeds).ofTheFirstMethod()
    let judged = try #require(golden.bands?.bands.map(\.metric))
    #expect(judged.count == (seeds == 40 ? 10 : 5))
    for metric in judged {
      #expect(try problem(of: golden, metric) { _ in [] } == "no line, though \(seeds) seeds judge it", "\(metric)")
    }
    guard seeds == 4, let bands = golden.bands else { return }
    for band in try #require(try Sample.golden().ofTheFirstMethod().bands).bands where !judged.contains(band.metric) {
      let more = Bands(ensemble: bands.ensemble, bands: bands.bands + [band])
      #expect(problem(of: golden, more) == "a line, though 4 seeds do not judge it")
    }
  }

  @Test(
    "gradient flow is judged in every layer, or where seeds are few, in those that are named", arguments: [40, 4] as [UInt64])
  func layers(seeds: UInt64) throws {
    let golden = try Sample.golden(seeds: seeds).ofTheFirstMethod()
    let fewer = try problem(of: golden, .gradientFlow) { band in
      [
        Band(
          metric: band.metric, threshold: band.threshold, layers: Array(band.layers.dropLast()),
          centres: band.centres.map { $0.dropLast() }, deviations: band.deviations.map { $0.dropLast() })
      ]
    }
    let count = seeds == 40 ? 5 : 3
    #expect(fewer == "\(count - 1) layers, not the \(count) that \(seeds) seeds judge")
  }

  @Test("what the file says of its ensemble is what so many seeds of its profile give")
  func ensemble() throws {
    let golden = try Sample.golden().ofTheFirstMethod()
    let bands = try #require(golden.bands)
    let changes: [(inout Ensemble) -> Void] = [
      { $0.isProvisional = true }, { $0.falseAlarmRate = 0.03 }, { $0.falseAlarmRate = nil }, { $0.method = .scatter },
      { $0.seeds.removeLast(9) }, { $0.seeds.removeLast(37) }, { $0.seeds[1] = 0 }, { $0.seeds = [] },
    ]
    for (index, change) in changes.enumerated() {
      var ensemble = bands.ensemble
      change(&ensemble)
      let problem = problem(of: golden, Bands(ensemble: ensemble, bands: bands.bands))
      #expect(problem?.contains(index < 6 ? "which give" : "an ensemble of") == true, "\(index): \(problem ?? "none")")
    }
  }
}
