import Digests

/// Training and test images with their classes.
public struct Dataset: Sendable {
  /// Such as `cifar-100`, or a synthetic set's specification.
  public let name: String
  public let classNames: [String]
  public let training: ImageSet
  public let test: ImageSet
  /// SHA-256 of "gradflow-dataset-v1", a zero byte, the number of classes and the side (eight bytes each,
  /// little-endian), then training and test set: count, labels and pixels in canonical order (`ImageSet.hash`).
  public let fingerprint: Digest

  public var classes: Int { classNames.count }
  public var side: Int { training.side }

  public init(name: String, classNames: [String], training: ImageSet, test: ImageSet) {
    precondition(training.side == test.side)
    self.name = name
    self.classNames = classNames
    self.training = training
    self.test = test
    var hasher = Digest.Hasher()
    hasher.update("gradflow-dataset-v1\0")
    hasher.update(littleEndian: UInt64(classNames.count))
    hasher.update(littleEndian: UInt64(training.side))
    training.hash(into: &hasher)
    test.hash(into: &hasher)
    fingerprint = hasher.finalize()
  }
}
