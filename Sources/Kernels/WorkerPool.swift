import Platform
import Synchronization
import SystemLimits

/// Work that is cut into numbered tasks which may run at the same time, in any order.
///
/// The object holds what stays the same from one run to the next; what a run is about, it is handed as `Arguments`.
public protocol ParallelWork<Arguments>: AnyObject {
  associatedtype Arguments = Void

  /// Runs task `task`; `worker` tells which of the pool's threads this is, from 0.
  ///
  /// - Parameter arguments: what `WorkerPool.run` was called with. All tasks are handed the same.
  func perform(task: Int, worker: Int, with arguments: Arguments)
}

extension ParallelWork {
  /// The same where the type of the arguments is not known, which lie at `arguments`.
  fileprivate func perform(task: Int, worker: Int, withArgumentsAt arguments: UnsafeRawPointer) {
    perform(task: task, worker: worker, with: arguments.assumingMemoryBound(to: Arguments.self).pointee)
  }
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

  /// The processors that this process may use.
  public static var processorCount: Int { min(Processors.available, threadRange.upperBound) }

  public let threads: Int

  private let shared: Shared
  /// The threads besides the calling one.
  private var helpers: [SystemThread] = []

  /// - Throws: `BackendError` for an impossible number of threads, or if the system refuses one.
  public init(threads: Int) throws(BackendError) {
    guard Self.threadRange.contains(threads) else { throw .threadCount(threads) }
    self.threads = threads
    shared = Shared(helpers: threads - 1)
    for worker in 1..<max(threads, 1) {
      do throws(SystemThread.Refused) {
        helpers.append(try SystemThread(Loop(shared: shared, worker: worker)))
      } catch {
        // The threads that there are end, and are waited for, before the object that they share goes.
        shared.stop()
        for thread in helpers { thread.join() }
        helpers = []
        throw .threadRefused(number: worker + 1, of: threads, reason: error.reason)
      }
    }
  }

  deinit {
    shared.stop()
    for thread in helpers { thread.join() }
  }

  /// Runs tasks 0 ..< `tasks` of `work` and returns when all are done. Not reentrant.
  ///
  /// The arguments stay where the caller has them until then, so handing them over allocates nothing.
  ///
  /// - Parameter apportioned: how many of the tasks, from the first on, are divided into one range for each thread. A thread
  ///   takes the tasks of its own range first, then helps the others. So a thread finds in its cache what it left there in the
  ///   call before, if that had the same ranges: a step of VGG38 on two cores takes up to 3 % less time. The remaining tasks
  ///   begin in their order, after all apportioned ones have begun.
  public func run<W: ParallelWork>(_ work: W, with arguments: W.Arguments, tasks: Int, apportioned: Int = 0) {
    precondition((0...max(tasks, 0)).contains(apportioned), "\(apportioned) of \(tasks) tasks apportioned")
    guard tasks > 0 else { return }
    withUnsafePointer(to: arguments) { place in
      // A value of no size has no place: its address may be null. Nothing is read there, and any other will do.
      let place =
        MemoryLayout<W.Arguments>.size > 0 ? UnsafeRawPointer(place) : UnsafeRawPointer(Unmanaged.passUnretained(work).toOpaque())
      shared.run(work, argumentsAt: place, tasks: tasks, apportioned: apportioned)
    }
  }

  /// The same for work that needs no arguments.
  public func run<W: ParallelWork>(_ work: W, tasks: Int, apportioned: Int = 0) where W.Arguments == Void {
    run(work, with: (), tasks: tasks, apportioned: apportioned)
  }

  /// The same for a closure: convenient, and not free of allocation.
  public func run(tasks: Int, _ body: @escaping (_ task: Int, _ worker: Int) -> Void) {
    run(ClosureWork(body: body), tasks: tasks)
  }

  private final class ClosureWork: ParallelWork {
    let body: (Int, Int) -> Void
    init(body: @escaping (Int, Int) -> Void) { self.body = body }
    func perform(task: Int, worker: Int, with _: Void) { body(task, worker) }
  }

  private final class Loop: SystemThread.Body {
    let shared: Shared
    let worker: Int
    init(shared: Shared, worker: Int) {
      self.shared = shared
      self.worker = worker
    }
    func run() { shared.workerLoop(worker: worker) }
  }
}

/// A counter on a cache line of its own, of 64 bytes or 128.
private final class Cursor: Sendable {
  let next = Atomic<Int>(0)
  private let distance: (Line, Line) = (.init(), .init())

  private struct Line { let words: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0) }
}

/// What the threads share.
///
/// The caller publishes work by opening `gate` for a new generation. A helper that finds the gate open enters, and the caller
/// waits for it at the end. When no task is left, the caller closes the gate. A helper that comes later has nothing to do: all
/// tasks have begun. So the caller never waits for a helper that the system has not run yet.
private final class Shared: @unchecked Sendable {
  private let helpers: Int
  private let gate = Atomic<Int>(0)
  /// The next of the tasks that are not apportioned.
  private let cursor = Cursor()
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  /// Written by the caller while nobody is inside the gate, read by helpers that are.
  private var work: (any ParallelWork)?
  /// Of the work, in the caller's frame.
  private var arguments: UnsafeRawPointer?
  private var tasks = 0
  private var apportioned = 0
  /// The next task of each thread's range.
  private let cursors: [Cursor]
  /// The caller's.
  private var waiting: Waiting
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// The word of `gate`: how many helpers are inside, whether it is open, and above these the generation.
  private enum Gate {
    static let inside = open - 1
    static let open = 1 << 10
    static func generation(_ word: Int) -> Int { word >> 11 }
    static func opened(after word: Int) -> Int { (generation(word) + 1) << 11 | open }
  }

  init(helpers: Int) {
    self.helpers = helpers
    cursors = (0...helpers).map { _ in Cursor() }
    waiting = Waiting(threads: helpers + 1)
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

  func run(_ work: any ParallelWork, argumentsAt arguments: UnsafeRawPointer, tasks: Int, apportioned: Int) {
    FloatingPointControl.setStandard()
    self.work = work
    self.arguments = arguments
    self.tasks = tasks
    self.apportioned = apportioned
    for owner in 0...helpers { cursors[owner].next.store(range(of: owner).lowerBound, ordering: .relaxed) }
    cursor.next.store(apportioned, ordering: .relaxed)
    openGate()
    performTasks(worker: 0)
    gate.bitwiseAnd(~Gate.open, ordering: .sequentiallyConsistent)
    waitForHelpers()
    // A task that nobody began would leave in its results what was there before.
    if cursor.next.load(ordering: .relaxed) < tasks { fatalError("of \(tasks) tasks some were not begun") }
    self.work = nil
    self.arguments = nil
  }

  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    openGate()
  }

  /// Only between two pieces of work, when nobody is inside.
  private func openGate() {
    gate.store(Gate.opened(after: gate.load(ordering: .relaxed)), ordering: .sequentiallyConsistent)
    guard helpers > 0, sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }

  func workerLoop(worker: Int) {
    var seen = 0
    var waiting = Waiting(threads: helpers + 1)
    while true {
      seen = waitForGeneration(after: seen, &waiting)
      if stopping.load(ordering: .sequentiallyConsistent) { return }
      guard enter(generation: seen) else { continue }
      FloatingPointControl.setStandard()
      performTasks(worker: worker)
      let left = gate.subtract(1, ordering: .sequentiallyConsistent).newValue
      if left & (Gate.inside | Gate.open) == 0, callerSleeps.load(ordering: .sequentiallyConsistent) {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
      }
    }
  }

  /// False if the gate is closed, or open for a later piece of work, which is met anew.
  private func enter(generation: Int) -> Bool {
    var word = gate.load(ordering: .acquiring)
    while Gate.generation(word) == generation, word & Gate.open != 0 {
      let (exchanged, original) = gate.compareExchange(expected: word, desired: word + 1, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      word = original
    }
    return false
  }

  private func performTasks(worker: Int) {
    guard let work, let arguments else { fatalError("worker \(worker): there is no work behind the open gate") }
    if apportioned > 0 {
      for distance in 0...helpers {
        let owner = (worker + distance) % (helpers + 1)
        perform(work, arguments, from: cursors[owner], until: range(of: owner).upperBound, worker: worker)
      }
    }
    perform(work, arguments, from: cursor, until: tasks, worker: worker)
    // Not a precondition: an optimised program would end without these words.
    if !FloatingPointControl.isStandard {
      fatalError(
        "worker \(worker): the floating-point control word was changed while it computed; its results cannot be trusted")
    }
  }

  private func perform(
    _ work: any ParallelWork, _ arguments: UnsafeRawPointer, from cursor: Cursor, until end: Int, worker: Int
  ) {
    while true {
      let task = cursor.next.add(1, ordering: .relaxed).oldValue
      if task >= end { break }
      work.perform(task: task, worker: worker, withArgumentsAt: arguments)
    }
  }

  private func range(of owner: Int) -> Range<Int> {
    apportioned * owner / (helpers + 1)..<apportioned * (owner + 1) / (helpers + 1)
  }

  private func waitForGeneration(after seen: Int, _ waiting: inout Waiting) -> Int {
    if !waiting.look({ Gate.generation(gate.load(ordering: .acquiring)) != seen }) {
      pthread_mutex_lock(mutex)
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while Gate.generation(gate.load(ordering: .sequentiallyConsistent)) == seen { pthread_cond_wait(wake, mutex) }
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }
    return Gate.generation(gate.load(ordering: .sequentiallyConsistent))
  }

  /// Until nobody is inside; the gate is closed.
  private func waitForHelpers() {
    if waiting.look({ gate.load(ordering: .acquiring) & Gate.inside == 0 }) { return }
    pthread_mutex_lock(mutex)
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while gate.load(ordering: .sequentiallyConsistent) & Gate.inside != 0 { pthread_cond_wait(done, mutex) }
    callerSleeps.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
