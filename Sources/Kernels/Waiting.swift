import CKernels
import Platform

/// How one thread waits for others: it looks again and again while nobody else wants its processor, and sleeps otherwise.
///
/// To sleep and to be woken takes longer than most waits within a training step. But where the processors have other work
/// (another run, a build), who is waited for may itself wait for the processor that looking again and again takes.
struct Waiting {
  /// Looks between which nothing happens: some tens of microseconds, as most waits within a step last.
  private static let looks = 1_000
  /// Looks between which the processor is offered to others: some hundreds of microseconds, longer than the gap between two
  /// pieces of work of a training step and than it takes to wake a thread; otherwise, once one sleeps, each waits for the
  /// other to wake, piece after piece.
  private static let offers = 1_000
  /// Nanoseconds. An offer that nobody takes is back in a fraction of a microsecond.
  private static let taken = 50_000
  /// After an offer that was taken, this many waits sleep at once: then it is tried again.
  static let rests = 100

  private let isWorthwhile: Bool
  private var rests = 0

  /// - Parameter threads: those that work at the same time. More than there are processors only keep one another from working.
  init(threads: Int) { isWorthwhile = threads <= WorkerPool.processorCount }

  /// Looks until `isOver`; false when it is time to sleep instead.
  ///
  /// - Parameters:
  ///   - offer: offers the processor to others.
  ///   - now: nanoseconds of a clock that only goes forward.
  mutating func look(
    offer: () -> Void = { _ = sched_yield() }, now: () -> Int = { Waiting.now }, _ isOver: () -> Bool
  ) -> Bool {
    if isOver() { return true }
    guard isWorthwhile else { return false }
    if rests > 0 {
      rests -= 1
      return false
    }
    for _ in 0..<Self.looks {
      if isOver() { return true }
      gf_pause()
    }
    var before = now()
    for _ in 0..<Self.offers {
      offer()
      if isOver() { return true }
      let after = now()
      if after - before > Self.taken {
        rests = Self.rests
        return false
      }
      before = after
    }
    return false
  }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
