import Datasets
import Files
import Foundation
import TestSupport

/// Records in CIFAR's layouts. Every third image begins with the same pixels, so that their order is decided late.
enum Records {
  static func pixels(_ index: Int, seed: UInt64 = 0) -> [UInt8] {
    var generator = Generator(seed: seed &* 1000 &+ UInt64(index))
    var pixels = (0..<3072).map { _ in generator.byte() }
    if index % 3 == 0 { for place in 0..<100 { pixels[place] = 255 } }
    return pixels
  }

  static func cifar100(perClass: Int, seed: UInt64 = 0) -> [[UInt8]] {
    (0..<100 * perClass).map { [UInt8($0 % 20), UInt8($0 % 100)] + pixels($0, seed: seed) }
  }

  static func cifar10(_ count: Int, seed: UInt64 = 0) -> [[UInt8]] {
    (0..<count).map { [UInt8($0 % 10)] + pixels($0, seed: seed) }
  }
}

extension TemporaryDirectory {
  func writeCIFAR100(training: [[UInt8]], test: [[UInt8]], compressed: Bool = false) throws {
    for (name, records) in [("train.bin", training), ("test.bin", test)] {
      let bytes = records.flatMap { $0 }
      try write(compressed ? Zstd.compress(bytes, level: 1) : bytes, compressed ? name + ".zst" : name)
    }
  }

  /// Training records go to the five files in turn.
  func writeCIFAR10(training: [[UInt8]], test: [[UInt8]]) throws {
    for file in 0..<5 {
      let part = training.enumerated().filter { $0.offset % 5 == file }.flatMap(\.element)
      try write(part, "data_batch_\(file + 1).bin")
    }
    try write(test.flatMap { $0 }, "test_batch.bin")
  }
}

/// The error that `body` throws, if it is a `DatasetError`.
func failure(_ body: () throws -> some Any) -> DatasetError? { failure(DatasetError.self, body) }

/// A small set of any size: images of side 2, `perClass[c]` of class c.
func smallDataset(perClass: [Int], seed: UInt64 = 1) -> Dataset {
  var generator = Generator(seed: seed)
  let labels = perClass.enumerated().flatMap { [UInt16](repeating: UInt16($0.offset), count: $0.element) }
  let training = ImageSet(side: 2, labels: labels, pixels: labels.flatMap { _ in (0..<12).map { _ in generator.byte() } })
  let test = ImageSet(side: 2, labels: [0], pixels: [UInt8](repeating: 7, count: 12))
  return Dataset(name: "small", classNames: perClass.indices.map { "c\($0)" }, training: training, test: test)
}
