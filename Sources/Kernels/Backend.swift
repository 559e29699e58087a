import CKernels

/// Where computation runs: an instruction set and a pool of workers. Neither changes any result.
public final class Backend: Sendable {
  public let instructionSet: InstructionSet
  public let pool: WorkerPool

  /// - Throws: `BackendError` if this machine lacks the instruction set, or for an impossible number of threads.
  public init(instructionSet: InstructionSet = .best, threads: Int = WorkerPool.processorCount) throws(BackendError) {
    guard instructionSet.isAvailable else { throw .instructionSetUnavailable(instructionSet) }
    self.instructionSet = instructionSet
    pool = try WorkerPool(threads: threads)
  }

  public var threads: Int { pool.threads }

  public func kernels<S: KernelScalar>(for: S.Type) -> KernelTable {
    guard let table = gf_kernels_find(instructionSet.code, MemoryLayout<S>.size) else {
      preconditionFailure("no kernels for \(S.self) on \(instructionSet.rawValue)")
    }
    return table
  }
}

public enum BackendError: Error, Equatable, CustomStringConvertible {
  case instructionSetUnavailable(InstructionSet)
  case threadCount(Int)
  case threadRefused(number: Int, of: Int, reason: String)

  public var description: String {
    switch self {
    case .instructionSetUnavailable(let set):
      "this machine has no \(set.rawValue); it has \(InstructionSet.available.map(\.rawValue).joined(separator: ", ")): "
        + "choose one of these with --isa, or leave the choice to the program with --isa auto"
    case .threadCount(let count):
      "\(count) threads cannot be had: --threads takes a number from \(WorkerPool.threadRange.lowerBound) to "
        + "\(WorkerPool.threadRange.upperBound); the default is \(WorkerPool.processorCount), one for each processor that this "
        + "process may use"
    case .threadRefused(let number, let count, let reason):
      "the system refused thread \(number) of \(count) (\(reason)): raise the limit of processes, or ask for fewer with --threads"
    }
  }
}
