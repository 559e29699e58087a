import Experiments
import Files
import Foundation
import Networks
import Processes
import TestSupport
import Testing
import Training

@testable import gradflow

@Suite("A signal stops a run when it can be continued, from the first moment on")
struct InterruptTests {
  @Test("one that came before the run had begun stops it", arguments: [SIGINT, SIGTERM, SIGHUP])
  func early(number: Int32) async throws {
    await #expect(processExitsWith: .success) { [number = number as Int32] in
      // The tests themselves may have been begun by nohup.
      signal(number, SIG_DFL)
      Interrupts.hold()
      pthread_kill(pthread_self(), number)
      let stop = StopRequest(deadline: nil)
      Interrupts.raise(stop)
      try #require(stop.reason == .interrupt)
    }
  }

  @Test("one that the starter had ignored stays ignored, at any moment", arguments: [0, 30_000, 300_000])
  func ignored(microseconds: useconds_t) throws {
    let directory = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", "trap '' INT; exec \"$@\"", "sh", Program.url.path] + SmallRuns.arguments + ["--out", directory.path("out")]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The shell itself has to come so far.
    usleep(100_000 + microseconds)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
  }

  @Test(
    "a command that cannot be continued ends as the system ends it", arguments: [["golden", "check", "--runs", "x"], ["list"]])
  func others(arguments: [String]) throws {
    let command = try Gradflow.parseAsRoot(arguments)
    #expect((command as? any InterruptibleCommand)?.isInterruptible != true)
    #expect((try Gradflow.parseAsRoot(["run", "vgg08"]) as? any InterruptibleCommand)?.isInterruptible == true)
  }

  // MARK: Exit codes

  @Test("each kind of end has its exit code")
  func codes() throws {
    let unknown = try #require(#expect(throws: UnknownRow.self) { try StandardRow.named("vgg16") })
    #expect(Termination(unknown).code == 64 && Termination(unknown).complaint?.contains("vgg16") == true)
    #expect(Termination(FileError.missing(path: "p")).code == 2)
    #expect(Termination(Stop(.failed)).code == 1 && Termination(Stop(.stopped)).code == 75)
    #expect(Termination.done.code == 0)
  }
}
