import Benchmarks
import Experiments
import Files
import Foundation
import Kernels
import Training

/// What may differ between machines and never enters a golden: `manifest.json` of a run. Its members are those of the last
/// session; `earlier_sessions` holds those of the sessions before it, where a run was stopped and resumed, oldest first.
struct Manifest: Sendable {
  let instructionSet: InstructionSet

  /// Writes the manifest anew whenever a run reaches a checkpoint, of which the first is at its beginning, or its end.
  ///
  /// - Parameters:
  ///   - threads: that the run has.
  ///   - isResuming: whether what the manifest said before is part of the run.
  func recorder(
    _ directory: RunDirectory, run: RunSpecification, threads: Int, isResuming: Bool
  ) -> (TrainingEvent) -> Void {
    let start = Date()
    let earlier = isResuming ? RunManifest(directory).sessions : []
    return { event in
      switch event {
      case .checkpoint, .epoch, .test, .resumed: break
      default: return
      }
      let seconds = Date().timeIntervalSince(start)
      let info = ProcessInfo.processInfo
      let members: [JSONValue.Member] =
        [
          .init("row", .string(run.row.id)), .init("seed", JSONValue(run.seed)),
          .init("epochs_asked_for", JSONValue(run.epochs)),
          .init("started", .string(ISO8601DateFormatter().string(from: start))),
          .init("seconds", JSONValue((seconds * 1000).rounded() / 1000)),
          .init("host", .string(info.hostName)),
          .init("system", .string(info.operatingSystemVersionString)),
          .init("peak_resident_megabytes", JSONValue(Machine.peakResidentMegabytes.rounded())),
          .init("processors", JSONValue(info.processorCount)),
          .init("threads", JSONValue(threads)),
          .init("instruction_set", .string(instructionSet.rawValue)),
          .init("numerics", JSONValue(NumericsContract.version)),
          .init("program", .string(Gradflow.configuration.version)),
          .init("revision", Revision.current.map { .string($0) } ?? .null),
          .init("toolchain", .string(Self.toolchain)),
          .init("build", .string(Self.build)),
          .init("command", .array(CommandLine.arguments.map { .string($0) })),
        ] + (earlier.isEmpty ? [] : [.init(RunManifest.earlierSessions, .array(earlier))])
      // Advisory: a run does not fail because its manifest could not be written.
      try? AtomicFile.write(JSONValue.object(members).description + "\n", to: directory.manifest)
    }
  }

  /// As exactly as a program can know what compiled it.
  private static var toolchain: String {
    #if compiler(>=6.4)
      "Swift 6.4 or newer"
    #elseif compiler(>=6.3)
      "Swift 6.3"
    #elseif compiler(>=6.2)
      "Swift 6.2"
    #else
      "Swift 6.1"
    #endif
  }

  private static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }
}
