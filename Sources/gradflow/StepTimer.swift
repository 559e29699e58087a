import Kernels
import Layers
import Networks

/// Times training steps, or evaluation's forward passes, of one network on one batch of made-up images.
struct StepTimer {
  /// One step, in milliseconds; evaluation has a forward pass alone.
  struct Times {
    var forward = 0.0
    var backward = 0.0
    var update = 0.0

    var step: Double { forward + backward + update }
  }

  private let network: Network<Float>
  private let adam: Adam<Float>
  private let rate: Double
  private let batch: Int

  /// - Throws: `LayerError` for a batch of no images.
  init(row: StandardRow, batch: Int, backend: Backend) throws {
    self.batch = batch
    rate = row.baseLearningRate
    network = try Network(row.configuration, backend: backend, capacity: batch)
    network.initialise(seed: 0)
    adam = Adam(network.parameters, backend: backend)
    // Any images of about unit variance cost the same: a Weyl sequence on ±√3, labels in turn.
    for index in network.images.elements.indices {
      let fraction = Float((UInt32(truncatingIfNeeded: index) &* 2_654_435_769) >> 8) * 0x1p-24
      network.images.pointer[index] = (2 * fraction - 1) * Float(3).squareRoot()
    }
    for image in 0..<batch { network.labels[image] = Int32(image % row.configuration.classes) }
  }

  /// Forward with the loss, backward, and Adam's update.
  func trainingStep() throws -> Times {
    let clock = ContinuousClock()
    let start = clock.now
    try network.forward(count: batch, mode: .training)
    let forward = clock.now
    network.backward()
    let backward = clock.now
    adam.update(learningRate: rate)
    let end = clock.now
    return Times(
      forward: milliseconds(forward - start), backward: milliseconds(backward - forward),
      update: milliseconds(end - backward))
  }

  /// Forward with the loss, normalised by the running averages.
  func evaluationPass() throws -> Times {
    let clock = ContinuousClock()
    let start = clock.now
    try network.forward(count: batch, mode: .evaluation(.running))
    return Times(forward: milliseconds(clock.now - start))
  }

  private func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
  }
}
