import Kernels
import Networks

/// What more threads gain a training step, beside what they gain the machine's own multiply-adds.
///
/// A processor's speed changes within seconds, more so a virtual one's. So a step on one thread, a step on several, and the
/// multiply-adds of both follow one another, many times; each such round has a ratio of its own, and their median is told
/// with its 95 % confidence interval. That is of this process, and of the minutes it took: another run may lie outside.
struct ThreadScaling {
  struct Gain {
    let threads: Int
    /// Medians, in milliseconds, with one thread and with `threads`.
    let single, step: Double
    /// Medians, GFLOP/s.
    let singlePeak, peak: Double
    /// By how much a step is faster than on one thread, and the multiply-adds; and the first over the second.
    let ours, machine, share: MedianInterval
  }

  let row: StandardRow
  let batch: Int
  let rounds: Int
  /// Rounds that are too near one another to be independent.
  static let block = 8
  let isa: InstructionSet
  let progress: (String) -> Void

  /// One backend with its network and its meter, and what they gave in every round.
  private final class Subject {
    private let timer: StepTimer
    private let meter: MultiplyAddMeter
    private(set) var steps: [Double] = []
    private(set) var peaks: [Double] = []

    init(_ scaling: ThreadScaling, threads: Int) throws {
      let backend = try Backend(instructionSet: scaling.isa, threads: threads)
      meter = MultiplyAddMeter(backend)
      timer = try StepTimer(
        scaling.row.configuration, learningRate: scaling.row.baseLearningRate, batch: scaling.batch, backend: backend)
      for _ in 0..<2 { _ = try timer.trainingStep() }
    }

    func measure() throws {
      peaks.append(meter.gigaflops())
      steps.append(try timer.trainingStep().step)
    }
  }

  func gain(threads: Int) throws -> Gain {
    let single = try Subject(self, threads: 1), several = try Subject(self, threads: threads)
    for round in 0..<rounds {
      progress("1 and \(threads) threads in turn: round \(round + 1) of \(rounds)")
      // Whoever came first comes last in the next round.
      for subject in round % 2 == 0 ? [single, several] : [several, single] { try subject.measure() }
    }
    let ours = zip(single.steps, several.steps).map { $0 / $1 }
    let machine = zip(several.peaks, single.peaks).map { $0 / $1 }
    return Gain(
      threads: threads, single: BenchReport.median(single.steps), step: BenchReport.median(several.steps),
      singlePeak: BenchReport.median(single.peaks), peak: BenchReport.median(several.peaks),
      ours: MedianInterval(ours, block: Self.block), machine: MedianInterval(machine, block: Self.block),
      share: MedianInterval(zip(ours, machine).map { $0 / $1 }, block: Self.block))
  }
}
