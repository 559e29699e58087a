import CKernels
import Kernels
import Testing

@Suite("What the machine can do at most")
struct CeilingsTests {
  @Test(
    "the loop of multiply-adds makes as many as it is asked for, on every instruction set", arguments: InstructionSet.available)
  func count(set: InstructionSet) {
    var sink: Float = 0
    let codes: [InstructionSet: gf_instruction_set] = [
      .portable: GF_PORTABLE, .avx2: GF_AVX2, .avx512: GF_AVX512, .neon: GF_NEON,
    ]
    let lanes: [InstructionSet: Double] = [.portable: 4, .avx2: 8, .avx512: 16, .neon: 4]
    let operations = gf_peak_multiply_adds(codes[set]!, 100, &sink)
    #expect(operations == 2 * 12 * lanes[set]! * 100)
    // Each sum tends to 0.25 / (1 - 0.75) = 1: no term was left out.
    #expect(abs(sink - Float(12 * lanes[set]!)) < 1e-3)
  }

  @Test("an instruction set that the machine lacks makes none")
  func missing() throws {
    let missing = try #require(InstructionSet.allCases.first { !$0.isAvailable })
    var sink: Float = 0
    #expect(gf_peak_multiply_adds(missing == .neon ? GF_NEON : missing == .avx2 ? GF_AVX2 : GF_AVX512, 1, &sink) == 0)
  }

  @Test("ceilings are finite and above zero")
  func ceilings() throws {
    let ceilings = Ceilings(of: try Backend(threads: 2))
    #expect(ceilings.gigaflops.isFinite && ceilings.gigaflops > 0)
    #expect(ceilings.gigabytes.isFinite && ceilings.gigabytes > 0)
  }
}
