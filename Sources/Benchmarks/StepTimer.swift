import Kernels
import Layers
import Networks
import Optimisers
import Training

/// Times training steps, or evaluation's forward passes, of one network on one batch of made-up images.
package struct StepTimer {
  /// One step, in milliseconds; evaluation has a forward pass alone.
  package struct Times {
    var forward = 0.0
    var backward = 0.0
    var update = 0.0

    package var step: Double { forward + backward + update }
  }

  let configuration: NetworkConfiguration
  /// Images.
  let batch: Int
  private let images: Batch<Float>
  private let network: Network<Float>
  private let optimiser: any Optimiser<Float>
  private let rate: Double

  /// - Throws: `LayerError` for a batch of no images.
  package init(
    _ configuration: NetworkConfiguration, learningRate: Double, batch: Int, optimiser: OptimiserChoice = .standard,
    backend: Backend
  ) throws {
    self.configuration = configuration
    self.batch = batch
    rate = learningRate
    network = try Network(configuration, backend: backend, capacity: batch)
    network.initialise(seed: 0)
    self.optimiser = optimiser.optimiser(of: network.parameters, backend: backend)
    // Any images of about unit variance cost the same: a Weyl sequence on ±√3, labels in turn.
    images = network.makeBatch()
    for index in images.images.elements.indices {
      let fraction = Float((UInt32(truncatingIfNeeded: index) &* 2_654_435_769) >> 8) * 0x1p-24
      images.images.pointer[index] = (2 * fraction - 1) * Float(3).squareRoot()
    }
    for image in 0..<batch { images.labels.pointer[image] = Int32(image % configuration.classes) }
  }

  /// Forward with the loss, backward, and the optimiser's update.
  package func trainingStep() throws -> Times {
    let clock = ContinuousClock()
    let start = clock.now
    try network.forward(images, mode: .training)
    let forward = clock.now
    network.backward()
    let backward = clock.now
    optimiser.update(learningRate: rate)
    let end = clock.now
    return Times(
      forward: Self.milliseconds(forward - start), backward: Self.milliseconds(backward - forward),
      update: Self.milliseconds(end - backward))
  }

  /// Forward with the loss, normalised by the running averages.
  package func evaluationPass() throws -> Times {
    let clock = ContinuousClock()
    let start = clock.now
    try network.forward(images, mode: .evaluation(.running))
    return Times(forward: Self.milliseconds(clock.now - start))
  }

  /// Some training steps with the time of every part.
  package func breakdown(row: String, steps: Int, warmup: Int, ceilings: Ceilings) throws -> Breakdown {
    let times = StepTimes(threads: network.backend.threads)
    network.stepTimes = times
    defer { network.stepTimes = nil }
    for _ in 0..<max(1, warmup) { _ = try trainingStep() }
    times.reset()
    let measured = try (0..<steps).map { _ in try trainingStep() }
    return Breakdown(
      row: row, batch: batch, backend: network.backend, ceilings: ceilings, times: times,
      updates: measured.reduce(0) { $0 + $1.update }, wall: measured.reduce(0) { $0 + $1.step }, steps: steps)
  }

  /// Milliseconds of digesting the state as a training run does after every step.
  func digestTimes(count: Int) -> [Double] {
    let digest = StateDigest(network, optimiser)
    let clock = ContinuousClock()
    return (0..<count).map { _ in Self.milliseconds(clock.measure { _ = digest.quick() }) }
  }

  static func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
  }
}
