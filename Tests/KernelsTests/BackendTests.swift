import Kernels
import Testing

@Suite("A backend is what the machine has, or an error that says what it has")
struct BackendTests {
  @Test("every machine has the portable path, and the best is the last of what it has")
  func available() throws {
    #expect(InstructionSet.available.first == .portable)
    #expect(InstructionSet.best == InstructionSet.available.last)
    for set in InstructionSet.available {
      let backend = try Backend(instructionSet: set, threads: 1)
      #expect(String(cString: backend.kernels(for: Float.self).pointee.name) == set.rawValue)
      #expect(backend.kernels(for: Float.self).pointee.element_bytes == 4)
      #expect(backend.kernels(for: Double.self).pointee.element_bytes == 8)
    }
  }

  @Test("an instruction set that the machine lacks is refused, with what it has")
  func lackingInstructionSet() throws {
    // No machine has both kinds.
    let lacking = try #require(InstructionSet.allCases.first { !$0.isAvailable })
    let error = #expect(throws: BackendError.instructionSetUnavailable(lacking)) {
      try Backend(instructionSet: lacking, threads: 1)
    }
    let text = try #require(error?.description)
    #expect(text.contains(lacking.rawValue) && text.contains("--isa auto"))
    for set in InstructionSet.available { #expect(text.contains(set.rawValue)) }
  }

  @Test("absurd thread counts are refused, with the range", arguments: [0, -1, 257, Int.max, Int.min])
  func absurdThreads(_ threads: Int) throws {
    let error = #expect(throws: BackendError.threadCount(threads)) { try Backend(threads: threads) }
    let text = try #require(error?.description)
    #expect(text.contains("\(threads) threads") && text.contains("1 to 256"))
  }
}
