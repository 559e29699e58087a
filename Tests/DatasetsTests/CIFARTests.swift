import Files
import TestSupport
import Testing

@testable import Datasets

@Suite("CIFAR in the official binary layout")
struct CIFARTests {
  @Test(
    "CIFAR-100 is read with its fine labels, plain or compressed, by two threads, one, or where none is to be had",
    arguments: [false, true],
    [2, 1, 0])
  func cifar100(compressed: Bool, threads: Int) throws {
    let directory = try TemporaryDirectory()
    let training = Records.cifar100(perClass: 2), test = Records.cifar100(perClass: 1, seed: 1)
    try directory.writeCIFAR100(training: training, test: test, compressed: compressed)
    let dataset = try CIFAR.load(directory: directory.path, threads: threads)

    #expect(dataset.name == "cifar-100")
    #expect(dataset.classes == 100)
    #expect(dataset.side == 32)
    #expect(dataset.training.count == 200)
    #expect(dataset.test.count == 100)
    #expect(content(dataset.training) == Set(training.map { Array($0.dropFirst()) }))
    #expect(content(dataset.test) == Set(test.map { Array($0.dropFirst()) }))
  }

  @Test("CIFAR-10 is read from its five training files")
  func cifar10() throws {
    let directory = try TemporaryDirectory()
    let training = Records.cifar10(23), test = Records.cifar10(11, seed: 1)
    try directory.writeCIFAR10(training: training, test: test)
    let dataset = try CIFAR.load(directory: directory.path)

    #expect(dataset.name == "cifar-10")
    #expect(dataset.classes == 10)
    #expect(content(dataset.training) == Set(training))
    #expect(content(dataset.test) == Set(test))
  }

  @Test("a directory that holds the archive's folder will do")
  func nested() throws {
    let directory = try TemporaryDirectory()
    try createDirectory(directory.path("cifar-100-binary"))
    let records = Records.cifar100(perClass: 1).map { $0 }
    try directory.write(records.flatMap { $0 }, "cifar-100-binary/train.bin")
    try directory.write(records.flatMap { $0 }, "cifar-100-binary/test.bin")
    #expect(try CIFAR.load(directory: directory.path).training.count == 100)
    #expect(try CIFAR.load(directory: directory.path + "/").training.count == 100)
  }

  @Test("class names come from the label file, or are numbers where it does not fit")
  func classNames() throws {
    let directory = try TemporaryDirectory()
    try directory.writeCIFAR10(training: Records.cifar10(5), test: Records.cifar10(1))
    #expect(try CIFAR.load(directory: directory.path).classNames[3] == "class 3")
    let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    try directory.write(names.joined(separator: "\n") + "\n\n", "batches.meta.txt")
    #expect(try CIFAR.load(directory: directory.path).classNames == names)
    try directory.write("cat\ndog\n", "batches.meta.txt")
    #expect(try CIFAR.load(directory: directory.path).classNames[3] == "class 3")
  }

  /// Each image's label byte and pixels.
  private func content(_ set: ImageSet) -> Set<[UInt8]> {
    Set(
      (0..<set.count).map { number in
        [UInt8(set.labels[number])] + set.pixels[number * set.imageBytes..<(number + 1) * set.imageBytes]
      })
  }
}
