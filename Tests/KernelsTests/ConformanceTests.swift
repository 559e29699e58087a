import Foundation
import Processes
import Testing

/// The program that other architectures run too (`make conformance-arm64`), on every instruction set of this machine.
@Suite("Conformance")
struct ConformanceTests {
  @Test("the digests of all numeric primitives are the recorded ones")
  func recorded() throws {
    let recorded = Shell.package.appendingPathComponent("Tests/Conformance/digests.txt")
    // Standard error counts the digests that differ from the portable path's.
    let outcome = try Shell.run(["/bin/sh", "-c", "exec \"$0\" 2>/dev/null", builtProgram("conformance").path])
    #expect(outcome.code == 0)
    #expect(try outcome.output == String(contentsOf: recorded, encoding: .utf8), "see make conformance")
  }
}
