import Kernels
import Networks
import Randomness
import Tensors
import Traces

/// A run's opening by itself, and steps from anchors: what goldens hold beside the run, and what recorders repeat with other
/// rounding.
public final class OpeningRun {
  /// A state that every program can make from streams, and one step from it: what comes late in a run, and what chaos hides
  /// in its first steps, shows there.
  public struct Anchor: Sendable {
    /// Updates made before, for the optimiser.
    public let updates: Int
    /// Whose learning rate, order and augmentation the step has.
    public let epoch: Int

    public var name: String { "anchor-\(updates + 1)" }

    public static let all = [Anchor(updates: 0, epoch: 0), Anchor(updates: 4_999, epoch: 10), Anchor(updates: 39_999, epoch: 84)]
    /// A whole slot and a part of one, of an incomplete batch; so few, that seldom a unit lies near its kink.
    public static let images = 7
  }

  let step: TrainingStep
  private let seed: UInt64
  let meter: OpeningMeter
  /// By the anchor's name, once they are drawn: an ensemble begins at each of them again and again.
  private var anchorStates: [String: [[Float]]] = [:]

  /// - Throws: as `TrainingStep`.
  public init(_ identity: RunIdentity, source: any BatchSource, backend: Backend) throws {
    step = try TrainingStep(identity.settings, seed: identity.seed, source: source, backend: backend)
    seed = identity.seed
    meter = OpeningMeter(step.network, step.optimiser, kernels: step.kernels)
  }

  /// The first steps, as the run's trace has them where there is no noise.
  ///
  /// - Throws: `TrainingError` for numbers that are not finite.
  public func steps(noise: RoundingNoise<Float>? = nil) throws -> [OpeningLine] {
    FloatingPointControl.setStandard()
    step.network.roundingNoise = noise
    begin()
    let epoch = step.source.trainingEpoch(0), count = step.openingSteps
    return try (0..<count).map { index in
      let name = OpeningLine.point(step: index)
      return try step.evaluated(step.opening(name, meter, step: index, of: epoch, isFirst: index == 0).line)
    }
  }

  /// The state before the first step.
  func begin() {
    step.network.initialise(seed: seed)
    step.optimiser.updates = 0
    for tensor in step.optimiser.state.flatMap(\.tensors) { tensor.elements.update(repeating: 0) }
  }

  /// A step from each anchor.
  public func anchors(noise: RoundingNoise<Float>? = nil) throws -> [OpeningLine] {
    FloatingPointControl.setStandard()
    step.network.roundingNoise = noise
    return try Anchor.all.map { anchor in
      set(anchor)
      return try step.opening(
        anchor.name, meter, step: 0, of: step.source.trainingEpoch(anchor.epoch), images: Anchor.images, isFirst: false
      ).line
    }
  }

  /// The anchor's state. With u uniform on ±1 from the stream of the anchor and the tensor's name: weights √(3/fan_in)·u, which
  /// keep a signal alive; biases 0.1·u; γ = 1 + 0.2·u, β = 0.2·u; running means 0.1·u, variances 1 + 0.5·u; of Adam first
  /// moments 1e-3·u, second (1e-3·(1 + 0.5·u))²; velocities as first moments.
  func set(_ anchor: Anchor) {
    step.optimiser.updates = anchor.updates
    let tensors = step.network.state.map(\.value) + step.optimiser.state.flatMap(\.tensors)
    if let values = anchorStates[anchor.name] {
      for (tensor, values) in zip(tensors, values) { _ = tensor.elements.update(fromContentsOf: values) }
    } else {
      draw(anchor)
      anchorStates[anchor.name] = tensors.map(\.values)
    }
  }

  private func draw(_ anchor: Anchor) {
    func fill(_ tensor: Tensor<Float>, _ name: String, _ value: (Double) -> Double) {
      let stream = RandomStream(seed: seed, name: .anchor(anchor.name, name))
      for index in 0..<tensor.count { tensor.pointer[index] = Float(value(2 * stream.uniform(at: UInt64(index)) - 1)) }
    }
    let network = step.network
    let specifications = Dictionary(uniqueKeysWithValues: network.description.state.map { ($0.name, $0) })
    for (name, tensor) in network.state {
      guard let specification = specifications[name] else { preconditionFailure("a tensor \(name) that the network has not") }
      switch specification.kind {
      case .weight:
        let bound = (3 / Double(specification.fanIn)).squareRoot()
        fill(tensor, name) { bound * $0 }
      case .bias, .runningMean: fill(tensor, name) { 0.1 * $0 }
      case .gamma: fill(tensor, name) { 1 + 0.2 * $0 }
      case .beta: fill(tensor, name) { 0.2 * $0 }
      case .runningVariance: fill(tensor, name) { 1 + 0.5 * $0 }
      }
    }
    for state in step.optimiser.state {
      for (parameter, tensor) in zip(step.optimiser.parameters, state.tensors) {
        fill(tensor, "\(parameter.name).\(state.name)") { u in
          let root = 1e-3 * (1 + 0.5 * u)
          return state.name == "second" ? root * root : 1e-3 * u
        }
      }
    }
  }
}
