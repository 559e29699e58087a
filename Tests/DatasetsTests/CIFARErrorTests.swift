import Files
import TestSupport
import Testing

@testable import Datasets

@Suite("Data that cannot be used are refused with the facts and the remedy")
struct CIFARErrorTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.writeCIFAR100(training: Records.cifar100(perClass: 1), test: Records.cifar100(perClass: 1))
  }

  private func load() -> DatasetError? { failure { try CIFAR.load(directory: directory.path) } }

  @Test("the files that the other tests damage are fine before")
  func control() throws {
    #expect(load() == nil)
  }

  @Test("a directory that does not exist", arguments: ["", "nowhere"])
  func missingDirectory(name: String) throws {
    let path = name.isEmpty ? "" : directory.path(name)
    let error = failure { try CIFAR.load(directory: path) }
    #expect(error == .missingDirectory(path: path))
    #expect(error?.description.contains("make data") == true)
    // A sentence without its subject says nothing.
    #expect(error?.description.hasPrefix(name.isEmpty ? "\"\": there" : path + ": there") == true)
  }

  @Test("a file instead of a directory")
  func notADirectory() throws {
    let path = directory.path("train.bin")
    #expect(failure { try CIFAR.load(directory: path) } == .notADirectory(path: path))
  }

  @Test("a directory without data names what is expected")
  func noData() throws {
    let empty = try TemporaryDirectory()
    let error = failure { try CIFAR.load(directory: empty.path) }
    #expect(error == .noData(path: empty.path))
    #expect(error?.description.contains("train.bin, test.bin") == true)
  }

  @Test("the files for Python, in their folder or beside it, are told as what they are", arguments: ["", "cifar-100-python/"])
  func python(folder: String) throws {
    let other = try TemporaryDirectory()
    if !folder.isEmpty { try createDirectory(other.path("cifar-100-python")) }
    for name in ["meta", "train", "test"] { try other.write([0x80, 2], folder + name) }
    let error = failure { try CIFAR.load(directory: other.path) }
    let place = folder.isEmpty ? other.path : other.path("cifar-100-python")
    #expect(error == .otherForm(path: other.path, file: place, form: .python))
    #expect(error?.description.contains("cifar-100-binary.tar.gz") == true && error?.description.contains("Python") == true)
  }

  @Test("an archive that is not unpacked is told as that, named itself or by its directory", arguments: ["binary", "python"])
  func archive(version: String) throws {
    let other = try TemporaryDirectory()
    let path = other.path("cifar-100-\(version).tar.gz")
    try other.write([0x1f, 0x8b], "cifar-100-\(version).tar.gz")
    for directory in [other.path, path] {
      let error = failure { try CIFAR.load(directory: directory) }
      #expect(error == .otherForm(path: directory, file: path, form: .archive))
      let words = "\(String(describing: error?.description))"
      #expect(words.contains("unpack it") && words.contains("version for Python") == (version == "python"), "\(words)")
    }
  }

  @Test("a pointer of Git LFS or a web page in the place of a file is named")
  func otherFile() throws {
    try directory.write("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "train.bin")
    #expect(
      load() == .otherForm(path: directory.path("train.bin"), file: directory.path("train.bin"), form: .otherFile(.gitLFSPointer))
    )
    #expect(load()?.description.contains("git lfs pull") == true)
    // A file of a MiB or more is data, whatever it begins with.
    let long = Array("version https://git-lfs.github.com/spec/v1\n".utf8) + [UInt8](repeating: 0, count: (1 << 20) - 43)
    try directory.write(long, "train.bin")
    #expect(load() == .partialRecord(path: directory.path("train.bin"), bytes: 1 << 20, recordBytes: 3074))
  }

  @Test("a missing file is named", arguments: ["train.bin", "test.bin"])
  func missingFile(name: String) throws {
    try removeFile(directory.path(name))
    #expect(load() == .missingFile(path: directory.path(name)))
  }

  @Test("a missing batch of CIFAR-10 is named")
  func missingBatch() throws {
    let ten = try TemporaryDirectory()
    try ten.writeCIFAR10(training: Records.cifar10(5), test: Records.cifar10(1))
    try removeFile(ten.path("data_batch_4.bin"))
    #expect(failure { try CIFAR.load(directory: ten.path) } == .missingFile(path: ten.path("data_batch_4.bin")))
  }

  @Test("both datasets in one directory")
  func bothKinds() throws {
    try directory.write(Records.cifar10(1)[0], "test_batch.bin")
    #expect(load() == .ambiguous(path: directory.path, files: ["cifar-100", "cifar-10"]))
  }

  @Test("a file both plain and compressed")
  func bothForms() throws {
    try directory.write(Zstd.compress([1, 2, 3]), "train.bin.zst")
    #expect(load() == .ambiguous(path: directory.path, files: ["train.bin", "train.bin.zst"]))
  }

  @Test("of two files that cannot be used, the training set's is told, though both are read at the same time")
  func bothUnusable() throws {
    try directory.write([1], "test.bin")
    try directory.write([1, 2], "train.bin")
    #expect(load() == .partialRecord(path: directory.path("train.bin"), bytes: 2, recordBytes: 3074))
  }

  @Test("a directory in a file's place")
  func directoryForFile() throws {
    try removeFile(directory.path("test.bin"))
    try createDirectory(directory.path("test.bin"))
    #expect(load() == .unreadable(.isDirectory(path: directory.path("test.bin"))))
  }

  @Test("an empty file", arguments: [false, true])
  func empty(compressed: Bool) throws {
    try removeFile(directory.path("test.bin"))
    try directory.write(compressed ? Zstd.compress([]) : [], compressed ? "test.bin.zst" : "test.bin")
    #expect(load() == .empty(path: directory.path(compressed ? "test.bin.zst" : "test.bin")))
  }

  @Test("a cut or extended file: the message tells the byte where whole records end", arguments: [1, 3073, -1, -3073])
  func partialRecord(change: Int) throws {
    var bytes = Records.cifar100(perClass: 1).flatMap { $0 }
    if change < 0 { bytes.removeLast(-change) } else { bytes += [UInt8](repeating: 1, count: change) }
    try directory.write(bytes, "train.bin")
    let error = load()
    #expect(error == .partialRecord(path: directory.path("train.bin"), bytes: bytes.count, recordBytes: 3074))
    #expect(error?.description.contains("from byte \(bytes.count / 3074 * 3074) on") == true)
  }

  @Test("a label out of range is told with its record and byte", arguments: [100, 255])
  func label(value: Int) throws {
    var records = Records.cifar100(perClass: 1)
    records[42][1] = UInt8(value)
    try directory.write(records.flatMap { $0 }, "test.bin")
    #expect(
      load()
        == .label(path: directory.path("test.bin"), record: 42, offset: 42 * 3074 + 1, found: value, classes: 100))
  }

  @Test("a coarse label out of range, too")
  func coarseLabel() throws {
    var records = Records.cifar100(perClass: 1)
    records[7][0] = 20
    try directory.write(records.flatMap { $0 }, "train.bin")
    #expect(
      load()
        == .coarseLabel(path: directory.path("train.bin"), record: 7, offset: 7 * 3074, found: 20, classes: 20))
  }

  @Test("a label of CIFAR-10 out of range")
  func labelOfTen() throws {
    let ten = try TemporaryDirectory()
    var records = Records.cifar10(10)
    records[6][0] = 10
    try ten.writeCIFAR10(training: records, test: Records.cifar10(1))
    #expect(
      failure { try CIFAR.load(directory: ten.path) }
        == .label(path: ten.path("data_batch_2.bin"), record: 1, offset: 3073, found: 10, classes: 10))
  }

  @Test("a compressed file that was cut off")
  func truncatedCompression() throws {
    let name = try compressedTraining { $0.removeLast($0.count / 3) }
    #expect(load() == .damaged(.truncated(name: name, offset: 0)))
  }

  @Test("a compressed file with a changed byte")
  func damagedCompression() throws {
    let name = try compressedTraining { $0[$0.count / 2] ^= 0x40 }
    guard case .damaged(.damaged(let found, 0, _)) = load() else {
      Issue.record("\(String(describing: load()))")
      return
    }
    #expect(found == name)
  }

  @Test("a file that only pretends to be compressed")
  func notCompressed() throws {
    let name = try compressedTraining { $0 = [UInt8](repeating: 5, count: 3074) }
    #expect(load() == .damaged(.notZstd(name: name)))
  }

  /// Replaces train.bin by a damaged train.bin.zst, and returns its path.
  private func compressedTraining(_ damage: (inout [UInt8]) -> Void) throws -> String {
    try removeFile(directory.path("train.bin"))
    var bytes = Zstd.compress(Records.cifar100(perClass: 1).flatMap { $0 }, level: 1)
    damage(&bytes)
    try directory.write(bytes, "train.bin.zst")
    return directory.path("train.bin.zst")
  }

  @Test("any prefix of a compressed file is refused, not a crash")
  func prefixes() throws {
    let ten = try TemporaryDirectory()
    try ten.writeCIFAR10(training: Records.cifar10(5), test: Records.cifar10(1))
    try removeFile(ten.path("test_batch.bin"))
    let bytes = Zstd.compress([UInt8](repeating: 0, count: 3073))
    for length in 0..<bytes.count {
      try ten.write(Array(bytes.prefix(length)), "test_batch.bin.zst")
      #expect(failure { try CIFAR.load(directory: ten.path) } != nil, "\(length) bytes of \(bytes.count)")
    }
  }
}
