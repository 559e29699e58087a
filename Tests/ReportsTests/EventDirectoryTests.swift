import Files
import Foundation
import TestSupport
import Testing
import Traces

@testable import Reports

@Suite("Event files only grow, since a TensorBoard that is open reads on from where it was")
struct EventDirectoryTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.path("events") }

  init() throws { directory = try TemporaryDirectory() }

  private func trace(epochs: Int) throws -> Trace { try FakeRun(row: "vgg08", epochs: epochs).record().trace }

  private func number(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
  }

  @Test("epochs made since are appended to the same file, once; a torn end is completed")
  func growing() throws {
    let whole = EventFile.bytes(try trace(epochs: 3))
    let file = "\(path)/\(EventFile.name)"
    try createDirectory(path)
    var numbers: Set<Int?> = []
    // Some bytes, the beginning of a record, all but the last byte.
    for length in [0, 1, 40, whole.count / 2, whole.count - 1, whole.count] {
      if length == 0 { try AtomicFile.write([UInt8](), to: file) }
      let there = try readFile(file).count
      if length > there {
        let growing = try AppendFile(opening: file)
        try growing.append(Array(whole[there..<length]))
      }
      numbers.insert(try number(file))
      if length == whole.count / 2 || length == whole.count {
        #expect(try EventDirectory(path).add(trace(epochs: 3)) == file)
        #expect(try readFile(file) == whole)
        numbers.insert(try number(file))
      }
    }
    #expect(numbers.count == 1)
    #expect(try directoryEntries(path) == [EventFile.name])
  }

  @Test("what the run left before it was begun anew stays as it is; the next file is read after it and says that it begins anew")
  func anew() throws {
    let first = try EventDirectory(path).add(trace(epochs: 3))
    let before = try readFile(first)
    func begun() throws -> Trace {
      var run = FakeRun(row: "vgg08", epochs: 2)
      run.trainLoss += 1
      return try run.record().trace
    }
    let other = try begun()
    let second = try EventDirectory(path).add(other)
    #expect(try readFile(first) == before && second > first)
    #expect(try readFile(second) == EventFile.bytes(other, begins: true))
    #expect(try EventDirectory(path).add(begun()) == second)
    #expect(try directoryEntries(path) == [first, second].map { String($0.dropFirst(path.count + 1)) })
    let third = try EventDirectory(path).add(trace(epochs: 3))
    #expect(third > second)
  }

  @Test("another run's events are refused, as they would end the curves of the one that is there")
  func otherRun() throws {
    let file = try EventDirectory(path).add(trace(epochs: 3))
    let before = try readFile(file)
    var other = FakeRun(row: "vgg08", epochs: 3)
    other.seed = 1
    let wanted = try other.record().trace
    #expect(throws: OtherRunsEvents(path: path, found: "vgg08-s0", wanted: "vgg08-s1")) { try EventDirectory(path).add(wanted) }
    #expect(try readFile(file) == before && directoryEntries(path) == [EventFile.name])
  }

  @Test(
    "a figure's file has a name of its own in its directory, whatever its row is called",
    arguments: [
      ("heat-map-vgg08", "heat-map-vgg08.svg"), ("a/b", "a%2Fb.svg"), ("../../x", "%2E.%2F..%2Fx.svg"), ("a%2Fb", "a%252Fb.svg"),
      ("a\u{0}\u{1b}b", "a%00%1Bb.svg"), ("tief-ü", "tief-ü.svg"), (".", "%2E.svg"),
    ])
  func figureName(name: String, file: String) {
    #expect(Figure.fileName(name) == file)
  }

  @Test("names that are too long for a file stay different")
  func longNames() {
    let long = String(repeating: "ü", count: 300)
    let names = Set(["a", "b"].map { Figure.fileName(long + $0) })
    #expect(names.count == 2 && names.allSatisfy { $0.utf8.count <= 250 && $0.hasSuffix(".svg") })
  }
}
