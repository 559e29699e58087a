import Kernels
import Synchronization
import Testing

/// Settings of the control word that the contract forbids.
enum SpoiledControl: String, CaseIterable, Sendable {
  case flushToZero = "flush to zero"
  case denormalsAreZero = "denormals are zero"
  case upward, downward, towardZero = "toward zero"

  /// Bits to set: of MXCSR, or of FPCR (which has one bit for both ways to lose subnormals).
  var bits: UInt64 {
    #if arch(x86_64)
      switch self {
      case .flushToZero: 0x8000
      case .denormalsAreZero: 0x0040
      case .upward: 0x4000
      case .downward: 0x2000
      case .towardZero: 0x6000
      }
    #else
      switch self {
      case .flushToZero, .denormalsAreZero: 1 << 24
      case .upward: 1 << 22
      case .downward: 2 << 22
      case .towardZero: 3 << 22
      }
    #endif
  }

  /// Runs `body` on a thread whose control word is spoiled; the thread is repaired afterwards.
  static func with<R>(_ spoils: [SpoiledControl], _ body: () throws -> R) rethrows -> R {
    FloatingPointControl.setStandard()
    defer { FloatingPointControl.setStandard() }
    for spoil in spoils { FloatingPointControl.word |= spoil.bits }
    return try body()
  }

  static let losesSubnormals: [SpoiledControl] = [.flushToZero, .denormalsAreZero]
}

@Suite("Every thread that computes has the standard floating-point control word")
struct FloatingPointControlTests {
  @Test("the standard word rounds to nearest even and keeps subnormals")
  func standardWord() {
    SpoiledControl.with(SpoiledControl.allCases) {
      FloatingPointControl.setStandard()
      #expect(FloatingPointControl.isStandard)
      // Computed at run time, whatever the optimiser does with constants.
      let values: [Float] = [.leastNormalMagnitude, 0.5, 1, .ulpOfOne / 2, .ulpOfOne]
      #expect(values[0] * values[1] == Float(bitPattern: 0x0040_0000))
      #expect(values[2] + values[3] == 1)
      #expect(values[2] + values[4] + values[3] == 1 + 2 * values[4])
      // Flags that arithmetic raises are no settings.
      #expect(FloatingPointControl.isStandard)
    }
  }

  @Test("another setting is noticed, and repaired", arguments: SpoiledControl.allCases)
  func spoiledWordIsNoticed(_ spoil: SpoiledControl) {
    let noticed = SpoiledControl.with([spoil]) {
      let noticed = !FloatingPointControl.isStandard
      FloatingPointControl.setStandard()
      return noticed && FloatingPointControl.isStandard
    }
    #expect(noticed)
  }

  @Test("a kernel's subnormal cases tell whether subnormals are kept", arguments: KernelCase.all)
  func casesTellFlushing(_ kernel: KernelCase) {
    guard !kernel.movesBitsOnly else { return }
    for set in InstructionSet.available {
      let runs = kernel.runs(.subnormal)
      let kept = runs.map { $0.outputs(kernel.table(set)) }
      let flushed = SpoiledControl.with(SpoiledControl.losesSubnormals) { runs.map { $0.outputs(kernel.table(set)) } }
      let differ = zip(flushed, kept).contains { firstDifference(found: $0, expected: $1) != nil }
      #expect(differ, "\(kernel.testDescription) on \(set.rawValue) gives the same without subnormals")
    }
  }

  @Test("subnormals survive in a pool that a thread without them made and uses", arguments: KernelCase.all)
  func poolKeepsSubnormals(_ kernel: KernelCase) throws {
    let runs = kernel.runs(.subnormal)
    for set in InstructionSet.available {
      let table = kernel.table(set)
      let expected = runs.map { $0.outputs(table) }
      let found = Mutex([[Field]?](repeating: nil, count: runs.count))
      try SpoiledControl.with(SpoiledControl.allCases) {
        // New threads inherit the word of the one that makes them.
        try WorkerPool(threads: 2).run(tasks: runs.count) { task, _ in
          let outputs = runs[task].outputs(table)
          found.withLock { $0[task] = outputs }
        }
      }
      for (i, outputs) in found.withLock({ $0 }).enumerated() {
        if let difference = firstDifference(found: outputs ?? [], expected: expected[i]) {
          Issue.record("\(kernel.testDescription) on \(set.rawValue), \(runs[i].shape): \(difference)")
        }
      }
    }
  }

  @Test("all workers compute with the standard word, in every piece of work", arguments: [1, 2, 3, 7, 16])
  func allWorkersAreStandard(threads: Int) throws {
    let standard = Mutex(Set<Int>())
    for spoils in SpoiledControl.allCases.map({ [$0] }) + [SpoiledControl.allCases] {
      let pool = try SpoiledControl.with(spoils) { try WorkerPool(threads: threads) }
      for _ in 0..<3 {
        standard.withLock { $0 = [] }
        SpoiledControl.with(spoils) {
          pool.everyWorker { worker in
            if FloatingPointControl.isStandard { standard.withLock { _ = $0.insert(worker) } }
          }
        }
        #expect(standard.withLock { $0 } == Set(0..<threads))
      }
    }
  }

  #if compiler(>=6.2)
    @Test("a word that is spoiled while a worker computes stops the program, for its results cannot be trusted")
    func spoiledDuringWork() async {
      for helper in [false, true] {
        let result = await (helper ? spoilInHelper() : spoilInCaller())
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("floating-point control word was changed"))
      }
    }

    private func spoilInHelper() async -> ExitTest.Result? {
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        try WorkerPool(threads: 2).everyWorker { worker in
          if worker == 1 { FloatingPointControl.word |= SpoiledControl.flushToZero.bits }
        }
      }
    }

    private func spoilInCaller() async -> ExitTest.Result? {
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        try WorkerPool(threads: 1).run(tasks: 1) { _, _ in
          FloatingPointControl.word |= SpoiledControl.denormalsAreZero.bits
        }
      }
    }
  #endif
}

extension WorkerPool {
  /// Runs `body` once on every worker: no task ends before each worker has one.
  func everyWorker(_ body: @escaping @Sendable (_ worker: Int) -> Void) {
    let arrived = Counter()
    let threads = threads
    run(tasks: threads) { _, worker in
      body(worker)
      arrived.value.add(1, ordering: .sequentiallyConsistent)
      while arrived.value.load(ordering: .sequentiallyConsistent) < threads { yieldProcessor() }
    }
  }
}

/// An atomic number that closures can share.
final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
