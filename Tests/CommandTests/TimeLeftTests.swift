import Benchmarks
import Digests
import Testing
import Traces
import Training

@testable import gradflow

@Suite("The time that a run has yet to go")
struct TimeLeftTests {
  /// 400 steps, 40 passes of validation, 40 of the test set.
  private let work = RunWork(epochs: 10, batch: 10, training: 4000, validation: 400, test: 400)

  private func epochEnd(_ epoch: Int) -> TrainingEvent {
    .epoch(
      EpochLine(
        epoch: epoch, learningRate: 1, trainLoss: 1, trainAccuracy: 0, validationLoss: 1, validationAccuracy: 0, gradientFlow: [],
        gradientStatistics: [], digest: Digest(of: "")))
  }

  @Test(
    "counts the steps and passes that are left, at the pace of those this program made, also where it went on within an epoch",
    arguments: [(0, 0), (3, 0), (3, 200), (3, 398), (9, 100)])
  func resumed(epoch: Int, step: Int) throws {
    var left = TimeLeft(work)
    if (epoch, step) != (0, 0) { left.see(.resumed(epoch: epoch, step: step), at: 5) }
    left.see(.step(epoch: epoch, step: step + 1, of: 400, loss: 1), at: 7)
    #expect(left.seconds == nil && left.words == "?")
    left.see(.step(epoch: epoch, step: step + 2, of: 400, loss: 1), at: 10)
    // Three seconds a step, and one a pass: a third of a step, until a pass was seen.
    let whole = 3 * 400 + 40
    let expected = Double((10 - epoch) * whole - 3 * (step + 2) + 40)
    #expect(abs(try #require(left.seconds) - expected) < 1e-6)
  }

  @Test("takes a pass at what it was measured, and neither evaluation nor what follows it for a step")
  func evaluation() throws {
    var left = TimeLeft(work)
    left.see(.step(epoch: 0, step: 399, of: 400, loss: 1), at: 1)
    left.see(.step(epoch: 0, step: 400, of: 400, loss: 1), at: 2)
    left.see(.evaluating(epoch: 0), at: 2)
    left.see(epochEnd(0), at: 22)
    // Half a second a pass; nine epochs and the test set are left.
    let rest: Double = 9 * (400 + 20) + 20
    #expect(abs(try #require(left.seconds) - rest) < 1e-6)
    left.see(.checkpoint(epoch: 1, step: 0), at: 50)
    left.see(.step(epoch: 1, step: 1, of: 400, loss: 1), at: 60)
    #expect(abs(try #require(left.seconds) - (rest - 1)) < 1e-6)
  }

  @Test("follows a machine that becomes slower, and forgets a single slow step")
  func changes() throws {
    var left = TimeLeft(work)
    var time = 0.0
    func see(_ step: Int, after seconds: Double) {
      time += seconds
      left.see(.step(epoch: 0, step: step, of: 400, loss: 1), at: time)
    }
    for step in 1...100 { see(step, after: 1) }
    see(101, after: 100)
    for step in 102...200 { see(step, after: 1) }
    let passes: Double = 11 * 40 / 3
    #expect(abs(try #require(left.seconds) / (3800 + passes) - 1) < 0.05)
    for step in 201...300 { see(step, after: 2) }
    #expect(abs(try #require(left.seconds) / (2 * (3700 + passes)) - 1) < 0.02)
  }
}
