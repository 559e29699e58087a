import Files
import Foundation
import Testing
import Traces

@testable import Reports

@Suite("Finding runs")
struct RunSetTests {
  @Test("a directory of runs, several of them, and a run's own directory are found; other things in them are not")
  func places() throws {
    try withDirectory { directory in
      try FakeRun.quick().write(to: directory + "/a")
      try [FakeRun(row: "vgg38-rc", profile: .quick, epochs: 25)].write(to: directory + "/b")
      try createDirectory(directory + "/a/notes")
      try AtomicFile.write("text", to: directory + "/a/readme.txt")
      let all = try RunSet(readingFrom: [directory + "/a", directory + "/b"])
      #expect(all.rows.map(\.row) == ["vgg08", "vgg38", "vgg38-rc", "vgg38-bn-rc-1e-2"])
      #expect(try RunSet(readingFrom: [directory + "/b/vgg38-rc-s0"]).rows.map(\.row) == ["vgg38-rc"])
    }
  }

  @Test("the fake runs of these tests are what reading their files gives")
  func fakes() throws {
    for run in FakeRun.quick() { #expect(try Trace(content: run.content) == run.trace) }
  }

  @Test("rows stand in Table 1's order and others after them; seeds ascend as numbers")
  func order() throws {
    let runs = ["vgg38-bn-all-1e-2", "vgg38", "vgg08"].flatMap { row in
      [10, 2, 0].map { FakeRun(row: row, seed: $0, epochs: 1) }
    }
    let set = try runs.set()
    #expect(set.rows.map(\.row) == ["vgg08", "vgg38", "vgg38-bn-all-1e-2"])
    #expect(set.rows[0].seeds == [0, 2, 10])
  }

  @Test("runs that are not as far as others of their row are named and not averaged")
  func leftOut() throws {
    let set = try [
      FakeRun(row: "vgg08", seed: 0, epochs: 5, validationAccuracy: 0.3), FakeRun(row: "vgg08", seed: 1, epochs: 2, planned: 5),
      FakeRun(row: "vgg08", seed: 2, epochs: 5, planned: 6, validationAccuracy: 0.9),
    ].set()
    #expect(set.rows[0].seeds == [0] && set.rows[0].leftOut.map(\.seed) == [1, 2])
    #expect(set.rows[0].last(\.validationAccuracy)?.mean == 0.3)
    let remarks = Table1(set).lines[0].remarks
    #expect(remarks.count == 2 && remarks[0].hasPrefix("vgg08-s1 is left out: it has 2 epochs and is unfinished"))
  }

  @Test("an unfinished run alone is shown, without a test")
  func unfinished() throws {
    let set = try [FakeRun(row: "vgg08", epochs: 3, planned: 5)].set()
    #expect(set.rows[0].epochs == 3 && set.rows[0].testAccuracy == nil)
    #expect(Table1(set).lines[0].remarks == ["vgg08-s0 is unfinished: its last epoch is shown, and there is no test"])
  }

  @Test("a run without an epoch is a row without numbers")
  func noEpoch() throws {
    let set = try [FakeRun(row: "vgg38", epochs: 0)].set()
    #expect(set.rows[0].last(\.trainLoss) == nil)
    let page = Page(set)
    #expect(page.html.contains("no epoch of vgg08 or vgg38 among these runs"))
    #expect(page.claims.count(.undecidable) == 8)
  }

  @Test("no runs at all are refused, with where they were looked for")
  func nothing() throws {
    try withDirectory { directory in
      #expect(throws: RunSetError.noRuns(places: [directory])) { try RunSet(readingFrom: [directory]) }
      #expect(throws: FileError.self) { try RunSet(readingFrom: [directory + "/nowhere"]) }
    }
  }

  @Test("runs of different profiles, data, contracts or settings are refused by the name of the difference")
  func mixed() throws {
    func refusal(_ a: FakeRun, _ b: FakeRun) -> String {
      do {
        _ = try [a, b].set()
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    let first = FakeRun(row: "vgg08", epochs: 1)
    #expect(refusal(first, FakeRun(row: "vgg38", profile: .quick, epochs: 1)).contains("profile is paper in vgg08-s0 and quick"))
    var other = FakeRun(row: "vgg38", epochs: 1)
    other.fingerprint = "other data"
    #expect(refusal(first, other).contains("data fingerprint"))
    other = FakeRun(row: "vgg08", seed: 1, epochs: 1, change: { $0.batchSize = 50 })
    #expect(refusal(first, other).contains("vgg08: batch_size is 100 in vgg08-s0 and 50 in vgg08-s1"))
    #expect(refusal(first, first).contains("vgg08-s0 is in more than one"))
  }

  @Test("a torn trace is used as far as it is whole, and told of; a damaged one is refused")
  func torn() throws {
    try withDirectory { directory in
      let run = FakeRun(row: "vgg08", epochs: 2)
      let whole = Zstd.compress(run.content)
      let path = directory + "/vgg08-s0/trace.jsonl.zst"
      try createDirectory(directory + "/vgg08-s0")
      try AtomicFile.write(whole + whole.prefix(40), to: path)
      let set = try RunSet(readingFrom: [directory])
      #expect(set.warnings.count == 1 && set.warnings[0].contains("torn") && set.rows[0].epochs == 2)
      var damaged = whole
      damaged[damaged.count / 2] ^= 1
      try AtomicFile.write(damaged, to: path)
      #expect(throws: (any Error).self) { try RunSet(readingFrom: [directory]) }
    }
  }
}
