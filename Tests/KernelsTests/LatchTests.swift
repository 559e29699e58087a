import Kernels
import Testing

/// Where processors may reorder (arm64), or under ThreadSanitizer, a latch that is opened without releasing shows here.
@Suite("A latch opens for all that was written before it")
struct LatchTests {
  private final class Handover: ParallelWork, @unchecked Sendable {
    let latch: Latch
    let count: Int
    /// Plain memory: nothing but the latch orders the writes before the reads.
    let written: UnsafeMutablePointer<Int>
    var sums: [Int]

    init(threads: Int, count: Int) {
      latch = Latch(threads: threads)
      self.count = count
      written = .allocate(capacity: count)
      written.initialize(repeating: 0, count: count)
      sums = .init(repeating: 0, count: threads)
    }

    deinit { written.deallocate() }

    func perform(task: Int, worker: Int, with _: Void) {
      if task == 0 {
        for index in 0..<count { written[index] = index + 1 }
        latch.open()
      } else {
        latch.wait()
        sums.withUnsafeMutableBufferPointer { sums in
          for index in 0..<count { sums[task] += written[index] }
        }
      }
    }
  }

  @Test("everyone who waited reads what was written before the latch was opened", arguments: [1, 2, 4])
  func handover(threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    for _ in 0..<300 {
      let work = Handover(threads: max(threads, 2), count: 64)
      pool.run(work, tasks: 2)
      #expect(work.sums[1] == 64 * 65 / 2)
    }
  }
}
