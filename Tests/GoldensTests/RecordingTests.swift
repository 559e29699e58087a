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
        if case RecordingError.mixed(path: "vgg08-s5", reference: "vgg08-s0", _)? = error as? RecordingError { true } else { false }
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
}
