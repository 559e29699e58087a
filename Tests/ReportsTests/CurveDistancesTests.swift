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

  private static let quantities = ["train loss", "train accuracy", "validation loss", "validation accuracy"]

  @Test("what equals a curve lies 0 from it; each quantity is measured in what two seeds differ by", arguments: quantities)
  func units(quantity: String) throws {
    let exact = try line(first(), "course code", quantity)
    #expect(exact.points.count == 1 && exact.farthest.distance == 0 && exact.last == exact.farthest)
    // One deviation of a difference of two single runs: √2 of one run's.
    let root = 2.0.squareRoot()
    func accuracy(_ value: Double, _ factor: Double) -> Double { value + root * factor * (value * (1 - value)).squareRoot() }
    let one = first {
      $0.trainLoss *= pow(1.0155, root)
      $0.validationLoss *= pow(1.062, -root)
      $0.trainAccuracy = accuracy($0.trainAccuracy, 0.035)
      $0.validationAccuracy = accuracy($0.validationAccuracy, 2.6 * 1.1 / 50)
    }
    #expect(abs(try line(one, "course code", quantity).farthest.distance - 1) < 1e-9)
  }

  @Test("all epochs that both have are looked at, and the farthest is told, the first of equals, beside the last")
  func farthest() throws {
    let whole = try line(FakeRun.report().filter { $0.row == "vgg08" }, "course code", "train loss")
    // The course's file has one epoch more than the protocol.
    #expect(whole.points.map(\.epoch) == Array(0..<100))
    #expect(whole.points.allSatisfy { $0.distance <= whole.farthest.distance } && whole.last.epoch == 99)
    let cut = try line(FakeRun.report().filter { $0.row == "vgg08" }.with("vgg08") { $0.epochs = 7 }, "course code", "train loss")
    #expect(cut.last.epoch == 6)
    func point(_ epoch: Int, _ distance: Double) -> CurveDistances.Point {
      .init(epoch: epoch, runs: .init(1), published: .init(1), distance: distance)
    }
    let line = CurveDistances.Line(
      row: "vgg08", source: "course code", quantity: "train loss", kind: .trainLoss,
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
    #expect(abs(wide.distance - 1 / (0.14 * 2.0.squareRoot())) < 1e-9 && wide.runs == .init(2e-4, 5e-3), "\(wide)")
    // Inside the range is a distance too: a group whose layers agree is not one whose layers differ.
    #expect(try line(runs(low: 3e-3, high: 3e-3), "Figure 2", group).last.distance > 0)
  }

  @Test(
    "a gradient of zero, or one that is no number, is infinitely far, in every form of the table",
    arguments: [0, .nan, -1, .infinity])
  func vanished(value: Double) throws {
    let runs = first { $0.flow = { layer, _ in layer == "logit_linear_layer" ? value : 1e-3 } }
    #expect(try line(runs, "Figure 2", "logit_linear_layer").farthest.distance == .infinity)
    let table = Table1(try runs.set())
    for form in Table1.Form.allCases {
      let text = table.lines(as: form).joined(separator: "\n")
      #expect(text.contains("inf") == (form != .csv), "\(form)")
      if form == .json { #expect(throws: Never.self) { try JSONValue(parsing: Array(text.utf8)) } }
    }
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
    func distance(_ count: UInt64) throws -> Double { try line(runs(count), "course code", "train loss").farthest.distance }
    /// From the mean of the seeds' losses to the course's loss, in decades.
    func difference(_ count: Int) -> Double { log10((0..<count).reduce(0) { $0 + pow(10, 0.01 * Double($1)) } / Double(count)) }
    // Of 0, 1, 2, 3: the sum of squares around 1.5 is 5.
    let deviation = 0.01 * (5.0 / 3).squareRoot() * (1 + 0.25).squareRoot()
    #expect(abs(try distance(4) - difference(4) / deviation) < 1e-9)
    #expect(abs(try distance(3) - difference(3) / (log10(1.0155) * (1 + 1.0 / 3).squareRoot())) < 1e-9)
    #expect(try CurveDistances(runs(4).set()).isMeasured)
    #expect(try !CurveDistances(runs(3).set()).isMeasured)
    // Four seeds that agree do not scatter less than counting does.
    let agreeing = first({ $0.validationAccuracy += 0.01 }, seeds: [0, 1, 2, 3])
    let accuracy = agreeing[0].validationAccuracy
    let least = 1.1 * (accuracy * (1 - accuracy) / 2500).squareRoot() * 1.25.squareRoot()
    #expect(abs(try line(agreeing, "course code", "validation accuracy").farthest.distance - 0.01 / least) < 1e-9)
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
