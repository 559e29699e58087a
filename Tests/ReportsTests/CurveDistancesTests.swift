import Files
import Foundation
import Testing

@testable import Reports

@Suite("Runs beside published curves")
struct CurveDistancesTests {
  /// One epoch of `vgg08`, which the course's curve begins with, at its own numbers but for what `change` does.
  private func first(_ change: (inout FakeRun) -> Void = { _ in }, seeds: [UInt64] = [0]) -> [FakeRun] {
    let course = CourseCurve.vgg08
    return seeds.map { seed in
      var run = FakeRun(row: "vgg08", seed: seed, epochs: 1)
      run.trainLoss = course.trainLoss[0]
      run.trainAccuracy = course.trainAccuracy[0]
      run.validationLoss = course.validationLoss[0]
      run.validationAccuracy = course.validationAccuracy[0]
      change(&run)
      return run
    }
  }

  private func line(_ runs: [FakeRun], _ source: String, _ quantity: String) throws -> CurveDistances.Line {
    let found = CurveDistances(try runs.set()).lines.filter { $0.source == source && $0.quantity == quantity }
    try #require(found.count == 1, "\(found)")
    return found[0]
  }

  @Test(
    "what equals a curve lies 0 from it; each quantity is measured in what two seeds of the row differ by",
    arguments: CurveFigures.Metric.allCases)
  func units(metric: CurveFigures.Metric) throws {
    let exact = try line(first(), "course code", metric.words)
    #expect(exact.points.count == 1 && exact.farthest.distance == 0 && exact.last == exact.farthest)
    // Of golden/short: 0.0036 and 0.0048 decades, 0.022 and 0.021 of √(p(1 − p)); of a difference √2 of that. The unit is that of
    // the value that scatters more.
    let course = CourseCurve.vgg08
    let one = first {
      $0.trainLoss = course.trainLoss[0] * pow(10, 0.0036 * 2.0.squareRoot())
      $0.validationLoss = course.validationLoss[0] * pow(10, -0.0048 * 2.0.squareRoot())
      $0.trainAccuracy = 0.02
      $0.validationAccuracy = 0.01
    }
    func deviations(_ ours: Double, _ theirs: Double, _ factor: Double) -> Double {
      let larger = max(ours, theirs)
      return abs(ours - theirs) / (factor * (2 * larger * (1 - larger)).squareRoot())
    }
    let expected: Double =
      switch metric {
      case .trainLoss, .validationLoss: 1
      case .trainAccuracy: deviations(0.02, course.trainAccuracy[0], 0.022)
      case .validationAccuracy: deviations(0.01, course.validationAccuracy[0], 0.021)
      }
    #expect(abs((try line(one, "course code", metric.words).farthest.distance ?? .nan) - expected) < 1e-9)
  }

  @Test("all epochs that both have are looked at, and the farthest is told, the first of equals, beside the last")
  func farthest() throws {
    let whole = try line(FakeRun.report().filter { $0.row == "vgg08" }, "course code", "train loss")
    // The course's file has one epoch more than the protocol.
    #expect(whole.points.map(\.epoch) == Array(0..<100))
    #expect(whole.points.allSatisfy { ($0.distance ?? .infinity) <= whole.farthest.distance ?? 0 } && whole.last.epoch == 99)
    let cut = try line(FakeRun.report().filter { $0.row == "vgg08" }.with("vgg08") { $0.epochs = 7 }, "course code", "train loss")
    #expect(cut.last.epoch == 6)
    func point(_ epoch: Int, _ distance: Double) -> CurveDistances.Point {
      .init(epoch: epoch, runs: .init(1), published: .init(1), distance: distance)
    }
    let result = try #require(try first().set().rows.first)
    let line = CurveDistances.Line(
      result, source: "course code", quantity: "train loss", metric: .trainLoss,
      points: [point(0, 1), point(1, 3), point(2, 3), point(3, 2)])
    #expect(line.farthest.epoch == 1 && line.last.epoch == 3)
  }

  @Test("Figure 4's points are those of their epochs, and only those that the figure tells")
  func figure4() throws {
    let runs = FakeRun.report().filter { $0.row == "vgg38-bn-rc-1e-2" }
    #expect(try line(runs, "Figure 4", "validation accuracy").points.map(\.epoch) == [9, 49, 99])
    let loss = try line(runs, "Figure 4", "train loss")
    #expect(loss.points.map(\.epoch) == [99] && loss.last.published == .init(0.5243))
  }

  @Test("of a group of layers the lowest and the highest are held against what was read off, on the logarithmic scale")
  func groups() throws {
    /// Reduction blocks of VGG08 in the first epoch, read off as 2e-3 to 5e-3.
    func runs(low: Double, high: Double) -> [FakeRun] {
      first { $0.flow = { layer, _ in layer == "reduction_block_1_conv_0" ? low : layer.contains("conv_1") ? high : 3e-3 } }
    }
    let group = "reduction block convolutions"
    #expect(try line(runs(low: 2e-3, high: 5e-3), "Figure 2", group).last.distance == 0)
    let wide = try line(runs(low: 2e-4, high: 5e-3), "Figure 2", group).last
    // A layer whose scatter is not recorded has the root mean square of the row's three: 0.20, 0.083 and 0.055 decades.
    let deviation = ((0.20 * 0.20 + 0.083 * 0.083 + 0.055 * 0.055) / 3).squareRoot() * 2.0.squareRoot()
    #expect(abs(try #require(wide.distance) - 1 / deviation) < 1e-9 && wide.runs == .init(2e-4, 5e-3), "\(wide)")
    // Inside the range is a distance too: a group whose layers agree is not one whose layers differ.
    #expect(try line(runs(low: 3e-3, high: 3e-3), "Figure 2", group).last.distance ?? 0 > 0)
  }

  /// A layer, and the quantity that it is or belongs to.
  private static let places = [
    ("logit_linear_layer", "logit_linear_layer"), ("reduction_block_1_conv_1", "reduction block convolutions"),
  ]

  @Test(
    "a gradient of zero, or one that is no number, is infinitely far, by itself and in a group, in every form of the table",
    arguments: [0, .nan, -1, .infinity], places)
  func vanished(value: Double, place: (layer: String, quantity: String)) throws {
    let runs = first { $0.flow = { layer, _ in layer == place.layer ? value : 3e-3 } }
    #expect(try line(runs, "Figure 2", place.quantity).farthest.distance == .infinity)
    let table = Table1(try runs.set())
    for form in Table1.Form.allCases {
      let text = table.lines(as: form).joined(separator: "\n")
      #expect(text.contains("inf") == (form != .csv), "\(form)")
      if form == .json { #expect(throws: Never.self) { try JSONValue(parsing: Array(text.utf8)) } }
    }
  }

  @Test("the plain network stands beside the course's curve and Figure 3, at the first epoch and the last, with its own scatter")
  func plain() throws {
    func runs(_ factors: [Double], epochs: Int) -> [FakeRun] {
      factors.enumerated().map { seed, factor in
        var run = FakeRun(row: "vgg38", seed: UInt64(seed), epochs: epochs)
        run.trainLoss = CourseCurve.vgg38.trainLoss[epochs - 1] * pow(10, 2e-5)
        run.flow = { layer, epoch in layer == "reduction_block_2_conv_1" ? (epoch == 0 ? 1.2e-5 : 3.7e-8) * factor : 1e-9 }
        return run
      }
    }
    let layer = "reduction_block_2_conv_1"
    #expect(try line(runs([1], epochs: 99), "Figure 3", layer).points.map(\.epoch) == [0])
    let exact = try line(runs([1], epochs: 100), "Figure 3", layer)
    #expect(exact.points.map(\.epoch) == [0, 99] && exact.points.allSatisfy { $0.distance == 0 })
    // Two seeds, ten and a thousand times that: the geometric mean is a hundred times. 0.17 decades a seed.
    let two = try line(runs([10, 1000], epochs: 100), "Figure 3", layer).last
    #expect(abs(try #require(two.distance) - 2 / (0.17 * 1.5.squareRoot())) < 1e-6, "\(two)")
    // Its losses stay where they are under every seed, so nothing is a multiple of what they scatter by.
    let loss = try line(runs([1], epochs: 3), "course code", "train loss")
    #expect(loss.points.allSatisfy { $0.distance == nil } && loss.farthest.epoch == 0, "\(loss)")
    for form in Table1.Form.allCases where form != .csv {
      let text = Table1(try runs([1], epochs: 3).set()).lines(as: form).joined(separator: "\n")
      #expect(text.contains(form == .json ? "\"deviations\": null" : "- at 0"), "\(form)")
    }
  }

  @Test("Figure 5's batch norm weights are read off at the last epoch alone")
  func figure5() throws {
    let gamma = "batch normalisation weights (gamma)"
    let whole = FakeRun.report().filter { $0.row == "vgg38-bn-rc-1e-2" }
    let line = try line(whole, "Figure 5", gamma)
    #expect(line.points.map(\.epoch) == [99] && line.last.published == .init(5e-3, 2e-2) && line.last.runs == .init(8e-3))
    let begun = CurveDistances(try whole.with("vgg38-bn-rc-1e-2") { $0.epochs = 99 }.set())
    #expect(!begun.lines.contains { $0.quantity == gamma } && begun.lines.contains { $0.source == "Figure 5" })
  }

  @Test("four seeds are measured by their own scatter, and three are not")
  func measured() throws {
    func runs(_ count: UInt64) -> [FakeRun] {
      first(seeds: Array(0..<count)).map { run in
        var run = run
        // 0, 1, 2 or 3 per cent of a decade above the course's.
        run.trainLoss *= pow(10, 0.01 * Double(run.seed))
        return run
      }
    }
    func distance(_ count: UInt64) throws -> Double {
      try #require(try line(runs(count), "course code", "train loss").farthest.distance)
    }
    /// From the mean of the seeds' losses to the course's loss, in decades.
    func difference(_ count: Int) -> Double { log10((0..<count).reduce(0) { $0 + pow(10, 0.01 * Double($1)) } / Double(count)) }
    // Of 0, 1, 2, 3: the sum of squares around 1.5 is 5.
    let deviation = 0.01 * (5.0 / 3).squareRoot() * (1 + 0.25).squareRoot()
    #expect(abs(try distance(4) - difference(4) / deviation) < 1e-9)
    #expect(abs(try distance(3) - difference(3) / (0.0036 * (1 + 1.0 / 3).squareRoot())) < 1e-9)
    #expect(try CurveDistances(runs(4).set()).lead.contains("by their own scatter from 4 seeds on, otherwise as four seeds"))
    #expect(try !CurveDistances(runs(3).set()).lead.contains("their own scatter"))
    // Four seeds that agree do not scatter less than a band has at least: a loss by 1e-5 decades, a gradient by 0.01.
    func least(_ source: String, _ quantity: String, _ change: (inout FakeRun) -> Void) throws -> Double {
      try #require(try line(first(change, seeds: [0, 1, 2, 3]), source, quantity).last.distance)
    }
    let root = 1.25.squareRoot()
    #expect(abs(try least("course code", "train loss") { $0.trainLoss *= pow(10, 1e-4) } - 10 / root) < 1e-6)
    #expect(abs(try least("Figure 2", "logit_linear_layer") { $0.flow = { _, _ in 0.105 } } - 100 / root) < 1e-6)
    // An accuracy by counting.
    let agreeing = first({ $0.validationAccuracy += 0.01 }, seeds: [0, 1, 2, 3])
    let accuracy = agreeing[0].validationAccuracy
    let counting = 1.1 * (accuracy * (1 - accuracy) / 2500).squareRoot() * 1.25.squareRoot()
    #expect(abs((try line(agreeing, "course code", "validation accuracy").farthest.distance ?? .nan) - 0.01 / counting) < 1e-9)
  }

  @Test("other experiments than the report's stand beside no curve, and neither table nor page speaks of one")
  func others() throws {
    for runs in [FakeRun.quick(), first { $0.change = { $0.batchSize = 50 } }, [FakeRun(row: "vgg38-rc")]] {
      let set = try runs.set()
      #expect(CurveDistances(set).lines.isEmpty)
      #expect(!Page(set).html.contains("id=\"curves\"") && !Page(set).html.contains("#curves"))
      #expect(!Table1(set).lines(as: .text).joined().contains("published curves"))
    }
    let set = try first().set()
    let html = Page(set).html
    #expect(html.contains("<a href=\"#curves\">") && html.contains("<section id=\"curves\">"))
    #expect(html.contains("<th scope=\"row\"><code>vgg08</code></th><td>course code</td><td>train loss</td>"))
    #expect(Table1(set).lines(as: .text).contains { $0.hasPrefix("vgg08") && $0.contains("course code  train loss") })
  }
}
