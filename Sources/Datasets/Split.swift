import Randomness

/// The training images as the experiment divides them.
public struct Split: Equatable, Sendable {
  /// Numbers of training images in canonical order, ascending.
  public let training: [Int]
  public let validation: [Int]

  /// How validation images are drawn.
  public enum Kind: String, Sendable, CaseIterable {
    /// As many of each class: the report's text.
    case balanced
    /// Drawn from all images together, as in the course code, so classes differ in size by chance.
    case unbalanced
  }

  /// - Parameter perClass: validation images a class; on average, where the split is unbalanced.
  public init(of dataset: Dataset, perClass: Int, kind: Kind, seed: UInt64) throws(DatasetError) {
    switch kind {
    case .balanced: try self.init(of: dataset, perClass: perClass, seed: seed)
    case .unbalanced: try self.init(of: dataset, count: perClass * dataset.classes, seed: seed)
    }
  }

  /// Sets aside `count` images of the whole set: the first ones of a random permutation (stream `validation-split/all`,
  /// epoch 0).
  private init(of dataset: Dataset, count: Int, seed: UInt64) throws(DatasetError) {
    let all = dataset.training.count
    guard all > count else { throw .tooFewForSplit(dataset: dataset.name, found: all, needed: count) }
    let order = RandomStream(seed: seed, name: .unbalancedValidationSplit).permutation(all)
    validation = order.prefix(count).sorted()
    training = order.dropFirst(count).sorted()
  }

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
