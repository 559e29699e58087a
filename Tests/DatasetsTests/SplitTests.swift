import Datasets
import Randomness
import Testing

@Suite("The validation split")
struct SplitTests {
  private let dataset = smallDataset(perClass: [10, 4, 30, 7])

  @Test("takes as many images of every class", arguments: [0, 1, 3])
  func balanced(perClass: Int) throws {
    let split = try Split(of: dataset, perClass: perClass, seed: 3)
    for label in 0..<4 {
      #expect(split.validation.filter { dataset.training.labels[$0] == label }.count == perClass)
    }
  }

  @Test("puts every image into exactly one part, ascending")
  func partition() throws {
    let split = try Split(of: dataset, perClass: 3, seed: 3)
    #expect((split.training + split.validation).sorted() == Array(0..<51))
    #expect(split.training == split.training.sorted())
    #expect(split.validation == split.validation.sorted())
  }

  @Test("is the documented function of the seed", arguments: [0, 7] as [UInt64])
  func documented(seed: UInt64) throws {
    var expected: [Int] = []
    var first = 0
    for (label, count) in [10, 4, 30, 7].enumerated() {
      let stream = RandomStream(seed: seed, name: .validationSplit(class: label), epoch: 0)
      var order = Array(first..<first + count)
      for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, stream.integer(below: i + 1, at: UInt64(i))) }
      expected += order.prefix(3)
      first += count
    }
    #expect(try Split(of: dataset, perClass: 3, seed: seed).validation == expected.sorted())
  }

  @Test("unbalanced, is the documented function of the seed, and takes of some classes more", arguments: [0, 7] as [UInt64])
  func unbalanced(seed: UInt64) throws {
    let stream = RandomStream(seed: seed, name: .unbalancedValidationSplit, epoch: 0)
    var order = Array(0..<51)
    for i in stride(from: 50, to: 0, by: -1) { order.swapAt(i, stream.integer(below: i + 1, at: UInt64(i))) }
    let split = try Split(of: dataset, perClass: 3, kind: .unbalanced, seed: seed)
    #expect(split.validation == order.prefix(12).sorted())
    #expect((split.training + split.validation).sorted() == Array(0..<51) && split.training == split.training.sorted())
    #expect(Set((0..<4).map { label in split.validation.count { dataset.training.labels[$0] == label } }).count > 1)
  }

  @Test("unbalanced, must leave an image to train with")
  func unbalancedTooFew() {
    #expect(throws: DatasetError.tooFewForSplit(dataset: "small", found: 51, needed: 52)) {
      _ = try Split(of: dataset, perClass: 13, kind: .unbalanced, seed: 0)
    }
  }

  @Test("differs between seeds, and does not between calls")
  func seeds() throws {
    let splits = try (0..<5).map { try Split(of: dataset, perClass: 3, seed: $0).validation }
    #expect(Set(splits).count == 5)
    #expect(try Split(of: dataset, perClass: 3, seed: 0).validation == splits[0])
  }

  @Test("chooses any image of a class as often as another")
  func uniform() throws {
    var counts = [Int](repeating: 0, count: 51)
    for seed in 0..<600 as Range<UInt64> {
      for number in try Split(of: dataset, perClass: 2, seed: seed).validation { counts[number] += 1 }
    }
    // 600 draws at 2 of 10: 120 expected, standard deviation 9.8.
    for number in 0..<10 { #expect((75...165).contains(counts[number]), "image \(number): \(counts[number])") }
  }

  @Test("refuses a class that would have no training image left", arguments: [4, 5])
  func tooFew(perClass: Int) {
    #expect(
      failure { try Split(of: dataset, perClass: perClass, seed: 0) }
        == .tooFewImages(dataset: "small", label: 1, found: 4, needed: perClass))
  }

  @Test("refuses a class without images")
  func emptyClass() {
    #expect(
      failure { try Split(of: smallDataset(perClass: [3, 0, 3]), perClass: 1, seed: 0) }
        == .tooFewImages(dataset: "small", label: 1, found: 0, needed: 1))
  }
}
