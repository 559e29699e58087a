import Files
import Foundation
import Goldens
import TestSupport
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

  @Test("fewer epochs are left out where all runs are finished, and where none is", arguments: [nil, 100] as [Int?])
  func fewerEpochs(planned: Int?) throws {
    let set = try [
      FakeRun(row: "vgg08", seed: 0, epochs: 5, planned: planned, validationAccuracy: 0.3),
      FakeRun(row: "vgg08", seed: 1, epochs: 2, planned: planned, validationAccuracy: 0.9),
    ].set()
    #expect(set.rows[0].seeds == [0] && set.rows[0].leftOut.map(\.seed) == [1])
    #expect(set.rows[0].last(\.validationAccuracy)?.mean == 0.3)
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

  @Test("a link to a run is no run of its own; a copy under another name is the same run, and both places are named")
  func copies() throws {
    try withDirectory { directory in
      try [FakeRun(row: "vgg08", epochs: 1), FakeRun(row: "vgg38", epochs: 1)].write(to: directory)
      try FileManager.default.createSymbolicLink(atPath: directory + "/latest", withDestinationPath: "vgg38-s0")
      try FileManager.default.createSymbolicLink(atPath: directory + "/a-first", withDestinationPath: directory + "/vgg08-s0")
      #expect(try RunTraces.runs(in: directory) == ["vgg08-s0", "vgg38-s0"].map { "\(directory)/\($0)" })
      #expect(try RunSet(readingFrom: [directory]).runs.count == 2)
      // Under whatever name: the header says which run it is.
      try FileManager.default.moveItem(atPath: directory + "/vgg38-s0", toPath: directory + "/mine")
      #expect(try RunSet(readingFrom: [directory]).rows.map(\.row) == ["vgg08", "vgg38"])
      try FileManager.default.copyItem(atPath: directory + "/vgg08-s0", toPath: directory + "/vgg08-s0.bak")
      let error = #expect(throws: RunSetError.self) { try RunSet(readingFrom: [directory]) }
      let words = "\(try #require(error))"
      #expect(words.contains("\(directory)/vgg08-s0 and \(directory)/vgg08-s0.bak"), "\(words)")
    }
  }

  @Test(
    "a file that is no golden is no directory of runs; numbers of images that cannot be are none", arguments: [0, -1, 1 << 62])
  func impossible(perClass: Int) throws {
    try withDirectory { directory in
      try [FakeRun(row: "vgg08", epochs: 2)].write(to: directory)
      let path = directory + "/vgg08-s0/trace.jsonl.zst"
      #expect(throws: RunSetError.noRuns(places: [path])) { try RunSet(readingFrom: [path]) }
      let text = String(decoding: try Zstd.readFile(path, limit: 1 << 26), as: UTF8.self)
      let changed = text.replacing(/"validation_per_class":\d+/, with: "\"validation_per_class\":\(perClass)")
      #expect(changed != text)
      // What is compressed is known by its bytes, whatever the file is called.
      try AtomicFile.write(readFile(path), to: directory + "/renamed")
      #expect(try Trace(path: directory + "/renamed") == Trace(path: path))
      #expect(try TraceHeader(path: directory + "/renamed") == TraceHeader(path: path))
      #expect(RunRecord(try Trace(content: Array(changed.utf8))).validationImages == nil)
    }
  }

  @Test("a directory of goldens holds the runs that they record, and these are not judged by themselves")
  func goldens() throws {
    try withDirectory { directory in
      try [FakeRun(row: "vgg08", epochs: 2), FakeRun(row: "vgg38", epochs: 2)].write(to: directory)
      let store = GoldenStore(directory: directory + "/goldens")
      for row in ["vgg08", "vgg38"] {
        let run = GoldenRecording.Run(path: row, trace: FakeRun(row: row, epochs: 2).trace)
        try store.write(
          GoldenRecording.golden(row: row, profile: "paper", runs: [run], referenceSeed: 0, epochs: 2, reason: "for a test"))
      }
      let set = try RunSet(readingFrom: [directory + "/goldens/paper"])
      #expect(set.rows.map(\.row) == ["vgg08", "vgg38"] && set.runs.allSatisfy { $0.isGolden && $0.epochs.count == 2 })
      let engine = try EngineFindings(judging: set, byAnyIn: directory + "/goldens")
      #expect(set.rows.allSatisfy { engine.verdicts[$0.row]?.kind == .notChecked })
      // Where there are runs, files beside them are none.
      #expect(try RunTraces.goldens(in: directory) == [])
      #expect(try RunSet(readingFrom: [directory]).runs.allSatisfy { !$0.isGolden })
      // One of them by its file, beside a run's own directory.
      let one = try RunSet(readingFrom: [store.path(profile: "paper", row: "vgg38"), directory + "/vgg08-s0"])
      #expect(one.runs.map(\.isGolden) == [false, true])
      // One that was edited is none.
      let path = store.path(profile: "paper", row: "vgg08")
      let text = String(decoding: try Zstd.readFile(path, limit: 1 << 26), as: UTF8.self)
      let edited = text.replacing("\"val_accuracy\":0.45", with: "\"val_accuracy\":0.46")
      #expect(edited != text)
      try AtomicFile.write(Zstd.compress(Array(edited.utf8)), to: path)
      #expect(throws: GoldenError.self) { try RunSet(readingFrom: [directory + "/goldens/paper"]) }
    }
  }

  @Test("a run that diverged is a finding in the table and on the page; its claims are open, and the others stand")
  func diverged() throws {
    try withDirectory { directory in
      try FakeRun.quick().with("vgg38-bn-rc-1e-2") { ($0.epochs, $0.planned) = (3, 25) }.write(to: directory)
      #expect(try RunSet(readingFrom: [directory]).diverged.isEmpty)
      let diverged = DivergedRun(metric: "train_loss", epoch: 3, step: 7, found: .nan, layer: "block_0_1_conv_0")
      try diverged.write(in: directory + "/vgg38-bn-rc-1e-2-s0")
      // Beside a run that came to its end, it is an old one.
      try diverged.write(in: directory + "/vgg08-s0")
      let set = try RunSet(readingFrom: [directory])
      #expect(set.diverged.map(\.name) == ["vgg38-bn-rc-1e-2-s0"])
      let words = "it diverged in epoch 3: train_loss became nan at step 7, from block_0_1_conv_0 on"
      #expect(set.warnings == ["vgg38-bn-rc-1e-2-s0: \(words)"])
      let table = Table1(set)
      #expect(table.hasDrift && table.lines[6].remarks.contains("vgg38-bn-rc-1e-2-s0: \(words)"))
      #expect(table.lines[6].distance.detail.contains(words))
      let page = Page(set)
      #expect(page.hasFailure && page.html.contains("A run diverged") && page.html.contains(words))
      let claims = page.claims.all
      #expect(claims.filter { $0.verdict == .held }.map(\.number) == [1, 2, 3])
      #expect(claims[5].findings.contains { $0.contains(words) })
    }
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
      #expect(Table1(set).lines[0].remarks.contains { $0.contains("torn") })
      var damaged = whole
      damaged[damaged.count / 2] ^= 1
      try AtomicFile.write(damaged, to: path)
      #expect(throws: (any Error).self) { try RunSet(readingFrom: [directory]) }
    }
  }
}
