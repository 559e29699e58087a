import CKernels
import ReferenceTables
import Kernels
import Testing

@Suite("The elementary functions are right to the stated error, and keep their bits")
struct ElementaryTests {
  /// A function with the error that `gf_elementary.h` states for it.
  struct Claim: CustomTestStringConvertible, Sendable {
    let name: String
    let bound: Double
    let function: @Sendable (Double) -> Double
    var testDescription: String { "\(name), below \(bound) ulp" }

    static let all = [
      Claim(name: "exp", bound: 0.54, function: Elementary.exp),
      Claim(name: "log", bound: 0.62, function: Elementary.log),
      Claim(name: "cos", bound: 0.60, function: Elementary.cos),
    ]
  }

  @Test("no reference is farther away than the stated error, and the worst is near it", arguments: Claim.all)
  func errorIsBounded(_ claim: Claim) throws {
    let references = try ElementaryReference.load(claim.name)
    #expect(references.count > 700)
    let worst = try #require(
      references.map { (error: $0.error(of: claim.function($0.argument)), reference: $0) }
        .max { $0.error < $1.error })
    #expect(
      worst.error < claim.bound,
      "\(claim.name)(\(worst.reference)) is \(worst.error) ulp off; the statement is: below \(claim.bound)")
    // The statement is no looser than what was found; so a worse function cannot hide below it.
    #expect(worst.error > claim.bound - 0.02, "the worst error is only \(worst.error) ulp: state that")
  }

  @Test("a power is within the bound of its multiplications one by one")
  func powerIsBounded() throws {
    let references = try ElementaryReference.load("power")
    #expect(references.count > 250)
    var worst = 0.0
    for reference in references {
      let found = Elementary.power(reference.argument, reference.exponent)
      let error = reference.error(of: found)
      let multiplications = reference.exponent > 0 ? Double(reference.exponent - 1) : 0
      // An ulp is between 2⁻⁵³ and 2⁻⁵² of the number, so that n − 1 relative errors of 2⁻⁵³ are at most n − 1 ulp.
      let isNormal = reference.value.isNormal
      let relative = isNormal ? error * reference.unit / abs(reference.value) : 0
      #expect(relative <= multiplications * 0x1p-53 * 1.001, "power(\(reference), \(reference.exponent)): \(error) ulp")
      // Below the normal range, one rounding of half an ulp for each of at most 64 multiplications.
      #expect(error <= max(multiplications, 32), "power(\(reference), \(reference.exponent)): \(error) ulp")
      if isNormal { worst = max(worst, error) }
    }
    // β₂ᵗ for the paper's 47,500 steps and the alternating bases: errors grow with n, as the bound says.
    #expect(worst > 100, "no power was hard: \(worst) ulp")
  }

  @Test(
    "even a correctly rounded function has other bits in the table, so the digests below notice one",
    arguments: Claim.all)
  func bitsAreOurs(_ claim: Claim) throws {
    let references = try ElementaryReference.load(claim.name)
    #expect(references.contains { claim.function($0.argument) != $0.value })
  }

  @Test(
    "the bits are those of the contract",
    arguments: [
      ("exp", 0xab89_036e_c446_dece), ("log", 0x76e6_f3dd_b5be_991c), ("cos", 0x1666_9025_713c_a75d),
      ("power", 0xfb83_bb4b_f1a5_acdf),
    ] as [(String, UInt64)])
  func bitsArePinned(_ name: String, _ pinned: UInt64) throws {
    let functions: [String: (ElementaryReference) -> Double] = [
      "exp": { Elementary.exp($0.argument) }, "log": { Elementary.log($0.argument) },
      "cos": { Elementary.cos($0.argument) }, "power": { Elementary.power($0.argument, $0.exponent) },
    ]
    let function = try #require(functions[name])
    // FNV-1a over the results' bytes, least significant first.
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for reference in try ElementaryReference.load(name) {
      let bits = function(reference).bitPattern
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        digest = (digest ^ (bits >> shift & 255)) &* 0x100_0000_01b3
      }
    }
    #expect(
      digest == pinned,
      """
      \(name) gives other bits than contract version \(NumericsContract.version): 0x\(String(digest, radix: 16)). \
      If the table of references is new, state this digest; if the function is, the contract's version must change.
      """)
  }

  @Test("special arguments")
  func specialArguments() {
    let infinity = Double.infinity
    for function in Claim.all { #expect(function.function(.nan).isNaN && function.function(.signalingNaN).isNaN) }

    #expect(Elementary.exp(infinity) == infinity)
    expectBits(Elementary.exp(-infinity), 0)
    expectBits(Elementary.exp(0), 1)
    expectBits(Elementary.exp(-0.0), 1)
    expectBits(Elementary.exp(-.greatestFiniteMagnitude), 0)
    #expect(Elementary.exp(.greatestFiniteMagnitude) == infinity)
    // The last finite result and the first that is zero.
    let largest = 0x1.62e42fefa39efp9
    let smallest = -0x1.74910d52d3051p9
    #expect(Elementary.exp(largest).isFinite && Elementary.exp(largest.nextUp) == infinity)
    expectBits(Elementary.exp(smallest), .leastNonzeroMagnitude)
    expectBits(Elementary.exp(smallest.nextDown), 0)

    #expect(Elementary.log(0) == -infinity && Elementary.log(-0.0) == -infinity)
    #expect(Elementary.log(infinity) == infinity)
    expectBits(Elementary.log(1), 0)
    for negative in [-Double.leastNonzeroMagnitude, -1, -infinity] { #expect(Elementary.log(negative).isNaN) }

    #expect(Elementary.cos(infinity).isNaN && Elementary.cos(-infinity).isNaN)
    expectBits(Elementary.cos(0), 1)
    expectBits(Elementary.cos(-0.0), 1)

    expectBits(Elementary.power(.nan, 0), 1)
    expectBits(Elementary.power(0, 0), 1)
    expectBits(Elementary.power(-0.0, 3), -0.0)
    expectBits(Elementary.power(-0.0, 4), 0)
    #expect(Elementary.power(-infinity, 3) == -infinity && Elementary.power(2, 1024) == infinity)
    #expect(Elementary.power(.nan, 1).isNaN)
    expectBits(Elementary.power(2, 1023), 0x1p1023)
    expectBits(Elementary.power(0.5, 1074), .leastNonzeroMagnitude)
    expectBits(Elementary.power(1, .max), 1)
    expectBits(Elementary.power(-1, .max), -1)
  }

  @Test("the cosine is even, and exp does not fall, where their reductions change pieces")
  func symmetryAndOrder() throws {
    for reference in try ElementaryReference.load("cos") {
      expectBits(Elementary.cos(-reference.argument), Elementary.cos(reference.argument))
    }
    let arguments = try ElementaryReference.load("exp").map(\.argument).sorted()
    for (lower, upper) in zip(arguments, arguments.dropFirst()) {
      #expect(Elementary.exp(lower) <= Elementary.exp(upper))
    }
  }

  private func expectBits(_ found: Double, _ expected: Double, location: SourceLocation = #_sourceLocation) {
    #expect(found.bitPattern == expected.bitPattern, "\(found), not \(expected)", sourceLocation: location)
  }
}
