import CKernels
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Kernels

func yieldProcessor() { sched_yield() }

@Suite("A pool runs every task once, and its threads change no result")
struct WorkerPoolTests {
  @Test("every task runs once, on a worker that does nothing else, before run returns", arguments: [1, 2, 3, 7, 16])
  func everyTaskOnce(threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    #expect(pool.threads == threads)
    let busy = (0..<threads).map { _ in Counter() }
    let faults = Counter()
    for round in 0..<400 {
      let tasks = [0, 1, 2, 5, 16, 33, 100][round % 7]
      let runs = Memory<Int>(count: tasks, repeating: 0)
      pool.run(tasks: tasks) { task, worker in
        guard (0..<tasks).contains(task), busy.indices.contains(worker) else {
          faults.value.add(1, ordering: .relaxed)
          return
        }
        if busy[worker].value.add(1, ordering: .relaxed).newValue != 1 { faults.value.add(1, ordering: .relaxed) }
        runs.pointer[task] += 1
        if round % 50 == 0 { yieldProcessor() }
        busy[worker].value.subtract(1, ordering: .relaxed)
      }
      // Helpers fall asleep in some of the gaps, and must wake up.
      if round % 40 == 0 { usleep(2_000) }
      let counts = runs.values
      if counts.contains(where: { $0 != 1 }) {
        Issue.record("round \(round): the tasks ran \(counts) times")
        return
      }
    }
    #expect(faults.value.load(ordering: .relaxed) == 0)
  }

  /// Writes down who did what; each thread's first task waits until all threads have one, so that none comes too late for its
  /// own.
  private final class Apportioned: ParallelWork, Sendable {
    private let threads: Int
    private let begun = Atomic<Int>(0)
    private let done = Mutex<[(task: Int, worker: Int)]>([])

    init(threads: Int) { self.threads = threads }

    func perform(task: Int, worker: Int, with _: Void) {
      let isFirst = done.withLock { done in
        defer { done.append((task, worker)) }
        return !done.contains { $0.worker == worker }
      }
      if isFirst {
        begun.add(1, ordering: .sequentiallyConsistent)
        while begun.load(ordering: .sequentiallyConsistent) < threads { sched_yield() }
      }
    }

    var order: [(task: Int, worker: Int)] { done.withLock { $0 } }
  }

  @Test(
    "each thread begins with the range of tasks apportioned to it, and the other tasks come after all apportioned ones",
    arguments: [(1, 5), (2, 18), (3, 7), (7, 7)])
  func apportioned(threads: Int, count: Int) throws {
    let work = Apportioned(threads: threads)
    try WorkerPool(threads: threads).run(work, tasks: count + 4, apportioned: count)
    let order = work.order
    #expect(order.map(\.task).sorted() == Array(0..<count + 4))
    for worker in 0..<threads {
      #expect(order.first { $0.worker == worker }?.task == count * worker / threads)
    }
    for worker in 0..<threads {
      let own = order.filter { $0.worker == worker }.map(\.task)
      #expect(own.drop { $0 < count }.allSatisfy { $0 >= count })
    }
    if threads == 1 { #expect(order.map(\.task) == Array(0..<count + 4)) }
  }

  @Test("who waits at a latch sees what was written before it was opened", arguments: [2, 7])
  func latch(threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    for round in 0..<50 {
      let latch = Latch(threads: threads)
      let seen = Mutex<[Int]>([])
      nonisolated(unsafe) var value = -1
      pool.run(tasks: 20) { task, _ in
        if task == 0 {
          value = round
          latch.open()
        } else {
          latch.wait()
          let now = value
          seen.withLock { $0.append(now) }
        }
      }
      #expect(seen.withLock { $0 } == Array(repeating: round, count: 19))
    }
  }

  @Test("work ends though the system lets no helper run, since the caller does what nobody else has begun")
  func withoutHelpers() throws {
    let pool = try WorkerPool(threads: 3)
    let helpers = Mutex<[pthread_t]>([])
    let entered = Atomic<Int>(0)
    pool.run(tasks: 3) { _, worker in
      if worker > 0 {
        HeldThreads.allowHolding()
        helpers.withLock { $0.append(pthread_self()) }
      }
      entered.add(1, ordering: .sequentiallyConsistent)
      while entered.load(ordering: .sequentiallyConsistent) < 3 { sched_yield() }
    }
    HeldThreads.hold(helpers.withLock { $0 })
    defer { HeldThreads.release() }
    // Otherwise this test would never end, instead of failing.
    let isOverdue = Atomic<Bool>(false)
    let watch = Thread {
      for _ in 0..<1000 where HeldThreads.count > 0 { usleep(10_000) }
      if HeldThreads.count > 0 { isOverdue.store(true, ordering: .relaxed) }
      HeldThreads.release()
    }
    watch.start()
    for tasks in [1, 7, 100] {
      let runs = Memory<Int>(count: tasks, repeating: 0)
      pool.run(tasks: tasks) { task, worker in runs.pointer[task] += worker == 0 ? 1 : 1000 }
      #expect(runs.values == Array(repeating: 1, count: tasks))
    }
    let overdue = isOverdue.load(ordering: .relaxed)
    #expect(!overdue)
  }

  @Test("a wait that keeps others from working is slept through, and so are those after it, until it is tried again")
  func waiting() {
    var waiting = Waiting(threads: 1)
    var clock = 0, looks = 0, offers = 0
    func wait(taken nanoseconds: Int, until last: Int) -> Bool {
      (looks, offers) = (0, 0)
      return waiting.look(
        offer: {
          offers += 1
          clock += nanoseconds
        }, now: { clock }
      ) {
        looks += 1
        return looks == last
      }
    }
    #expect(wait(taken: 500, until: 1500) && offers > 100)
    #expect(!wait(taken: 500, until: .max) && offers > 100)
    #expect(!wait(taken: 3_000_000, until: .max) && offers == 1)
    for _ in 0..<Waiting.rests { #expect(!wait(taken: 500, until: .max) && looks == 1 && offers == 0) }
    #expect(wait(taken: 500, until: 1500))
    waiting = Waiting(threads: WorkerPool.processorCount + 1)
    #expect(!wait(taken: 500, until: .max) && looks == 1)
  }

  @Test("pools come and go, used or not, with threads awake or asleep", arguments: [1, 2, 7])
  func lifetimes(threads: Int) throws {
    for round in 0..<30 {
      let done = Counter()
      let pool = try WorkerPool(threads: threads)
      if round % 10 == 9 { usleep(2_000) }
      if round % 3 > 0 { pool.run(tasks: 10) { _, _ in done.value.add(1, ordering: .relaxed) } }
      #expect(done.value.load(ordering: .relaxed) == (round % 3 > 0 ? 10 : 0))
    }
  }

  @Test("sums over images have the same bits for 1, 2, 3, 7 and 16 threads, on every instruction set")
  func threadsChangeNothing() throws {
    let expected = try SlottedSums().run(on: .portable, threads: 1)
    #expect(expected.count > 0)
    for set in InstructionSet.available {
      for threads in [1, 2, 3, 7, 16] {
        if let difference = firstDifference(found: try SlottedSums().run(on: set, threads: threads), expected: expected) {
          Issue.record("\(threads) threads on \(set.rawValue): \(difference)")
        }
      }
    }
  }
}

/// A weight gradient and batch statistics over some images, cut into slots and combined, as the layers do it.
private struct SlottedSums {
  let shape = ConvolutionShape.all[7]
  let images = 11
  let imagesPerSlot = 2

  func run(on set: InstructionSet, threads: Int) throws -> [Field] {
    let kernels = kernelTable(set, Float.self)
    let pool = try WorkerPool(threads: threads)
    var generator = Generator("slotted sums")
    let imageCount = shape.height * shape.width * shape.channels
    let x = Memory<Float>(generator.values(images * imageCount, .ordinary))
    let dy = Memory<Float>(generator.values(images * shape.pixels * shape.filters, .ordinary))
    let gather = Gather<Float>(table: shape.gatherTable, taps: shape.taps, channels: shape.channels)
    let row = paddedCount(shape.filters, of: Float.self)
    let rows = shape.taps * shape.channels
    let slotCount = (images + imagesPerSlot - 1) / imagesPerSlot
    let slots = Memory<Float>(count: slotCount * rows * row, repeating: 0)
    let sums = Memory<Double>(count: images * 2 * shape.channels, repeating: 0)
    let gradient = Memory<Float>(count: rows * shape.filters, repeating: 0)
    let mean = Memory<Double>(count: shape.channels, repeating: 0)
    let variance = Memory<Double>(count: shape.channels, repeating: 0)
    let (shape, images, imagesPerSlot) = (shape, images, imagesPerSlot)

    pool.run(tasks: slotCount) { slot, _ in
      for image in slot * imagesPerSlot..<min((slot + 1) * imagesPerSlot, images) {
        var arguments = gf_weight_gradient(
          gather: gather.descriptor, channels: shape.channels, filters: shape.filters, padded_filters: row,
          source: x.pointer + image * imageCount, gradient: dy.pointer + image * shape.pixels * shape.filters,
          sums: slots.pointer + slot * rows * row)
        kernels.pointee.weight_gradient(&arguments)
        kernels.pointee.moments(
          x.pointer + image * imageCount, shape.height * shape.width, shape.channels,
          sums.pointer + image * 2 * shape.channels)
      }
    }
    pool.run(tasks: rows) { r, _ in
      kernels.pointee.reduce_slots(
        slots.pointer, slotCount, shape.filters, shape.channels, shape.taps, r, r + 1, 0, gradient.pointer)
    }
    kernels.pointee.combine_moments(
      sums.pointer, images, shape.height * shape.width, shape.channels, mean.pointer, variance.pointer)
    return [gradient.field("weight gradient"), mean.field("mean"), variance.field("variance")]
  }
}
