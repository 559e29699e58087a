import Testing

@testable import Goldens
@testable import Traces

@Suite("Recording")
struct RecordingTests {
  private func record(
    _ runs: [GoldenRecording.Run], seed: UInt64 = 0, epochs: Int? = 3, keeping old: Golden? = nil
  ) throws -> Golden {
    try GoldenRecording.golden(
      row: "vgg08", profile: "smoke", runs: runs, referenceSeed: seed, epochs: epochs, reason: "a test", keepingBandsOf: old)
  }

  @Test("runs are taken in any order, and the same run twice counts once")
  func order() throws {
    let runs = Sample.runs(0..<8)
    let golden = try record(runs)
    #expect(golden.bands?.ensemble.seeds == Array(0..<8))
    #expect(try record(runs.reversed() + [runs[3]]) == golden)
  }

  @Test("without the reference seed nothing is recorded")
  func noReference() {
    #expect(throws: RecordingError.noReference(row: "vgg08", seed: 0, runs: 7)) { try record(Sample.runs(1..<8)) }
    #expect(throws: Never.self) { try record(Sample.runs(1..<8), seed: 3) }
  }

  @Test("two different runs of one seed are refused by name")
  func twice() {
    var runs = Sample.runs(0..<8)
    runs.append(.init(path: "other", trace: Sample.run(seed: 3, salt: 1)))
    #expect(throws: RecordingError.seedTwice(seed: 3, first: "vgg08-s3", second: "other")) { try record(runs) }
  }

  @Test("a run of other settings, or under another contract version, is refused by name")
  func mixed() {
    for header in [Sample.header(seed: 5, learningRate: 1), Sample.header(seed: 5, numerics: 2)] {
      var runs = Sample.runs(0..<8)
      runs[5].trace = runs[5].trace.with(header: header)
      #expect { try record(runs) } throws: { error in
        if case RecordingError.mixed(path: "vgg08-s5", reference: "vgg08-s0", _)? = error as? RecordingError {
          true
        } else {
          false
        }
      }
    }
  }

  @Test("a run that is not whole or not finite is refused by name")
  func broken() {
    let whole = Sample.run(seed: 5)
    let broken: [Trace] = [
      Sample.run(seed: 5, epochs: 2), Sample.run(seed: 5, epochs: 4), whole.with(test: .some(nil)),
      whole.with(epoch: 1) { $0.gradientFlow.removeLast() }, whole.with(epoch: 1) { $0.trainLoss = .nan },
      whole.with(epoch: 2) { $0.gradientStatistics[1].max = .infinity },
    ]
    for trace in broken {
      var runs = Sample.runs(0..<8)
      runs[5].trace = trace
      #expect { try record(runs) } throws: { error in
        switch error as? RecordingError {
        case .unfinished("vgg08-s5", _)?, .notFinite("vgg08-s5", _)?: true
        default: false
        }
      }
    }
  }

  @Test("bands are kept for a new contract version that they hold for; the file says under which they were made")
  func keptBands() throws {
    let old = try record(Sample.runs(0..<40))
    let next = Sample.run(seed: 0).with(header: Sample.header(numerics: 2)).with(epoch: 1) { $0.trainLoss += 1e-6 }
    let new = try record([.init(path: "new", trace: next)], keeping: old)
    #expect(new.bands == old.bands && new.trace.header.numerics == 2 && new.bands?.ensemble.numerics == 1)
    #expect(Judgement(next, against: new, run: "").verdict == .identical)
    let read = try Golden(content: new.content, path: "")
    #expect(read == new)
  }

  @Test("bands that do not hold, or are of other settings, are not kept")
  func brokenBands() throws {
    let old = try record(Sample.runs(0..<40))
    let wrong = Sample.run(seed: 0).with(header: Sample.header(numerics: 2)).with(epoch: 1) { $0.trainLoss = 9 }
    #expect { try record([.init(path: "new", trace: wrong)], keeping: old) } throws: { error in
      if case RecordingError.bandsDoNotHold? = error as? RecordingError { true } else { false }
    }
    let other = Sample.run(seed: 0).with(header: Sample.header(learningRate: 1))
    #expect { try record([.init(path: "new", trace: other)], keeping: old) } throws: { error in
      if case RecordingError.bandsOfOthers? = error as? RecordingError { true } else { false }
    }
    #expect(throws: RecordingError.noBandsToKeep(row: "vgg08")) {
      try record(Sample.runs(0..<1), keeping: try record(Sample.runs(0..<1)))
    }
  }

  @Test("a recorded band reaches no further than the metric is wide, and lets in what it would have let in")
  func cut() throws {
    // Every other seed is right of all images in one epoch and of none in the next.
    var runs = Sample.runs(0..<8)
    for index in runs.indices where index % 2 == 1 {
      runs[index].trace = runs[index].trace.with(epoch: 1) { $0.validationAccuracy = 1 }.with(epoch: 2) {
        $0.validationAccuracy = 0
      }
    }
    let band = try #require(try record(runs).bands?[.validationAccuracy])
    let halves = band.deviations.map { band.threshold * $0[0] }
    #expect(halves.contains { $0 > 1 } && halves.allSatisfy { $0 < 1.00002 }, "\(halves)")
    for epoch in 1...2 where halves[epoch] > 1 {
      #expect(band.distance(0, epoch: epoch, layer: 0) <= 1 && band.distance(1, epoch: epoch, layer: 0) <= 1)
    }
  }

  @Test("an ensemble whose band could not judge, or lacks a metric, is not recorded, and the message says which")
  func unfit() throws {
    // Seven seeds agree in a number, and the eighth is as far off as a loss can be.
    var wild = Sample.runs(0..<8).map { run in
      var run = run
      run.trace = run.trace.with(test: .some(TestLine(epoch: 2, loss: 1, accuracy: 0.3, digest: run.trace.test!.digest)))
      return run
    }
    wild[5].trace = wild[5].trace.with(
      test: .some(TestLine(epoch: 2, loss: 1e30, accuracy: 0.3, digest: wild[5].trace.test!.digest)))
    #expect { try record(wild) } throws: { error in
      if case RecordingError.unfitBand("vgg08", "test_loss", _)? = error as? RecordingError { true } else { false }
    }
    // An accuracy that no run has, and that is more than a whole number can be.
    var absurd = Sample.runs(0..<8)
    for index in absurd.indices { absurd[index].trace = absurd[index].trace.with(epoch: 1) { $0.validationAccuracy = 1e300 } }
    #expect { try record(absurd) } throws: { error in
      if case RecordingError.unfitBand("vgg08", "val_accuracy", _)? = error as? RecordingError { true } else { false }
    }
    // No parameter whose updates are more than rounding under every seed.
    var still = Sample.runs(0..<8)
    still[3].trace = still[3].trace.with(epoch: 1) { line in
      for index in line.gradientStatistics.indices { line.gradientStatistics[index].update = 1e-8 }
    }
    #expect { try record(still) } throws: { error in
      if case RecordingError.unfitBand("vgg08", "update", let problem)? = error as? RecordingError {
        problem.hasPrefix("no line")
      } else {
        false
      }
    }
  }
}
