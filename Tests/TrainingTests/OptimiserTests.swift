import Files
import Optimisers
import Testing
import Traces
import Training

/// Every optimiser that can be chosen, in a run.
@Suite("A run's optimiser")
struct OptimiserTests {
  /// Each kind with its usual values, and one of them changed.
  static let kinds = OptimiserChoice.kinds.map { $0.kind }

  private func run(_ text: String) throws -> TestRun {
    var run = try TestRun(TestRun.deep)
    run.optimiser = try OptimiserChoice(parsing: text)
    return run
  }

  @Test("goes on after a kill in the middle of an epoch, to the same trace", arguments: kinds)
  func resumes(kind: String) throws {
    let whole = try run(kind)
    try whole.train()
    var cut = try whole.elsewhere()
    cut.adjust = {
      $0.checkpointInterval = .zero
      $0.failpoint = { if $0 == .step(epoch: 1, step: 2) { throw Killed() } }
    }
    #expect(throws: Killed.self) { try cut.train() }
    let checkpoint = try SafeTensors(path: cut.files.checkpoint)
    let parameters = checkpoint.names.count { $0.hasPrefix("layer_dict") && !$0.contains("running_") }
    for state in checkpoint.names where state.hasPrefix("\(kind).") {
      #expect(checkpoint[state]?.floats?.contains { $0 != 0 } == true || state.contains("bias"), "\(state)")
    }
    #expect(parameters > 0)
    cut.adjust = { _ in }
    cut.threads = 2
    try cut.resume()
    #expect(try cut.content() == whole.content())
  }

  @Test("stands in the trace's first line, and is read back from it", arguments: kinds)
  func header(kind: String) throws {
    let run = try run(kind)
    let identity = run.identity()
    #expect(try RunIdentity(identity.header, path: "t").settings == run.settings)
    let names = identity.settings.description.map(\.key)
    #expect(names.contains("optimiser") == (kind != "adam"))
    let fields = try #require(OptimiserChoice.kind(kind)).fieldTypes.map { "\(kind)_\($0.name)" }
    #expect(names.filter { $0.hasPrefix(kind + "_") } == fields)
  }

  @Test("of the protocol is told as it always was, in the same place")
  func protocolHeader() throws {
    let names = try run("adam").settings.description.map(\.key)
    let place = try #require(names.firstIndex(of: "adam_beta1"))
    #expect(
      names[place - 1..<place + 4] == ["schedule_period", "adam_beta1", "adam_beta2", "adam_epsilon", "batch_norm_epsilon"])
  }

  @Test("that is unknown, or whose settings cannot be, is refused by name")
  func refused() throws {
    let header = try run("adam").identity().header
    func refusal(_ change: (inout [JSONValue.Member]) -> Void) -> String {
      var header = header
      change(&header.training)
      return words { try RunIdentity(header, path: "t") }
    }
    #expect(refusal { $0.append(.init("optimiser", .string("adagrad"))) }.contains("adagrad"))
    #expect(refusal { $0.removeAll { $0.key == "adam_beta2" } }.contains("adam_beta2"))
    #expect(
      refusal { members in members = members.map { $0.key == "adam_beta1" ? .init($0.key, JSONValue(1.5)) : $0 } }
        .contains("adam_beta1"))
  }

  @Test("remembers nothing of another run's: a checkpoint of other settings is refused")
  func otherRun() throws {
    let first = try run("adam")
    try first.train()
    var second = first
    second.optimiser = try OptimiserChoice(parsing: "adam,beta2=0.99")
    #expect(words { try second.resume() }.contains("adam_beta2"))
  }
}
