import Digests
import Kernels
import LayerNames
import Networks
import Tensors
import Traces

/// One of the things that a training step computed, in the order in which it did.
struct StepPart {
  let layer: String
  let phase: Traces.Phase
  let shape: [Int]
  let digest: ShortDigest
  /// To be read before the next step; `nil` where only the digest was kept.
  let values: () -> StepValues?

  init(
    _ layer: String, _ phase: Traces.Phase, _ shape: [Int], _ digest: ShortDigest, _ values: @escaping () -> StepValues?
  ) {
    self.layer = layer
    self.phase = phase
    self.shape = shape
    self.digest = digest
    self.values = values
  }
}

/// Elements in a part's own precision.
enum StepValues {
  case single([Float])
  case double([Double])
}

extension TrainingStep {
  /// What the step that was just run computed: images and labels; outputs layer by layer; the buffers; gradients of
  /// outputs, from the last layer to the first; gradients of parameters; parameters.
  ///
  /// - Parameter detail: whether each batch norm's statistics stand before its output, and buffers and labels are parts
  ///   of their own. Otherwise, as in a trace, labels count with the images, and all buffers are one part.
  func parts(_ recorder: StepRecorder<Float>, of batch: Batch<Float>, detail: Bool) -> [StepPart] {
    let recorded = recorder.entries
    func passes(_ name: String) -> [StepPart] {
      recorded.filter { $0.phase == name }.map { entry in
        StepPart(entry.layer, name == "forward" ? .forward : .inputGradient, entry.shape, ShortDigest(entry.digest)) {
          entry.values.map(StepValues.single)
        }
      }
    }
    return input(batch, detail: detail)
      + (detail ? withStatistics(passes("forward")) : passes("forward"))
      + buffers(detail: detail) + passes("input_gradient") + parameters(\.gradient, .weightGradient)
      + parameters(\.value, .update)
  }

  /// Of a batch's images and labels, as they enter the network.
  func inputDigest(_ batch: Batch<Float>) -> ShortDigest { input(batch, detail: false)[0].digest }

  private func input(_ batch: Batch<Float>, detail: Bool) -> [StepPart] {
    let images = batch.pixels
    let labels = batch.labels.elements.prefix(batch.count).map { Float($0) }
    let digests = (MixDigest.digest(of: images, kernels: kernels), mix(labels))
    let shape = [batch.count] + batch.images.shape.dropFirst()
    guard detail else {
      return [StepPart("images", .forward, shape, joined([digests.0, digests.1])) { nil }]
    }
    return [
      StepPart("images", .forward, shape, ShortDigest(digests.0)) { .single(Array(images)) },
      StepPart("labels", .forward, [batch.count], ShortDigest(digests.1)) { .single(labels) },
    ]
  }

  private func withStatistics(_ outputs: [StepPart]) -> [StepPart] {
    let statistics = Dictionary(uniqueKeysWithValues: network.batchStatistics.map { ($0.label, $0) })
    return outputs.flatMap { output -> [StepPart] in
      guard let found = statistics[output.layer] else { return [output] }
      return [("batch_mean", found.mean), ("batch_var", found.biasedVariance)].map { name, values in
        StepPart("\(output.layer).\(name)", .forward, [values.count], ShortDigest(mix(values))) { .double(values) }
      } + [output]
    }
  }

  private func buffers(detail: Bool) -> [StepPart] {
    let parts = network.buffers.map { part($0.name, $0.value, .forward) }
    if detail { return parts }
    let count = network.buffers.reduce(0) { $0 + $1.value.count }
    let digests = network.buffers.map { MixDigest.digest(of: UnsafeBufferPointer($0.value.elements), kernels: kernels) }
    return [StepPart("buffers", .forward, [count], joined(digests)) { nil }]
  }

  private func parameters(_ tensor: KeyPath<Parameter<Float>, Tensor<Float>>, _ phase: Traces.Phase) -> [StepPart] {
    network.parameters.map { part($0.name, $0[keyPath: tensor], phase) }
  }

  private func part(_ parameter: String, _ tensor: Tensor<Float>, _ phase: Traces.Phase) -> StepPart {
    let name = ParameterName(parameter)
    let elements = UnsafeBufferPointer(tensor.elements)
    return StepPart(
      "\(name.label).\(name.entry)", phase, tensor.shape,
      ShortDigest(MixDigest.digest(of: elements, kernels: kernels))
    ) { .single(Array(elements)) }
  }

  private func mix<S: KernelScalar>(_ values: [S]) -> Digest {
    values.withUnsafeBufferPointer {
      MixDigest.digest(of: $0, kernels: network.backend.kernels(for: S.self))
    }
  }

  /// SHA-256 over digests, in order.
  private func joined(_ digests: [Digest]) -> ShortDigest {
    var hasher = Digest.Hasher()
    for digest in digests { hasher.update(digest) }
    return ShortDigest(hasher.finalize())
  }
}
