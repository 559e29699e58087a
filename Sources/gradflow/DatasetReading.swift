import Datasets
import SystemLimits

/// Reads datasets where users say they are.
enum DatasetReading {
  /// Reads a dataset, if there is the memory for it: its files as they are and decompressed, and the images.
  static func dataset(in directory: String) throws -> Dataset {
    try OutOfMemory.check(
      "the images in \(directory)", need: 3 * Double(CIFAR.fileBytes(in: directory)), against: .now(threads: 2),
      advice: "take a machine or a limit with more")
    return try CIFAR.load(directory: directory)
  }
}
