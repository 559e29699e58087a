import Foundation

/// A shell without job control has what it begins in the background ignore interrupts, and what is begun there inherits that: a
/// test that interrupts a program would then wait for ever.
public func takeInterrupts() { _ = interruptsAreTaken }

private let interruptsAreTaken: Void = { _ = signal(SIGINT, SIG_DFL) }()
