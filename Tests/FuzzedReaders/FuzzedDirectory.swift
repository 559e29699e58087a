import Datasets
import Files
import Foundation

extension FuzzedReader {
  /// A training set and a test set as they lie in a directory. The first byte says which kind they are and whether they are
  /// compressed, the second how many of the bytes that follow, in 256ths, are the training set's.
  static func readCIFAR(_ bytes: [UInt8]) throws {
    guard bytes.count >= 2 else { throw DatasetError.empty(path: "file") }
    let content = bytes.dropFirst(2)
    let cut = content.startIndex + content.count * Int(bytes[1]) / 256
    let (training, test) = bytes[0] & 1 == 0 ? ("train.bin", "test.bin") : ("data_batch_1.bin", "test_batch.bin")
    let suffix = bytes[0] & 2 == 0 ? "" : ".zst"
    let directory = FuzzedDirectory.shared.path
    var files = [(training, Array(content[..<cut])), (test, Array(content[cut...]))]
    // The other batches of CIFAR-10 repeat the first.
    if bytes[0] & 1 == 1 { files += (2...5).map { ("data_batch_\($0).bin", Array(content[..<cut])) } }
    defer { for (name, _) in files { try? FileManager.default.removeItem(atPath: "\(directory)/\(name)\(suffix)") } }
    for (name, content) in files {
      try Data(content).write(to: URL(fileURLWithPath: "\(directory)/\(name)\(suffix)"))
    }
    // On one thread: starting and joining another takes longer than all the rest, and beside other work many times as long.
    let dataset = try CIFAR.load(directory: directory, threads: 1)
    for images in [dataset.training, dataset.test] {
      precondition(images.count > 0 && images.labels.count == images.count, "other labels than images")
      precondition(images.labels.allSatisfy { $0 < dataset.classNames.count }, "a label beyond the classes")
    }
  }
}

/// A directory for the files of one process; it goes with the process.
private final class FuzzedDirectory: Sendable {
  static let shared = FuzzedDirectory()
  let path: String

  private init() {
    // In memory, where the system has such a place: every input makes and removes files.
    let memory = "/dev/shm"
    let place =
      FileManager.default.isWritableFile(atPath: memory) ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
    path = place.appendingPathComponent("fuzz-\(UUID().uuidString)").path
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: FuzzedDirectory.shared.path) }
  }
}
