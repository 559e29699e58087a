import Datasets
import Training

/// The data that a run was made on, for commands that compute something of a run again.
enum RunDataset {
  /// - Parameter data: the directory that the caller named; otherwise the built-in data, or those of `GRADFLOW_DATA`.
  /// - Throws: `Stop` if these are not the run's data; `DatasetError`.
  static func load(for identity: RunIdentity, data: String?) throws -> Dataset {
    let dataset: Dataset
    if let data {
      dataset = try DatasetReading.dataset(in: data)
    } else if let synthetic = Synthetic(name: identity.dataName) {
      dataset = synthetic.dataset()
    } else if let directory = Environment.dataDirectory {
      dataset = try DatasetReading.dataset(in: directory)
    } else {
      throw Stop(
        .impossible, "the run was made on \(identity.dataName): say where that is with --data DIR or GRADFLOW_DATA")
    }
    guard dataset.fingerprint == identity.dataFingerprint else {
      throw Stop(
        .impossible,
        "these are other data (\(dataset.name), fingerprint \(dataset.fingerprint)) than those of the run "
          + "(\(identity.dataName), \(identity.dataFingerprint)): name theirs with --data DIR")
    }
    return dataset
  }
}
