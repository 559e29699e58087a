import Files
import Kernels
import Networks
import Traces

/// Runs a run's steps again, up to one of them, and tells what that one computed. Writes nothing by itself.
///
/// The first of two uses lists the parts of the step; the second, from the state that the first one saved, gives the values
/// of one part.
public final class Replay {
  /// One thing that the step computed.
  public struct Part: Equatable, Sendable {
    public let layer: String
    public let phase: Traces.Phase
    public let shape: [Int]
    public let digest: ShortDigest

    public init(layer: String, phase: Traces.Phase, shape: [Int], digest: ShortDigest) {
      self.layer = layer
      self.phase = phase
      self.shape = shape
      self.digest = digest
    }
  }

  public let identity: RunIdentity
  private let step: TrainingStep
  private var progress = Checkpoint.Progress()
  private var epoch: TrainingEpoch

  /// Begins at the run's start, or where a checkpoint of a run with the same settings stands.
  ///
  /// - Throws: `CheckpointError`; `TrainingError.impossible` for another run's.
  public init(_ identity: RunIdentity, source: any BatchSource, backend: Backend, from path: String? = nil) throws {
    self.identity = identity
    step = try TrainingStep(identity.settings, seed: identity.seed, source: source, backend: backend)
    if let path {
      let checkpoint = try Checkpoint(path: path)
      let differences = checkpoint.header.differences(from: identity.header)
      if !differences.isEmpty {
        throw TrainingError.impossible(
          "\(path) is a checkpoint of another run: \(differences.joined(separator: "; ")): give one of this run, or none")
      }
      try step.restore(checkpoint.tensors, updates: checkpoint.progress.updates, path: path)
      progress = checkpoint.progress
    } else {
      step.network.initialise(seed: identity.seed)
    }
    epoch = source.trainingEpoch(progress.epoch)
  }

  public var stepsPerEpoch: Int { step.stepsPerEpoch }
  /// The next step.
  public var position: StepPosition { StepPosition(epoch: progress.epoch, step: progress.step) }

  /// Runs steps until `target` is the next one.
  ///
  /// - Parameter expected: the state's digest after a step, where it is known.
  /// - Returns: the first step after which the state has another digest than the expected one.
  public func advance(to target: StepPosition, expected: (StepPosition) -> ShortDigest?) throws -> StepPosition? {
    guard target.step < stepsPerEpoch else {
      throw TrainingError.impossible(
        "there is no step \(target.step) in an epoch of this run; its steps are 0 to \(stepsPerEpoch - 1)")
    }
    guard position <= target else {
      throw TrainingError.impossible("the checkpoint stands at \(position), after \(target)")
    }
    var departure: StepPosition?
    while true {
      if progress.step == stepsPerEpoch {
        progress.beginNextEpoch()
        epoch = step.source.trainingEpoch(progress.epoch)
      }
      let here = position
      if here == target { return departure }
      try run()
      if departure == nil, let expected = expected(here), expected != progress.stepDigests.last { departure = here }
    }
  }

  /// Runs the next step.
  ///
  /// - Parameter part: the index of the one whose values are wanted.
  /// - Returns: all parts in the order in which the step computed them, and the values.
  public func inspect(part: Int? = nil) throws -> (parts: [Part], values: SafeTensor?) {
    let save = step.tensors, before = progress
    func once(keeping kept: Int?) throws -> [StepPart] {
      let recorder = StepRecorder<Float>(kernels: step.kernels, keeping: kept)
      return step.parts(recorder, of: try run(recorder), detail: true)
    }
    let parts = try once(keeping: nil)
    let listed = parts.map { Part(layer: $0.layer, phase: $0.phase, shape: $0.shape, digest: $0.digest) }
    guard let part else { return (listed, nil) }
    guard parts.indices.contains(part) else {
      throw TrainingError.impossible("there is no part \(part); the step has \(parts.count), from 0")
    }
    if let values = parts[part].values() { return (listed, values.safeTensor(parts[part].shape)) }
    // A tensor that the pass uses again: once more, keeping it on the way.
    try step.restore(save, updates: before.updates, path: "the state before the step")
    progress = before
    let recorded = parts[...part].filter { $0.values() == nil }.count - 1
    guard let values = try once(keeping: recorded)[part].values() else {
      preconditionFailure("part \(part) was not kept")
    }
    return (listed, values.safeTensor(parts[part].shape))
  }

  /// The present state as a file's content, for `init(from:)`.
  public var checkpointBytes: [UInt8] {
    Checkpoint(header: identity.header, progress: progress, tensors: step.tensors).fileBytes
  }

  /// Of the state after the last step that was run; `nil` at the beginning of an epoch.
  public var lastDigest: ShortDigest? { progress.stepDigests.last }

  /// - Returns: the step's batch.
  @discardableResult
  private func run(_ recorder: StepRecorder<Float>? = nil) throws -> Batch<Float> {
    let batch = try step.run(progress.step, of: epoch, recorder: recorder).batch
    progress.updates = step.optimiser.updates
    progress.stepDigests.append(step.stepDigest)
    progress.step += 1
    return batch
  }
}

extension StepValues {
  fileprivate func safeTensor(_ shape: [Int]) -> SafeTensor {
    switch self {
    case .single(let values): SafeTensor(shape: shape, values)
    case .double(let values): SafeTensor(shape: shape, values)
    }
  }
}

/// A step of a run; both counted from 0.
public struct StepPosition: Comparable, Sendable, CustomStringConvertible {
  public let epoch: Int
  public let step: Int

  public init(epoch: Int, step: Int) {
    self.epoch = epoch
    self.step = step
  }

  public static func < (a: StepPosition, b: StepPosition) -> Bool { (a.epoch, a.step) < (b.epoch, b.step) }

  public var description: String { "epoch \(epoch), step \(step)" }
}

/// Where a checkpoint file stands, if it is whole and of the run with this header: for choosing one to replay from.
public func checkpointPosition(_ path: String, of header: TraceHeader) -> StepPosition? {
  guard fileExists(path), let checkpoint = try? Checkpoint(path: path),
    checkpoint.header.differences(from: header).isEmpty
  else { return nil }
  return StepPosition(epoch: checkpoint.progress.epoch, step: checkpoint.progress.step)
}
