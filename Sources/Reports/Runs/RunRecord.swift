import Files
import Traces

/// One run, as its trace tells it.
public struct RunRecord: Equatable, Sendable {
  public let trace: Trace
  /// Where it was read from; empty for one that was not.
  public let place: String
  /// That it was read from a golden, which it is: judging it by that golden would say nothing.
  public var isGolden: Bool { place.hasSuffix(RunTraces.goldenSuffix) }
  /// That it broke off on a number that is not finite; `nil` for all others.
  public let diverged: DivergedRun?

  /// - Parameter diverged: what lies beside the trace. A run that came to its end since is not concerned.
  public init(_ trace: Trace, place: String = "", diverged: DivergedRun? = nil) {
    self.trace = trace
    self.place = place
    self.diverged = trace.test == nil ? diverged : nil
  }

  public var header: TraceHeader { trace.header }
  public var row: String { header.row }
  public var seed: UInt64 { header.seed }
  /// As its directory is called: `vgg38-bn-rc-1e-2-s0`.
  public var name: String { header.runName }
  public var epochs: [EpochLine] { trace.epochs }
  public var last: EpochLine? { epochs.last }
  public var test: TestLine? { trace.test }
  /// The test is a run's last line: without it the run is still going on, or was stopped.
  public var isFinished: Bool { test != nil }

  // MARK: Settings

  public func setting(_ name: String) -> JSONValue? { header.training.first { $0.key == name }?.value }

  /// `nil` in a trace whose settings do not tell.
  public var classes: Int? { setting("classes")?.int }
  /// As `classes`; `nil` also where there cannot be so many.
  public var validationImages: Int? {
    guard let classes, let perClass = setting("validation_per_class")?.int else { return nil }
    let (images, isTooLarge) = classes.multipliedReportingOverflow(by: perClass)
    return isTooLarge || classes < 1 || perClass < 1 ? nil : images
  }

  /// Optimiser steps in all epochs that are whole; `nil` where the trace has no step digests.
  public var steps: Int? {
    let counted = trace.stepDigests
    let perEpoch = epochs.map { counted[$0.epoch]?.count ?? 0 }
    return perEpoch.contains(0) ? nil : perEpoch.reduce(0, +)
  }

  /// The labels of the gradient flow, in network order; empty without an epoch.
  public var layers: [String] { epochs.first?.gradientFlow.map(\.name) ?? [] }
}
