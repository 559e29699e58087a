import Datasets
import Experiments
import Foundation
import Kernels
import Networks
import Optimisers
import Training

/// What digests and checkpoints take of a training step, in the protocol's row and batch: `vgg38-bn-rc-1e-2`, 100 images.
/// Medians of alternating measurements, so that drift of the machine meets all alike. Let nothing else run meanwhile.
struct CostOfEvidence {
  let scratch: String
  private let clock = ContinuousClock()
  private static let row = "vgg38-bn-rc-1e-2"
  private static let batch = 100
  /// Of an epoch of the protocol, on which recorded steps and the epoch's checkpoint are spread.
  private static let stepsPerEpoch = 475

  func lines() throws -> [String] {
    let (step, recorded, digest) = try stepTimes()
    let (flow, checkpoint) = try epochTimes()
    let spread = Double(Self.stepsPerEpoch)
    let layers = max(0, recorded - step) * Double(Trainer.recordedSteps) / spread
    // One checkpoint at the epoch's end, and one every interval within it.
    let interval = Trainer.Options(epochs: 1).checkpointInterval / .seconds(1) * 1000
    let checkpoints = checkpoint / spread + checkpoint * step / interval
    let total = digest + layers + checkpoints
    func line(_ what: String, _ time: Double) -> String {
      "| \(what) | \(String(format: "%.3f", time)) | \(String(format: "%.2f", time / step * 100)) % |"
    }
    return [
      "\(Self.row), batch \(Self.batch), \(InstructionSet.best.rawValue), \(WorkerPool.processorCount) threads", "",
      "| part | ms a step | share of a step |", "|---|---|---|", line("step: forward, backward, update", step),
      line("digest of the state, every step", digest),
      line("digests of the layers, \(Trainer.recordedSteps) of \(Self.stepsPerEpoch) steps", layers),
      line("trace and checkpoint, each epoch and every \(Int(interval / 1000)) s", checkpoints), line("together", total), "",
      "one recorded step takes \(String(format: "%.1f", max(0, recorded - step))) ms more, one checkpoint with its trace frame "
        + "\(String(format: "%.1f", checkpoint)) ms; gradient flow and its statistics, once an epoch, "
        + "\(String(format: "%.1f", flow)) ms",
    ]
  }

  /// Milliseconds of a step, of one with its layers recorded, and of the state's digest.
  private func stepTimes() throws -> (step: Double, recorded: Double, digest: Double) {
    let backend = try Backend()
    let row = try StandardRow.named(Self.row)
    let network = try Network<Float>(row.configuration, backend: backend, capacity: Self.batch)
    network.initialise(seed: 0)
    let adam = Adam(network.parameters, backend: backend)
    let digest = StateDigest(network, adam)
    let batch = network.makeBatch()
    for index in batch.images.elements.indices {
      batch.images.pointer[index] = Float((UInt32(truncatingIfNeeded: index) &* 2_654_435_769) >> 8) * 0x1p-23 - 1
    }
    for image in 0..<Self.batch { batch.labels.pointer[image] = Int32(image % row.configuration.classes) }
    func step(_ recorder: StepRecorder<Float>?) throws {
      try network.forward(batch, mode: .training, recorder: recorder)
      network.backward(recorder: recorder)
      adam.update(learningRate: row.baseLearningRate)
      _ = recorder?.entries
    }
    var plain: [Double] = [], recorded: [Double] = [], digests: [Double] = []
    try step(nil)
    for _ in 0..<9 {
      plain.append(try milliseconds { try step(nil) })
      digests.append(milliseconds { _ = digest.quick() })
      recorded.append(try milliseconds { try step(StepRecorder(kernels: backend.kernels(for: Float.self))) })
    }
    return (median(plain), median(recorded), median(digests))
  }

  /// Milliseconds of the gradient-flow statistics, and of a trace frame with its checkpoint, in real runs of an epoch.
  private func epochTimes() throws -> (flow: Double, checkpoint: Double) {
    var flows: [Double] = [], checkpoints: [Double] = []
    let dataset = Synthetic(classes: 100, side: 32, trainingPerClass: 5, testPerClass: 1).dataset()
    let row = ExperimentRow(try StandardRow.named(Self.row))
    var run = RunSpecification(row: row, profile: .short, seed: 0, dataset: dataset, epochs: 1)
    run.settings.validationPerClass = 1
    let source = try ExperimentData(dataset, run.settings, seed: 0)
    var options = Trainer.Options(epochs: 1)
    options.checkpointInterval = .zero
    var last = clock.now
    var steps: [Double] = []
    options.events = { event in
      let now = clock.now
      let passed = (now - last) / .milliseconds(1)
      switch event {
      case .checkpoint: checkpoints.append(passed)
      case .step: steps.append(passed)
      default: break
      }
      last = now
    }
    let trainer = try Trainer(
      run.identity(dataset: dataset), source: source, backend: try Backend(),
      directory: RunDirectory(path: scratch + "/cost"), options: options)
    _ = try trainer.run()
    // The last step of the epoch alone has its gradients described; the one before it has nothing recorded.
    if steps.count > Trainer.recordedSteps + 1 { flows.append(max(0, steps[steps.count - 1] - steps[steps.count - 2])) }
    return (median(flows), median(checkpoints))
  }

  private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let start = clock.now
    try body()
    return (clock.now - start) / .milliseconds(1)
  }

  private func median(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.sorted()[values.count / 2]
  }
}
