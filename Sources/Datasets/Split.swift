import Randomness

/// The training images as the experiment divides them.
public struct Split: Equatable, Sendable {
  /// Numbers of training images in canonical order, ascending.
  public let training: [Int]
  public let validation: [Int]

  /// Sets aside `perClass` images of each class: the first ones of a random permutation of the class's images (stream
  /// `validation-split/CLASS`, epoch 0).
  public init(of dataset: Dataset, perClass: Int, seed: UInt64) throws(DatasetError) {
    var byClass = [[Int]](repeating: [], count: dataset.classes)
    for (number, label) in dataset.training.labels.enumerated() { byClass[Int(label)].append(number) }
    var chosen: [Int] = []
    for (label, numbers) in byClass.enumerated() {
      guard numbers.count > perClass else {
        throw .tooFewImages(dataset: dataset.name, label: label, found: numbers.count, needed: perClass)
      }
      let order = RandomStream(seed: seed, name: .validationSplit(class: label)).permutation(numbers.count)
      chosen += order.prefix(perClass).map { numbers[$0] }
    }
    let set = Set(chosen)
    validation = chosen.sorted()
    training = (0..<dataset.training.count).filter { !set.contains($0) }
  }
}
