import CKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Work that is cut into numbered tasks which may run at the same time, in any order.
public protocol ParallelWork: AnyObject {
  /// Runs task `task`; `worker` tells which of the pool's threads this is, from 0.
  func perform(task: Int, worker: Int)
}

/// Threads that live as long as the pool and share out the tasks of one piece of work at a time.
///
/// A task is given to a thread that is free, so nothing may depend on which thread runs it or when it finishes.
/// The calling thread is worker 0. Running work allocates nothing. Each thread sets its floating-point control word
/// to the standard one before the first task of every piece of work, and verifies it after the last.
///
/// Sendable, as it changes nothing of its own after `init` but through `Shared`; one thread at a time gives it work.
public final class WorkerPool: @unchecked Sendable {
  public static let threadRange = 1...256

  public static var processorCount: Int {
    min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), threadRange.upperBound)
  }

  public let threads: Int

  private let shared: Shared
  private var handles: [pthread_t] = []

  /// - Throws: `BackendError` for an impossible number of threads, or if the system refuses one.
  public init(threads: Int) throws(BackendError) {
    guard Self.threadRange.contains(threads) else { throw .threadCount(threads) }
    self.threads = threads
    shared = Shared(helpers: threads - 1)
    for worker in 1..<max(threads, 1) {
      let start = Unmanaged.passRetained(Start(shared: shared, worker: worker))
      #if canImport(Darwin)
        var handle: pthread_t?
      #else
        var handle = pthread_t()
      #endif
      let status = pthread_create(&handle, nil, { argument in
        #if canImport(Darwin)
          let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        #else
          let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        #endif
        start.shared.workerLoop(worker: start.worker)
        return nil
      }, start.toOpaque())
      guard status == 0 else {
        start.release()
        // The threads that there are end, and are waited for, before the object that they share goes.
        shared.stop()
        for handle in handles { pthread_join(handle, nil) }
        handles = []
        throw .threadRefused(number: worker + 1, of: threads, reason: String(cString: strerror(status)))
      }
      #if canImport(Darwin)
        handles.append(handle!)
      #else
        handles.append(handle)
      #endif
    }
  }

  deinit {
    shared.stop()
    for handle in handles { pthread_join(handle, nil) }
  }

  /// Runs tasks 0 ..< `tasks` of `work` and returns when all are done. Not reentrant.
  ///
  /// - Parameter apportioned: how many of the tasks, from the first on, are apportioned: a range to each thread, which begins
  ///   with its own and then helps the others. What one piece of work leaves in a core's caches is so found there by the next
  ///   one that is apportioned alike: on two cores a step of VGG38 takes up to 3 % less time. The other tasks are begun in their
  ///   order, when all apportioned ones have begun.
  public func run(_ work: some ParallelWork, tasks: Int, apportioned: Int = 0) {
    precondition((0...max(tasks, 0)).contains(apportioned), "\(apportioned) of \(tasks) tasks apportioned")
    guard tasks > 0 else { return }
    shared.run(work, tasks: tasks, apportioned: apportioned)
  }

  /// The same for a closure: convenient, and not free of allocation.
  public func run(tasks: Int, _ body: @escaping (_ task: Int, _ worker: Int) -> Void) {
    run(ClosureWork(body: body), tasks: tasks)
  }

  private final class ClosureWork: ParallelWork {
    let body: (Int, Int) -> Void
    init(body: @escaping (Int, Int) -> Void) { self.body = body }
    func perform(task: Int, worker: Int) { body(task, worker) }
  }

  private final class Start {
    let shared: Shared
    let worker: Int
    init(shared: Shared, worker: Int) {
      self.shared = shared
      self.worker = worker
    }
  }
}

/// A counter on a cache line of its own, of 64 bytes or 128.
private final class Cursor: Sendable {
  let next = Atomic<Int>(0)
  private let distance: (Line, Line) = (.init(), .init())

  private struct Line { let words: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0) }
}

/// What the threads share. A piece of work is published by advancing `generation`; every helper acknowledges every
/// generation, so none can meet a later piece of work with an earlier one's tasks.
private final class Shared: @unchecked Sendable {
  private let helpers: Int
  private let generation = Atomic<Int>(0)
  /// The next of the tasks that are not apportioned.
  private let cursor = Cursor()
  private let pending = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  /// Written by the caller before it advances `generation`, read by helpers after they saw it advance.
  private var work: (any ParallelWork)?
  private var tasks = 0
  private var apportioned = 0
  /// By thread, the next task of its range.
  private let cursors: [Cursor]
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Polls before a thread sleeps: some hundreds of microseconds, longer than the gap between two pieces of work of a
  /// training step and than it takes to wake a thread; otherwise, once one sleeps, each waits for the other to wake, piece
  /// after piece. Threads beyond the processors sleep at once, since polling would only keep others from working.
  private let polls: Int

  init(helpers: Int) {
    self.helpers = helpers
    cursors = (0...helpers).map { _ in Cursor() }
    polls = helpers + 1 > WorkerPool.processorCount ? 1 : 32_000
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    pthread_cond_init(done, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    pthread_cond_destroy(done)
    mutex.deallocate()
    wake.deallocate()
    done.deallocate()
  }

  func run(_ work: any ParallelWork, tasks: Int, apportioned: Int) {
    FloatingPointControl.setStandard()
    self.work = work
    self.tasks = tasks
    self.apportioned = apportioned
    for owner in 0...helpers { cursors[owner].next.store(range(of: owner).lowerBound, ordering: .relaxed) }
    cursor.next.store(apportioned, ordering: .relaxed)
    pending.store(helpers, ordering: .relaxed)
    generation.add(1, ordering: .sequentiallyConsistent)
    if helpers > 0, sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(wake)
      pthread_mutex_unlock(mutex)
    }
    performTasks(worker: 0)
    waitForHelpers()
    self.work = nil
  }

  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    pthread_mutex_lock(mutex)
    generation.add(1, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }

  func workerLoop(worker: Int) {
    var seen = 0
    while true {
      seen = waitForGeneration(after: seen)
      if stopping.load(ordering: .sequentiallyConsistent) { return }
      FloatingPointControl.setStandard()
      performTasks(worker: worker)
      if pending.subtract(1, ordering: .sequentiallyConsistent).newValue == 0,
        callerSleeps.load(ordering: .sequentiallyConsistent)
      {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
      }
    }
  }

  private func performTasks(worker: Int) {
    guard let work else { return }
    if apportioned > 0 {
      for distance in 0...helpers {
        let owner = (worker + distance) % (helpers + 1)
        perform(work, from: cursors[owner], until: range(of: owner).upperBound, worker: worker)
      }
    }
    perform(work, from: cursor, until: tasks, worker: worker)
    precondition(
      FloatingPointControl.isStandard,
      "worker \(worker): the floating-point control word was changed while it computed; its results cannot be trusted")
  }

  private func perform(_ work: any ParallelWork, from cursor: Cursor, until end: Int, worker: Int) {
    while true {
      let task = cursor.next.add(1, ordering: .relaxed).oldValue
      if task >= end { break }
      work.perform(task: task, worker: worker)
    }
  }

  private func range(of owner: Int) -> Range<Int> {
    apportioned * owner / (helpers + 1)..<apportioned * (owner + 1) / (helpers + 1)
  }

  private func waitForGeneration(after seen: Int) -> Int {
    for _ in 0..<polls {
      let now = generation.load(ordering: .acquiring)
      if now != seen { return now }
      gf_pause()
    }
    pthread_mutex_lock(mutex)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(wake, mutex) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
    return generation.load(ordering: .sequentiallyConsistent)
  }

  private func waitForHelpers() {
    for _ in 0..<polls {
      if pending.load(ordering: .acquiring) == 0 { return }
      gf_pause()
    }
    pthread_mutex_lock(mutex)
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while pending.load(ordering: .sequentiallyConsistent) != 0 { pthread_cond_wait(done, mutex) }
    callerSleeps.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
