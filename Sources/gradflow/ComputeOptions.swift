import ArgumentParser
import Kernels
import Networks
import SystemLimits

/// Where a command computes. Neither option changes any result.
struct ComputeOptions: ParsableArguments {
  @Option(help: "Worker threads; one for each processor that the process may use, if not given.")
  var threads: Int?

  @Option(help: "The instruction set: auto, portable, avx2, avx512 or neon.")
  var isa = InstructionSetChoice.auto

  func validate() throws {
    guard let threads else { return }
    guard WorkerPool.threadRange.contains(threads) else {
      throw ValidationError(BackendError.threadCount(threads).description)
    }
  }

  /// What there is for the threads that will work.
  var memory: AvailableMemory { .now(threads: threads ?? WorkerPool.processorCount) }

  /// - Throws: `BackendError.instructionSetUnavailable`.
  func backend() throws -> Backend {
    try Backend(
      instructionSet: isa.instructionSet ?? .best, threads: threads ?? WorkerPool.processorCount)
  }
}

enum InstructionSetChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, portable, avx2, avx512, neon

  /// The set by name; `nil` for the fastest that the machine has.
  var instructionSet: InstructionSet? {
    switch self {
    case .auto: nil
    case .portable: .portable
    case .avx2: .avx2
    case .avx512: .avx512
    case .neon: .neon
    }
  }
}

/// A row of the experiment by name; an unknown one is wrong usage, and lists those that exist.
struct RowArgument: ExpressibleByArgument {
  let row: StandardRow

  init(_ row: StandardRow) { self.row = row }

  init?(argument: String) {
    guard let row = StandardRow.all.first(where: { $0.id == argument }) else { return nil }
    self.row = row
  }

  var defaultValueDescription: String { row.id }
  static var allValueStrings: [String] { StandardRow.all.map(\.id) }
}
