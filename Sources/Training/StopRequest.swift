import Synchronization

/// A wish, from another thread or a signal handler, that training stop at its next step.
public final class StopRequest: Sendable {
  public enum Reason: Int, Sendable { case interrupt = 1, timeLimit = 2 }

  private let raised = Atomic<Int>(0)
  private let deadline: ContinuousClock.Instant?

  /// - Parameter deadline: when the wish arises by itself.
  public init(deadline: ContinuousClock.Instant? = nil) { self.deadline = deadline }

  /// Safe in a signal handler. Returns how often it was raised before.
  @discardableResult
  public func raise() -> Int { raised.add(1, ordering: .relaxed).oldValue }

  public var reason: Reason? {
    if raised.load(ordering: .relaxed) > 0 { return .interrupt }
    if let deadline, ContinuousClock.now >= deadline { return .timeLimit }
    return nil
  }
}
