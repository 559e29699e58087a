import Files
import Goldens
import TestSupport
import Testing
import Traces

@testable import Reports

@Suite("What the goldens say of runs")
struct EngineTests {
  private func run(_ row: String = "vgg08", seed: UInt64, epochs: Int = 3) -> FakeRun {
    var run = FakeRun(row: row, seed: seed)
    run.profile = .smoke
    run.epochs = epochs
    let offset = Double(seed % 7) * 0.01
    run.trainLoss = 1.8 + offset
    run.validationLoss = 1.9 + offset
    run.trainAccuracy = 0.4 - offset
    run.validationAccuracy = 0.4 - offset
    run.testAccuracy = 0.4 - offset
    run.flow = { layer, epoch in FakeRun.flowing(layer, epoch) * (1 + offset * 3) }
    return run
  }

  private func findings(_ runs: [FakeRun]) throws -> EngineFindings {
    try withDirectory { directory in
      let store = GoldenStore(directory: directory)
      let ensemble = (0..<6).map { GoldenRecording.Run(path: "run \($0)", trace: run(seed: $0).trace) }
      try store.write(
        GoldenRecording.golden(row: "vgg08", profile: "smoke", runs: ensemble, referenceSeed: 0, epochs: 3, reason: "for a test"))
      return try EngineFindings(judging: try runs.set(), by: store)
    }
  }

  @Test("the reference run again is identical, another seed within the bands")
  func passes() throws {
    #expect(try findings([run(seed: 0)]).verdict(of: "vgg08").kind == .identical)
    let other = try findings([run(seed: 9)]).verdict(of: "vgg08")
    #expect(other.kind == .withinBand && other.detail.contains("seed differs"), "\(other)")
  }

  @Test("the reference seed with other bits is no good news, inside the bands or not")
  func otherBits() throws {
    var altered = run(seed: 0)
    altered.validationLoss = altered.validationLoss.nextUp
    let found = try findings([altered])
    #expect(found.verdict(of: "vgg08").kind == .otherBits, "\(found.verdict(of: "vgg08"))")
    let table = Table1(try [altered].set(), engine: found)
    #expect(table.hasDrift && table.engineSummary == "1 other bits")
  }

  @Test("a run outside is a regression, named with its seed; the worst of several speaks for the row")
  func regression() throws {
    var bad = run(seed: 8)
    bad.validationLoss = 2.6
    let verdict = try findings([run(seed: 0), bad, run(seed: 9)]).verdict(of: "vgg08")
    #expect(verdict.kind == .regression && verdict.detail.hasPrefix("vgg08-s8: "), "\(verdict)")
  }

  @Test("a run that the row leaves out is judged all the same, by the epochs that it has")
  func leftOut() throws {
    var bad = run(seed: 8, epochs: 2)
    bad.planned = 3
    bad.validationLoss = 9
    let verdict = try findings([run(seed: 0), bad, run(seed: 9)]).verdict(of: "vgg08")
    #expect(verdict.kind == .regression && verdict.detail.hasPrefix("vgg08-s8: "), "\(verdict)")
  }

  @Test("a run that was stopped before its test is judged by its epochs")
  func untested() throws {
    var stopped = run(seed: 0)
    stopped.planned = 4
    let verdict = try findings([stopped]).verdict(of: "vgg08")
    #expect(verdict.kind == .identical && verdict.detail.contains("the epochs that were made"), "\(verdict)")
  }

  @Test("other settings are not comparable, by name, and have no bands; a row without a golden is called so")
  func notComparable() throws {
    var other = run(seed: 0)
    other.change = { $0.batchSize = 10 }
    let found = try findings([other, run("vgg38", seed: 0)])
    #expect(found.verdict(of: "vgg08").kind == .notComparable && found.verdict(of: "vgg08").detail.contains("batch_size"))
    #expect(found.bands.isEmpty && found.verdict(of: "vgg38") == EngineVerdict(.noGolden))
  }

  @Test("fewer epochs are judged by those that were made; where there is none, nothing is", arguments: [0, 1, 2])
  func prefix(epochs: Int) throws {
    // The first epochs of a longer run, as a stopped one leaves them.
    let whole = run(seed: 0)
    let record = RunRecord(
      try Trace(content: Array(whole.lines.prefix(1 + 2 * epochs).map { $0.json.description + "\n" }.joined().utf8)))
    let verdict = try withDirectory { directory in
      let store = GoldenStore(directory: directory)
      let ensemble = (0..<6).map { GoldenRecording.Run(path: "run \($0)", trace: run(seed: $0).trace) }
      try store.write(
        GoldenRecording.golden(row: "vgg08", profile: "smoke", runs: ensemble, referenceSeed: 0, epochs: 3, reason: "for a test"))
      return try EngineFindings(judging: RunSet([record]), by: store).verdict(of: "vgg08")
    }
    if epochs == 0 {
      #expect(verdict == .notChecked)
    } else {
      #expect(verdict.kind == .identical && verdict.detail.contains("the epochs that were made"), "\(verdict)")
    }
  }

  @Test("bands come resolved, an entry an epoch, and hold the reference run")
  func bands() throws {
    let found = try findings([run(seed: 0)])
    let trace = run(seed: 0).trace
    let loss = try #require(found.band("vgg08", "val_loss"))
    #expect(loss.ranges.count == 3)
    for line in trace.epochs { #expect(loss.ranges[line.epoch].contains(line.validationLoss)) }
    let flow = try #require(found.band("vgg08", "gradient_flow.input_conv_conv_0"))
    for line in trace.epochs { #expect(flow.ranges[line.epoch].contains(line.gradientFlow[0].value)) }
    #expect(Figures(try [run(seed: 0)].set(), engine: found).numbered[0].inline.contains("golden band"))
  }
}
