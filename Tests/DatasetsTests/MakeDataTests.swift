import Datasets
import Files
import Foundation
import Processes
import TestSupport
import Testing

/// `make data` on an archive made here instead of the official one.
@Suite("make data")
struct MakeDataTests {
  private let directory: TemporaryDirectory
  private let checksum: String
  private var partial: String { directory.path("data/cifar-100-binary.tar.gz.partial") }
  private var target: String { directory.path("data/cifar-100-binary") }

  init() throws {
    directory = try TemporaryDirectory()
    try createDirectory(directory.path("cifar-100-binary"))
    try createDirectory(directory.path("data"))
    for file in ["train.bin", "test.bin"] {
      try directory.write(Records.cifar100(perClass: 1).flatMap { $0 }, "cifar-100-binary/" + file)
    }
    _ = try Shell.run(line: "tar -czf archive.tar.gz cifar-100-binary", in: directory.path)
    let summed = try Shell.run(line: "(md5sum < archive.tar.gz || md5 -q archive.tar.gz) 2>/dev/null", in: directory.path)
    checksum = String(summed.output.prefix(32))
    try #require(checksum.count == 32)
  }

  @Test("downloads, checks and unpacks the archive, and leaves nothing else")
  func fresh() throws {
    let result = try makeData()
    #expect(result.code == 0, "\(result.output)")
    #expect(try CIFAR.load(directory: target).training.count == 100)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path("data")) == ["cifar-100-binary"])
  }

  @Test("continues a download that broke off")
  func resumed() throws {
    let archive = try readFile(directory.path("archive.tar.gz"))
    // What is there already is not fetched again: the source is blank there.
    let kept = archive.count / 2
    try directory.write(Array(archive.prefix(kept)), "data/cifar-100-binary.tar.gz.partial")
    try directory.write([UInt8](repeating: 0, count: kept) + archive.dropFirst(kept), "archive.tar.gz")
    let result = try makeData()
    #expect(result.code == 0, "\(result.output)")
    #expect(try CIFAR.load(directory: target).training.count == 100)
  }

  @Test("refuses an archive with another checksum, and removes it")
  func damaged() throws {
    var archive = try readFile(directory.path("archive.tar.gz"))
    archive[archive.count / 2] ^= 1
    try directory.write(archive, "archive.tar.gz")
    let result = try makeData()
    #expect(result.code == 2)
    #expect(result.output.contains("not \(checksum)"))
    #expect(!fileExists(target))
    #expect(!fileExists(partial))
  }

  @Test("says how to go on when the download fails")
  func unreachable() throws {
    try removeFile(directory.path("archive.tar.gz"))
    let result = try makeData()
    #expect(result.code == 2)
    #expect(result.output.contains("make data again continues it"))
    #expect(!fileExists(target))
  }

  @Test("leaves data alone that are there already")
  func present() throws {
    try createDirectory(target)
    let result = try makeData()
    #expect(result.code == 0)
    #expect(result.output.contains("is there already"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: target).isEmpty)
  }

  private func makeData() throws -> Shell.Result {
    try Shell.run(
      line: "make --no-print-directory -C '\(Shell.package.path)' data ARCHIVE_URL='file://\(directory.path("archive.tar.gz"))' "
        + "ARCHIVE_MD5=\(checksum) DATA_DIR='\(directory.path("data"))'", in: directory.path)
  }
}
