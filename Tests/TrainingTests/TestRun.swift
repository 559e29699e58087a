import Datasets
import Experiments
import Files
import Foundation
import Kernels
import Layers
import Networks
import Optimisers
import TestSupport
import Testing
import Traces
import Training

/// A run that takes a fraction of a second in a debug build, in a directory of its own.
struct TestRun {
  var network: NetworkConfiguration
  var seed: UInt64 = 0
  var epochs = 2
  var learningRate = 1e-2
  var minimumLearningRate = 2e-5
  var optimiser = OptimiserChoice.standard
  var statistics = BatchNormStatistics.running
  var row = "tiny"
  var batchSize = 5
  var threads = 1
  var instructionSet = InstructionSet.best
  /// 6 images a class to train with: 18 images are 4 batches of 5, the last one incomplete.
  var data = Synthetic(classes: 3, side: 8, trainingPerClass: 8, testPerClass: 3)
  /// Changes the options before a run.
  var adjust: (inout Trainer.Options) -> Void = { _ in }
  /// Changes the settings that no member above does.
  var tweak: @Sendable (inout TrainingSettings) -> Void = { _ in }
  /// Puts another source in front of the data.
  var wrap: (ExperimentData) -> any BatchSource = { $0 }
  let directory: TemporaryDirectory

  static let shallow = NetworkConfiguration(blocksPerStage: 0, filters: 4)
  static let deep = NetworkConfiguration(
    blocksPerStage: 1, filters: 4, normalisesProcessing: true, normalisesReduction: true, isResidual: true)

  /// With dropout, and another activation.
  static let dropping = NetworkConfiguration(
    blocksPerStage: 1, filters: 4, normalisesProcessing: true, isResidual: true, activation: .elu(alpha: 0.7), blockDropout: 0.3,
    headDropout: 0.2)

  init(_ network: NetworkConfiguration = shallow) throws {
    self.network = network
    directory = try TemporaryDirectory()
  }

  /// The same in a directory of its own.
  func elsewhere() throws -> TestRun {
    var copy = try TestRun(network)
    copy.seed = seed
    copy.epochs = epochs
    copy.learningRate = learningRate
    copy.minimumLearningRate = minimumLearningRate
    copy.optimiser = optimiser
    copy.statistics = statistics
    copy.row = row
    copy.batchSize = batchSize
    copy.threads = threads
    copy.instructionSet = instructionSet
    copy.data = data
    copy.adjust = adjust
    copy.tweak = tweak
    copy.wrap = wrap
    return copy
  }

  var settings: TrainingSettings {
    var settings = TrainingSettings(
      network: network.with(classes: data.classes, side: data.side), baseLearningRate: learningRate, batchSize: batchSize,
      minimumLearningRate: minimumLearningRate, optimiser: optimiser, augmentation: .init(padding: 2),
      validationPerClass: 2, batchNormStatistics: statistics)
    tweak(&settings)
    return settings
  }

  var files: RunDirectory { RunDirectory(path: directory.path + "/run") }
  var backend: Backend { get throws { try Backend(instructionSet: instructionSet, threads: threads) } }

  func source() throws -> ExperimentData {
    try ExperimentData(data.dataset(), settings, seed: seed)
  }

  func identity() -> RunIdentity {
    RunIdentity(
      row: row, profile: "test", seed: seed, dataName: data.name, dataFingerprint: data.dataset().fingerprint,
      settings: settings)
  }

  func trainer(resuming: Bool = false) throws -> Trainer {
    var options = Trainer.Options(epochs: epochs)
    options.isResuming = resuming
    adjust(&options)
    return try Trainer(identity(), source: wrap(source()), backend: backend, directory: files, options: options)
  }

  @discardableResult
  func train() throws -> TrainingOutcome { try trainer().run() }

  @discardableResult
  func resume() throws -> TrainingOutcome { try trainer(resuming: true).run() }

  /// The trace, decompressed.
  func content() throws -> String { String(decoding: try Zstd.readFile(files.trace, limit: 1 << 24), as: UTF8.self) }
  func lines() throws -> [Substring] { try content().split(separator: "\n") }
  func trace() throws -> Trace { try Trace(path: files.trace) }
}

/// What a test throws where a kill would end the process.
struct Killed: Error {}

/// Counts a run's failpoints, and throws at one of them.
final class KillCounter {
  private(set) var reached: [Failpoint] = []
  private let last: Int?

  /// - Parameter index: of the failpoint to stop at.
  init(at index: Int? = nil) { last = index }

  func reach(_ point: Failpoint) throws {
    reached.append(point)
    if reached.count - 1 == last { throw Killed() }
  }
}

/// The error that `body` throws, in words; empty if it throws none.
func words(_ body: () throws -> some Any) -> String {
  do {
    _ = try body()
    return ""
  } catch {
    return "\(error)"
  }
}
