import Testing

@testable import Cluster

@Suite("Times as Slurm writes them")
struct SlurmTimeTests {
  @Test(
    "are read in each of its forms",
    arguments: [
      ("30", 1800), ("30:15", 1815), ("2:00:00", 7200), ("1-0", 86400), ("1-02:03", 93780), ("1-02:03:04", 93784),
    ])
  func reading(text: String, seconds: Int) { #expect(SlurmTime.seconds(text) == seconds) }

  @Test("what is no time is none", arguments: ["infinite", "", "1:2:3:4", "-5", "1--2", "a", "1-", "UNLIMITED"])
  func noTime(text: String) { #expect(SlurmTime.seconds(text) == nil) }

  @Test("what is written is read back", arguments: [60, 3599, 86399, 86400, 400_000])
  func both(seconds: Int) {
    #expect(SlurmTime.seconds(SlurmTime.text(seconds: seconds)) == seconds)
  }

  @Test("as the program's own options take it", arguments: [(5 * 3600 + 1800, "5h30m"), (45, "45s"), (86400, "24h")])
  func option(seconds: Int, text: String) { #expect(SlurmTime.option(seconds: seconds) == text) }
}
