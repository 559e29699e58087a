import Files
import Foundation
import Kernels
import Networks
import Testing
import Traces
import Training

/// Runs that end at a failpoint as a kill would end them, and go on later.
@Suite("Killed and resumed")
struct ResumeTests {
  /// With a checkpoint after every step, so that every stage of writing one is met often.
  private static func busy(_ network: NetworkConfiguration = TestRun.shallow) throws -> TestRun {
    var run = try TestRun(network)
    run.adjust = { $0.checkpointInterval = .zero }
    return run
  }

  /// Every failpoint of an uninterrupted run, in order.
  private static func failpoints(of run: TestRun) throws -> [Failpoint] {
    var run = try run.elsewhere()
    let counter = KillCounter()
    let adjust = run.adjust
    run.adjust = {
      adjust(&$0)
      $0.failpoint = counter.reach
    }
    try run.train()
    return counter.reached
  }

  @Test("killed at any failpoint and resumed elsewhere, a run ends with the same trace, weights and results")
  func everyFailpoint() throws {
    let whole = try Self.busy()
    try whole.train()
    let expected = try Result(whole)
    let points = try Self.failpoints(of: whole)
    let kinds = Set(points.map(\.kind))
    let stages = AtomicFile.Step.allCases.map { "checkpoint \($0.rawValue)" }
    let frames = TraceWriter.FlushStep.allCases.map { "trace \($0.rawValue)" }
    #expect(kinds == Set(["step", "evaluation", "trace"] + frames + stages))
    // The first of each kind, and a seeded half of the others.
    var state: UInt64 = 12345
    var tried: Set<String> = []
    for (index, point) in points.enumerated() {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      guard tried.insert(point.kind).inserted || state >> 63 == 0 else { continue }
      var run = try whole.elsewhere()
      let counter = KillCounter(at: index)
      run.adjust = {
        $0.checkpointInterval = .zero
        $0.failpoint = counter.reach
      }
      #expect(throws: Killed.self) { try run.train() }
      run.adjust = whole.adjust
      run.threads = 2
      run.instructionSet = InstructionSet.available[index % InstructionSet.available.count]
      try run.resume()
      #expect(try Result(run) == expected, "killed at failpoint \(index), \(point)")
    }
  }

  /// Between two checkpoints there are at most thirteen failpoints (a step, two evaluations, four of a flush, six stages up to
  /// the renaming). With kills closer than that no run would end.
  @Test("killed again and again, a run still ends with the same trace", arguments: [12, 17])
  func repeatedly(distance: Int) throws {
    let whole = try Self.busy(TestRun.deep)
    try whole.train()
    var run = try whole.elsewhere()
    var kills = 0
    var isDone = false
    while !isDone {
      let counter = KillCounter(at: distance)
      run.adjust = {
        $0.checkpointInterval = .zero
        $0.failpoint = counter.reach
      }
      run.threads = 1 + kills % 3
      do {
        _ = try kills == 0 ? run.train() : run.resume()
        isDone = true
      } catch is Killed {
        kills += 1
        try #require(kills < 200, "the run makes no progress")
      }
    }
    #expect(kills > 3)
    #expect(try Result(run) == Result(whole))
  }

  @Test("with dropout, killed within an epoch and resumed elsewhere, a run ends with the same trace")
  func dropout() throws {
    let whole = try Self.busy(TestRun.dropping)
    try whole.train()
    var run = try whole.elsewhere()
    run.adjust = {
      $0.checkpointInterval = .zero
      $0.failpoint = { if case .step(1, 2) = $0 { throw Killed() } }
    }
    #expect(throws: Killed.self) { try run.train() }
    run.adjust = whole.adjust
    run.threads = 3
    run.instructionSet = .portable
    try run.resume()
    #expect(try Result(run) == Result(whole))
    // The header tells what the run drops and activates by, and gives the identity back.
    let header = try run.trace().header
    #expect(header.training.contains { $0.key == "dropout_blocks" } && header.training.contains { $0.key == "elu_alpha" })
    #expect(try RunIdentity(header, path: "trace").settings == run.settings)
  }

  @Test("asked to stop, a run stops after the step that it is in, and goes on from there")
  func stop() throws {
    let whole = try TestRun()
    try whole.train()
    for after in [1, 4, 6, 8] {
      var run = try whole.elsewhere()
      let request = StopRequest()
      var steps = 0
      run.adjust = {
        $0.stop = request
        $0.events = { event in
          guard case .step = event else { return }
          steps += 1
          if steps == after { request.raise() }
        }
      }
      let outcome = try run.train()
      guard case .stopped(.interrupt, let epoch, let step) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
      #expect(epoch * 4 + step == after && steps == after)
      run.adjust = { _ in }
      try run.resume()
      #expect(try Result(run) == Result(whole), "stopped after step \(after)")
    }
  }

  @Test("a deadline stops a run by the time limit, before anything if it has passed already")
  func deadline() throws {
    var run = try TestRun()
    run.adjust = { $0.stop = StopRequest(deadline: .now) }
    #expect(try run.train() == .stopped(.timeLimit, epoch: 0, step: 0))
    run.adjust = { _ in }
    let whole = try run.elsewhere()
    try whole.train()
    try run.resume()
    #expect(try Result(run) == Result(whole))
  }

  @Test("a finished run that is resumed stays as it is; with more epochs it becomes the longer run")
  func longer() throws {
    var run = try TestRun()
    try run.train()
    let before = try Result(run)
    try run.resume()
    #expect(try Result(run) == before)
    run.epochs = 4
    var whole = try run.elsewhere()
    whole.epochs = 4
    try whole.train()
    try run.resume()
    #expect(try Result(run) == Result(whole))
    run.epochs = 3
    #expect(words { try run.resume() }.contains("4 epochs already"))
    #expect(try Result(run) == Result(whole))
  }

  /// What a run leaves behind.
  struct Result: Equatable {
    let trace: String
    let best: SafeTensors
    let summary: String
    let test: String
    /// Nothing else is left, above all no temporary file.
    let files: [String]

    init(_ run: TestRun) throws {
      trace = try run.content()
      best = try SafeTensors(path: run.files.best)
      summary = String(decoding: try readFile(run.files.results + "/summary.csv"), as: UTF8.self)
      test = String(decoding: try readFile(run.files.results + "/test_summary.csv"), as: UTF8.self)
      files = try FileManager.default.contentsOfDirectory(atPath: run.files.path).sorted()
    }
  }
}

extension Failpoint {
  /// Without the place.
  var kind: String {
    switch self {
    case .step: "step"
    case .evaluation: "evaluation"
    case .checkpoint(let stage): "checkpoint \(stage)"
    case .traceFrame(let stage): "trace \(stage)"
    case .traceFlushed: "trace"
    }
  }
}
