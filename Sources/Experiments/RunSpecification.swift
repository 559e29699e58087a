import Datasets
import Kernels
import Layers
import Networks
import Traces
import Training

/// One run of a matrix: a row, a seed, a profile and data.
public struct RunSpecification: Sendable {
  public var row: ExperimentRow
  public var profile: Profile
  public var seed: UInt64
  public var epochs: Int
  public var settings: TrainingSettings

  /// - Parameters:
  ///   - epochs: instead of the row's or the profile's.
  public init(
    row: ExperimentRow, profile: Profile, seed: UInt64, dataset: Dataset, epochs: Int? = nil,
    batchNormStatistics: BatchNormStatistics = .running
  ) {
    self.row = row
    self.profile = profile
    self.seed = seed
    self.epochs = epochs ?? row.epochs ?? profile.epochs
    settings = row.settings(profile: profile, classes: dataset.classes, side: dataset.side)
    settings.batchNormStatistics = batchNormStatistics
  }

  /// Why there can be no such run, as far as its settings tell; `nil` if they do not.
  public var problem: String? { settings.problem ?? settings.problem(epochs: epochs) }

  /// What its training computes, in multiply-adds: to divide runs among jobs by.
  ///
  /// - Parameter images: for training.
  public func work(images: Int) -> Double {
    let work = NetworkWork(settings.network)
    return Double(epochs) * Double(images) * (work.forwardMultiplyAdds + work.gradientMultiplyAdds)
  }

  public func identity(dataset: Dataset) -> RunIdentity {
    RunIdentity(
      row: row.id, profile: profile.rawValue, seed: seed, dataName: dataset.name,
      dataFingerprint: dataset.fingerprint, settings: settings)
  }

  /// As its directory is called.
  public var name: String { runName(row: row.id, seed: seed) }

  public func directory(out: String) -> RunDirectory { RunDirectory(out: out, row: row.id, seed: seed) }
}
