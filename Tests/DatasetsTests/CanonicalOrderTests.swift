import Digests
import TestSupport
import Testing

@testable import Datasets

@Suite("Canonical order and fingerprint")
struct CanonicalOrderTests {
  @Test("shuffling the records in the files changes neither fingerprint, split nor batches", arguments: 1...3)
  func shuffled(seed: UInt64) throws {
    let training = Records.cifar100(perClass: 4), test = Records.cifar100(perClass: 1, seed: 1)
    var generator = Generator(seed: seed)
    let shuffledTraining = generator.shuffled(training), shuffledTest = generator.shuffled(test)
    try #require(shuffledTraining != training && shuffledTest != test)
    let original = try load(training, test), shuffled = try load(shuffledTraining, shuffledTest)

    #expect(original.fingerprint == shuffled.fingerprint)
    #expect(original.training.labels == shuffled.training.labels)
    #expect(original.training.pixels == shuffled.training.pixels)
    #expect(original.test.pixels == shuffled.test.pixels)
    #expect(try Split(of: original, perClass: 2, seed: 5) == Split(of: shuffled, perClass: 2, seed: 5))
    #expect(try batch(of: original) == batch(of: shuffled))
  }

  @Test("records that go from one file of CIFAR-10 to another change nothing")
  func movedBetweenFiles() throws {
    let training = Records.cifar10(20), test = Records.cifar10(3, seed: 1)
    let (first, second) = (try TemporaryDirectory(), try TemporaryDirectory())
    try first.writeCIFAR10(training: training, test: test)
    try second.writeCIFAR10(training: training.reversed(), test: test.reversed())
    #expect(try CIFAR.load(directory: first.path).fingerprint == CIFAR.load(directory: second.path).fingerprint)
  }

  @Test("images are sorted by label, then by their bytes")
  func order() {
    var generator = Generator(seed: 9)
    // Few values and long common beginnings: ties reach every byte.
    let images = (0..<400).map { _ in
      let label = UInt16(generator.next() % 3)
      return (label, (0..<12).map { UInt8($0 < 8 ? 200 : generator.next() % 2 * 255) })
    }
    let sorted = images.sorted { a, b in a.0 != b.0 ? a.0 < b.0 : a.1.lexicographicallyPrecedes(b.1) }
    let set = ImageSet(side: 2, labels: images.map(\.0), pixels: images.flatMap(\.1))
    #expect(set.labels == sorted.map(\.0))
    #expect(set.pixels == sorted.flatMap(\.1))
  }

  @Test("every byte of an image counts for the order, to the last of its blue plane", arguments: [1, 2, 5, 32])
  func everyByte(side: Int) {
    let size = 3 * side * side
    for place in Set([0, 1, 5, 6, size / 3 - 1, size / 3, 2 * size / 3 - 1, 2 * size / 3, size - 2, size - 1]) where place < size
    {
      // Alike but for one byte, the larger first.
      let images = [200, 7, 100].map { byte in (0..<size).map { $0 == place ? UInt8(byte) : 50 } }
      let set = ImageSet(side: side, labels: [4, 4, 4], pixels: images.flatMap { $0 })
      #expect(set.pixels == (images[1] + images[2] + images[0]), "byte \(place)")
    }
  }

  @Test("the fingerprint is SHA-256 of the documented bytes")
  func fingerprint() {
    let training = ImageSet(side: 1, labels: [300, 2], pixels: [9, 8, 7, 1, 2, 3])
    let test = ImageSet(side: 1, labels: [1], pixels: [4, 5, 6])
    let dataset = Dataset(name: "any", classNames: ["a", "b", "c"], training: training, test: test)
    func word(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0, 0, 0, 0, 0] }
    let bytes: [UInt8] =
      Array("gradflow-dataset-v1".utf8) + [0] + word(3) + word(1)
      + word(2) + [2, 0, 44, 1] + [1, 2, 3, 9, 8, 7]
      + word(1) + [1, 0] + [4, 5, 6]
    #expect(dataset.fingerprint == bytes.withUnsafeBytes { Digest(of: $0) })
  }

  @Test(
    "what is read from files, plain or compressed, has the order and fingerprint of a slow reference", arguments: [false, true])
  func reference(compressed: Bool) throws {
    var generator = Generator(seed: 3)
    let sets = [generator.shuffled(Records.cifar100(perClass: 3)), generator.shuffled(Records.cifar100(perClass: 1, seed: 1))]
    let directory = try TemporaryDirectory()
    try directory.writeCIFAR100(training: sets[0], test: sets[1], compressed: compressed)
    let dataset = try CIFAR.load(directory: directory.path)

    // Without the coarse label, records sort as the images do: by label, then by bytes.
    let sorted = sets.map { $0.map { Array($0.dropFirst()) }.sorted { $0.lexicographicallyPrecedes($1) } }
    func word(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var bytes = Array("gradflow-dataset-v1".utf8) + [0] + word(100) + word(32)
    for records in sorted { bytes += word(records.count) + records.flatMap { [$0[0], 0] } + records.flatMap { $0.dropFirst() } }
    #expect(dataset.training.pixels == sorted[0].flatMap { Array($0.dropFirst()) })
    #expect(dataset.test.labels == sorted[1].map { UInt16($0[0]) })
    #expect(dataset.fingerprint == bytes.withUnsafeBytes { Digest(of: $0) })
  }

  @Test("the fingerprint changes with any pixel, any label, the set that an image is in, and the number of classes")
  func sensitivity() {
    func fingerprint(
      _ labels: [UInt16] = [0, 1], _ pixels: [UInt8] = [1, 2, 3, 4, 5, 6], test: [UInt8] = [7, 8, 9], classes: Int = 2
    ) -> Digest {
      Dataset(
        name: "any", classNames: (0..<classes).map { "\($0)" },
        training: ImageSet(side: 1, labels: labels, pixels: pixels), test: ImageSet(side: 1, labels: [0], pixels: test)
      ).fingerprint
    }
    let all = [
      fingerprint(), fingerprint([1, 0]), fingerprint([0, 1], [1, 2, 3, 4, 5, 7]), fingerprint(test: [7, 8, 10]),
      fingerprint([0, 1], [7, 8, 9, 4, 5, 6], test: [1, 2, 3]), fingerprint(classes: 3),
    ]
    #expect(Set(all).count == all.count)
  }

  private func load(_ training: [[UInt8]], _ test: [[UInt8]]) throws -> Dataset {
    let directory = try TemporaryDirectory()
    try directory.writeCIFAR100(training: training, test: test)
    return try CIFAR.load(directory: directory.path)
  }

  /// The first training images, augmented, as a network sees them.
  private func batch(of dataset: Dataset) throws -> [Float] {
    let split = try Split(of: dataset, perClass: 2, seed: 5)
    let plan = AugmentationPlan(seed: 5, epoch: 1, padding: 4, flips: true)
    let normalisation = Normalisation()
    return split.training.prefix(10).flatMap { number in
      let choice = plan.choice(for: number)
      return [Float](unsafeUninitializedCapacity: 3072) { pixels, count in
        normalisation.write(
          dataset.training, number, down: choice.down, right: choice.right, flipped: choice.flipped,
          to: pixels.baseAddress!)
        count = 3072
      }
    }
  }
}
