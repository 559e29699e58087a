import Digests
import Files
import Kernels
import Layers
import Networks
import Traces

/// The weights of a run's best epoch, as the run left them in `best.safetensors`, to be evaluated again: with the statistics
/// that the run evaluated with, or with others. The run itself is only read.
public final class BestWeights {
  /// What an evaluation of one set gave: means over its examples; the accuracy is a fraction.
  public struct Result: Equatable, Sendable {
    public let loss: Double
    public let accuracy: Double
  }

  public let identity: RunIdentity
  /// The epoch that the weights are of, counted from 0.
  public let epoch: Int
  private let step: TrainingStep

  /// Reads the weights.
  ///
  /// - Parameters:
  ///   - source: the run's data: its dataset, split by its seed.
  ///   - trace: the run's own.
  ///   - exampleWeight: the share of an image's own statistics in batch norm's; the run's if it is `nil`. From 0 to 1.
  /// - Throws: `BestWeightsError`; `SafeTensorsError`, `WeightFileError`, `FileError` for a file that cannot be used.
  public init(
    _ identity: RunIdentity, source: any BatchSource, backend: Backend, directory: RunDirectory, trace: Trace,
    exampleWeight: Double? = nil
  ) throws {
    self.identity = identity
    let path = directory.best
    guard fileExists(path) else { throw BestWeightsError.noFile(path: path, epochs: trace.epochs.count) }
    let file = try SafeTensors(path: path)
    for (name, wanted) in [("row", identity.row), ("seed", String(identity.seed))] {
      guard file.metadata[name] == wanted else {
        throw BestWeightsError.otherRun(path: path, name: name, expected: wanted, found: file.metadata[name])
      }
    }
    guard let epoch = file.metadata["epoch"].flatMap(Int.init), epoch >= 0 else {
      throw BestWeightsError.otherRun(path: path, name: "epoch", expected: "a number", found: file.metadata["epoch"])
    }
    self.epoch = epoch
    var settings = identity.settings
    if let exampleWeight { settings.network.normStatistics.exampleWeight = exampleWeight }
    step = try TrainingStep(settings, seed: identity.seed, source: source, backend: backend)
    FloatingPointControl.setStandard()
    try step.network.load(file, file: path)
    // The test line names the very weights that it was made with.
    if let test = trace.test, test.epoch != epoch || test.digest != step.stateDigest.evaluated() {
      throw BestWeightsError.otherWeights(path: path, epoch: test.epoch)
    }
  }

  /// Evaluates without augmentation, batch by batch, as the run did at the end of an epoch.
  public func evaluate(_ set: DataSet, statistics: BatchNormStatistics) throws -> Result {
    let result = try Evaluation(
      of: step.network, on: set, from: step.source, epoch: epoch, batchSize: identity.settings.batchSize,
      statistics: statistics, loading: step.loading, beforeBatch: { _ in })
    return Result(loss: result.loss, accuracy: result.accuracy)
  }

  /// What the run's trace says of a set with these weights, bit for bit what an evaluation with the run's own statistics must
  /// give again; `nil` where the trace says nothing.
  public func recorded(_ set: DataSet, in trace: Trace) -> Result? {
    switch set {
    case .training: return nil
    case .validation:
      guard trace.epochs.indices.contains(epoch) else { return nil }
      return Result(loss: trace.epochs[epoch].validationLoss, accuracy: trace.epochs[epoch].validationAccuracy)
    case .test: return trace.test.map { Result(loss: $0.loss, accuracy: $0.accuracy) }
    }
  }
}

/// Why a run's best weights cannot be evaluated.
public enum BestWeightsError: Error, Equatable, CustomStringConvertible {
  case noFile(path: String, epochs: Int)
  case otherRun(path: String, name: String, expected: String, found: String?)
  case otherWeights(path: String, epoch: Int)

  public var description: String {
    switch self {
    case .noFile(let path, let epochs):
      "there is no \(path): "
        + (epochs == 0
          ? "the run has no whole epoch yet; continue it with --resume"
          : "a run keeps its best weights there; copy them from where the run was made")
    case .otherRun(let path, let name, let expected, let found):
      "\(path) is not this run's: its \(name) is \(found ?? "not given"), expected is \(expected)"
    case .otherWeights(let path, let epoch):
      "\(path) does not hold the weights that the run was tested with (those of epoch \(epoch)): the trace's digest is another"
    }
  }
}
