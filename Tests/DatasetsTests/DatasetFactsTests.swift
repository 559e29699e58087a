import Datasets
import Foundation
import TestSupport
import Testing

@Suite("What a dataset is")
struct DatasetFactsTests {
  @Test("mean and deviation per channel are those of pixels / 255")
  func statistics() {
    var generator = Generator(seed: 3)
    let pixels = (0..<5 * 48).map { _ in generator.byte() }
    let set = ImageSet(side: 4, labels: [0, 1, 2, 3, 4], pixels: pixels)
    for channel in 0..<3 {
      let values = (0..<5).flatMap { image in (0..<16).map { Double(pixels[image * 48 + channel * 16 + $0]) / 255 } }
      let mean = values.reduce(0, +) / 80
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 80
      #expect(abs(set.channelStatistics[channel].mean - mean) < 1e-12)
      #expect(abs(set.channelStatistics[channel].deviation - variance.squareRoot()) < 1e-12)
    }
  }

  @Test("a part of the official set is not whole, and it is told what is missing")
  func partial() {
    let problems = DatasetVerification(smallDataset(perClass: [5, 3])).problems
    #expect(
      problems == [
        "8 training images; the official set has 50000",
        "class 0 has 5 training images; the official set has 25000, and 1 other classes differ too",
        "1 test images; the official set has 10000",
        "class 0 has 1 test images; the official set has 5000, and 1 other classes differ too",
      ])
  }

  @Test("of a single class that is not whole, no others are told")
  func oneClass() {
    func set(_ count: Int) -> ImageSet {
      ImageSet(side: 1, labels: (0..<count).map { UInt16($0 % 2) }, pixels: .init(repeating: 0, count: 3 * count))
    }
    let dataset = Dataset(name: "two", classNames: ["a", "b"], training: set(49_999), test: set(10_000))
    #expect(
      DatasetVerification(dataset).problems == [
        "49999 training images; the official set has 50000",
        "class 1 has 24999 training images; the official set has 25000",
      ])
  }

  @Test("50,000 + 10,000 images that are not CIFAR-100's are not whole")
  func foreign() {
    func set(_ count: Int) -> ImageSet {
      ImageSet(side: 1, labels: (0..<count).map { UInt16($0 % 100) }, pixels: .init(repeating: 0, count: 3 * count))
    }
    let names = (0..<100).map { "\($0)" }
    func problems(_ name: String) -> [String] {
      DatasetVerification(Dataset(name: name, classNames: names, training: set(50_000), test: set(10_000))).problems
    }
    #expect(problems("cifar-100").count == 1)
    #expect(problems("cifar-100").first?.contains(DatasetVerification.officialCIFAR100) == true)
    #expect(problems("another").isEmpty)
  }
}

/// Needs the real data: GRADFLOW_DATA=DIR swift test --filter RealDataTests
@Suite("Real CIFAR-100", .enabled(if: ProcessInfo.processInfo.environment["GRADFLOW_DATA"] != nil))
struct RealDataTests {
  @Test("is whole, and has the known statistics and a balanced split")
  func facts() throws {
    let path = try #require(ProcessInfo.processInfo.environment["GRADFLOW_DATA"])
    let dataset = try CIFAR.load(directory: path)
    #expect(DatasetVerification(dataset).problems == [])
    let known = [(0.507075, 0.267334), (0.486549, 0.256438), (0.440918, 0.276150)]
    for (found, known) in zip(dataset.training.channelStatistics, known) {
      #expect(abs(found.mean - known.0) < 5e-7)
      #expect(abs(found.deviation - known.1) < 5e-7)
    }
    let split = try Split(of: dataset, perClass: 25, seed: 0)
    #expect(split.training.count == 47_500)
    #expect(split.validation.count == 2500)
    var counts = [Int](repeating: 0, count: 100)
    for number in split.validation { counts[Int(dataset.training.labels[number])] += 1 }
    #expect(counts == [Int](repeating: 25, count: 100))
  }
}
