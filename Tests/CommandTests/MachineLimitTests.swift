import Files
import Foundation
import Processes
import Testing

@Suite("The program takes of the machine what it may, and says before the work what it lacks")
struct MachineLimitTests {
  @Test("without --threads it works with one thread for each processor of its affinity", .enabled(if: Self.hasTaskset))
  func affinity() throws {
    let bench = [Program.url.path, "bench", "--row", "vgg08", "--batch", "2", "--steps", "1", "--warmup", "0", "--json"]
    let outcome = try Shell.run(["taskset", "--cpu-list", "0"] + bench)
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(try JSONValue(parsing: outcome.output)["threads"]?.int == 1)
  }

  /// Whether this system can bind a process to a processor, and has that processor for us.
  private static var hasTaskset: Bool { (try? Shell.run(["taskset", "--cpu-list", "0", "true"]).code) == 0 }
}
