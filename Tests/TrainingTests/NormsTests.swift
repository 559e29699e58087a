import Files
import Testing
import Traces

@testable import Training

@Suite("Norms in a run's trace")
struct NormsTests {
  @Test("each epoch tells the norm of every parameter and buffer, and the last those of the state that is kept")
  func state() throws {
    let run = try TestRun(TestRun.deep)
    try run.train()
    let trace = try run.trace()
    #expect(trace.norms.map(\.epoch) == trace.epochs.map(\.epoch) && !trace.epochs.isEmpty)
    let last = try #require(trace.norms.last)
    let file = try SafeTensors(path: run.files.checkpoint)
    #expect(last.parameters.count == trace.epochs[0].gradientStatistics.count && !last.buffers.isEmpty)
    for value in last.parameters + last.buffers {
      let tensor = try #require(file[value.name]?.floats, "\(value.name)")
      let squares = tensor.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(value.value - squares.squareRoot()) <= 1e-12 * value.value, "\(value.name)")
    }
    #expect(Set(last.values.map(\.value)).count > last.values.count / 2)
  }
}
