import Benchmarks
import Kernels
import Networks
import Testing

@Suite("What a training run's loop adds")
struct TrainerBenchTests {
  private func report(_ pairs: [TrainerBench.Pair], first: Double, last: Double) throws -> TrainerBench.Report {
    let backend = try Backend(instructionSet: .portable, threads: 1)
    var report = TrainerBench.Report(row: "vgg08", depth: 8, batch: 1, backend: backend)
    report.ordinary = pairs
    report.first = [.init(step: 100 + first, bare: 100)]
    report.last = [.init(step: 100 + last, bare: 100)]
    return report
  }

  @Test("a machine that becomes slower meanwhile changes nothing: neighbours are compared")
  func drift() throws {
    // Bare steps from 10 to 109.9 ms; the loop adds 2. Of two series by themselves the medians' difference would be the drift's.
    let pairs = (0..<100).map { step in
      let bare = 10 + Double(step) * 0.999
      return TrainerBench.Pair(step: bare + 2, bare: bare)
    }
    let overhead = try report(pairs, first: 2, last: 2).overhead
    for value in [overhead.median, overhead.lower, overhead.upper] { #expect(abs(value - 2) < 1e-9) }
  }

  @Test("the few steps that cost more are shared out among an epoch of the protocol")
  func special() throws {
    let pairs = [TrainerBench.Pair](repeating: .init(step: 11, bare: 10), count: 20)
    let overhead = try report(pairs, first: 1, last: 1 + 475).overhead
    #expect(abs(overhead.median - 2) < 1e-9)
  }
}
