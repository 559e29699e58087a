import Files
import Kernels
import Networks
import Testing

@Suite("The engine agrees with PyTorch in double precision")
struct OracleTests {
  @Test("in logits, loss, every gradient, buffers, and after three Adam steps", arguments: OracleFixture.all)
  func doublePrecision(name: String) throws {
    try check(name, precision: .f64, tolerance: .double)
  }

  /// Not at full width: of two million activations some lie within binary32's rounding of the leaky ReLU's kink, where a
  /// gradient jumps, so that rounding says nothing of the distance.
  @Test("and so does training precision, up to its rounding", arguments: OracleFixture.narrow)
  func singlePrecision(name: String) throws {
    try check(name, precision: .f32, tolerance: .single)
  }

  @Test("on every instruction set", arguments: InstructionSet.available)
  func instructionSets(set: InstructionSet) throws {
    try check("vgg38-bn-rc-1e-2", precision: .f64, tolerance: .double, instructionSet: set)
  }

  @Test("He's gain is PyTorch's, to the last bit")
  func gain() throws {
    let fixture = try OracleFixture("vgg38-he-1e-3")
    #expect(try #require(fixture.gain) == fixture.row.configuration.activation.gain)
  }

  @Test("a comparison rejects a tensor that is off by twice the tolerance, missing, or not a number")
  func comparisonRejects() throws {
    let fixture = try OracleFixture("vgg08")
    let right = try answer(fixture, .train, .f64)
    let names = fixture.names(.train)
    let damaged = "grad.layer_dict.reduction_block_1.layer_dict.conv_0.weight"
    let tensor = try #require(right[damaged])
    let values = try #require(tensor.doubles)

    func problems(_ change: (inout SafeTensors) -> Void) throws -> Int {
      var answer = right
      change(&answer)
      var comparison = OracleComparison(fixture, tolerance: .double)
      try comparison.compare(answer, .train, names: names.intersection(answer.names))
      return comparison.problems.count
    }
    #expect(try problems { _ in } == 0)
    #expect(try problems { $0[damaged] = nil } == 1)
    #expect(try problems { $0[damaged] = SafeTensor(shape: tensor.shape, values.map { $0 * (1 + 2e-9) }) } == 1)
    #expect(try problems { $0[damaged] = SafeTensor(shape: tensor.shape, values.map { _ in Double.nan }) } == 1)
    #expect(try problems { $0["loss"] = SafeTensor(shape: [], [Double.nan]) } == 1)
  }

  private func check(
    _ name: String, precision: ProbeRequest.Precision, tolerance: OracleComparison.Tolerance,
    instructionSet: InstructionSet = .best
  ) throws {
    let fixture = try OracleFixture(name)
    var comparison = OracleComparison(fixture, tolerance: tolerance)
    for group in OracleFixture.Group.allCases {
      let answer = try answer(fixture, group, precision, instructionSet)
      // Three steps leave parameters and buffers beside what the first pass gave.
      let names = answer.names.filter { group != .adam3 || !isOfFirstPass($0) }
      try comparison.compare(answer, group, names: Set(names))
    }
    print("oracle, \(precision.rawValue), \(instructionSet.rawValue), \(comparison.summary)")
    #expect(comparison.problems == [])
    #expect(comparison.compared > 3 * fixture.row.configuration.depth)
  }

  private func isOfFirstPass(_ name: String) -> Bool {
    name == "logits" || name == "loss" || name.hasPrefix("grad.")
  }

  private func answer(
    _ fixture: OracleFixture, _ group: OracleFixture.Group, _ precision: ProbeRequest.Precision,
    _ instructionSet: InstructionSet = .best
  ) throws -> SafeTensors {
    let request = ProbeRequest(
      row: fixture.row, mode: group == .eval ? .eval : .train, precision: precision,
      updates: group == .adam3 ? .init(steps: 3, learningRate: fixture.learningRate, optimiser: fixture.row.optimiser) : nil)
    return try Probe.run(
      request, weights: fixture.weights, batch: fixture.batch,
      backend: try Backend(instructionSet: instructionSet, threads: 2))
  }
}
