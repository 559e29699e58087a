import Foundation
import FuzzedReaders
import Testing

/// What fuzzing starts from, and what it once found: read again in every run of the tests.
@Suite("The corpus of the fuzzed readers")
struct CorpusTests {
  static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus")

  @Test("every file is accepted or refused, as its name says", arguments: FuzzedReader.allCases)
  func corpus(reader: FuzzedReader) throws {
    let directory = Self.directory.appendingPathComponent(reader.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    for name in names {
      let bytes = [UInt8](try Data(contentsOf: directory.appendingPathComponent(name)))
      #expect(reader.read(bytes) == name.hasPrefix("accepted-"), "\(reader.rawValue)/\(name)")
      #expect(name.hasPrefix("accepted-") || name.hasPrefix("refused-"), "\(name)")
    }
    #expect(names.contains { $0.hasPrefix("accepted-") } && names.contains { $0.hasPrefix("refused-") })
  }

  @Test("there is a corpus for every reader, and no other")
  func everyReader() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
    #expect(folders.sorted() == FuzzedReader.allCases.map(\.rawValue).sorted())
  }
}
