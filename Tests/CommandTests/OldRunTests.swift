import Digests
import Files
import Foundation
import TestSupport
import Testing

/// `OldRun` holds what gradflow of 2026-11-25 (revision 0822a75) left when it was stopped within the second epoch of the matrix
/// file beside it.
@Suite("A run that an older gradflow began")
struct OldRunTests {
  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("OldRun").path

  @Test("is finished from its checkpoint with the trace that the older one would have left", arguments: ["1", "2"])
  func resumes(threads: String) throws {
    let directory = try TemporaryDirectory()
    let run = directory.path("out/small-bn-rc-s0")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    for name in ["checkpoint.safetensors", "trace.jsonl.zst"] {
      try FileManager.default.copyItem(atPath: "\(Self.directory)/\(name)", toPath: "\(run)/\(name)")
    }
    let outcome = try Program.run([
      "matrix", "--matrix", "\(Self.directory)/matrix.yaml", "--profile", "smoke", "--out", directory.path("out"), "--resume",
      "--threads", threads,
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    // That program told no norms.
    let lines = try directory.trace("small-bn-rc-s0").split(separator: "\n").filter { !$0.hasPrefix("{\"norms\":") }
    let digest = Digest(of: lines.map { $0 + "\n" }.joined())
    // Of the decompressed trace of the same run, uninterrupted, by that program.
    #expect(digest.description.hasSuffix("10e94747b141febe1c8b95761a07ed54ad938d4755aeb148862e64311b2db021"))
  }
}
