import Kernels
import Layers
import Tensors

/// The order of work in forward and backward passes, and which tensors the gradients live in.
struct PassPlan<S: KernelScalar> {
  let body: NetworkBody<S>
  let head: Linear<S>
  let loss: SoftmaxCrossEntropy<S>
  let pooled: Tensor<S>
  let logits: Tensor<S>
  let logitsGradient: Tensor<S>
  let labels: UnsafeMutablePointer<Int32>
  let imageGradient: Tensor<S>?
  let pass: PassState
  let kernels: KernelTable

  private var globalPool: AveragePool<S> {
    .global(height: body.output.shape[1], width: body.output.shape[2], kernels: kernels)
  }

  // MARK: Forward

  func forward(usingBatchStatistics: Bool) -> [Phase<S>] {
    var builder = PhaseBuilder<S>()
    let pass = pass
    for node in body.nodes {
      switch node {
      case .unit(let unit):
        builder.add(unit.label, .forward, map: unit.raw, result: unit.norm == nil ? nil : unit.raw) { unit.convolve($0) }
        if let norm = unit.norm, usingBatchStatistics {
          builder.add(unit.description.normLabel, .forward, part: .statistics, map: unit.raw) { unit.collectStatistics($0) }
          builder.barrier {
            norm.finishStatistics(imageCount: pass.imageCount, pixels: unit.pixels, recording: pass.recording)
          }
        }
        builder.add(unit.lastLabel, .forward, part: .pointwise, map: unit.output, result: unit.output) { unit.activate($0) }
      case .pool(let pool):
        builder.add(pool.label, .forward, map: pool.input, result: pool.output) {
          pool.layer.forward(pool.input, into: pool.output, images: $0.images)
        }
      }
    }
    let (globalPool, output, pooled, head, logits) = (globalPool, body.output, pooled, head, logits)
    builder.add("global_pool", .forward, map: output, result: pooled) {
      globalPool.forward(output, into: pooled, images: $0.images)
    }
    builder.add(Architecture.headName, .forward, map: logits, result: logits) {
      head.forward(pooled, into: logits, images: $0.images)
    }
    let (loss, labels, gradient) = (loss, labels, logitsGradient)
    builder.add("loss", .forward, map: logits) {
      loss.forward(logits, labels: labels, batchCount: pass.imageCount, gradient: gradient, images: $0.images)
    }
    return builder.build()
  }

  // MARK: Backward

  /// Phases for training (the batch's statistics) and evaluation (fixed ones); both use the same gradient tensors.
  func backward() -> (training: [Phase<S>], evaluation: [Phase<S>]) {
    let tensors = GradientTensors<S>()
    let training = backward(.batch, tensors)
    tensors.releaseAll()
    return (training, backward(.fixed, tensors))
  }

  private func backward(_ statistics: BatchNormGradient, _ tensors: GradientTensors<S>) -> [Phase<S>] {
    var builder = PhaseBuilder<S>()
    var gradient = addHead(to: &builder, tensors)
    /// Of a residual block's input, by way of the skip: waits for the block's first convolution.
    var skipGradient: Tensor<S>?
    for (position, node) in body.nodes.enumerated().reversed() {
      switch node {
      case .pool(let pool):
        let (dy, dx) = (gradient, tensors.take(like: pool.input))
        builder.add(pool.label, .inputGradient, map: dx, result: dx) { pool.layer.backward(dy, into: dx, images: $0.images) }
        tensors.giveBack(dy)
        gradient = dx
      case .unit(let unit):
        let dy = gradient
        // The scratch memory holds the sums of one weight gradient at a time; batch norm has a barrier anyway.
        if unit.norm == nil { builder.barrier() }
        // With batch norm, the skip's gradient dz differs from the convolution's, and both are needed.
        let needsBoth = unit.skip != nil && unit.norm != nil
        let dRaw = needsBoth ? tensors.take(like: dy) : dy
        addDeactivation(of: unit, dy, into: dRaw, skip: needsBoth ? dy : nil, statistics, to: &builder)
        if unit.skip != nil { skipGradient = dy }
        builder.add(unit.label, .inputGradient, part: .weightGradient, map: dRaw) {
          unit.convolution.backwardWeight(unit.input, dRaw, group: $0)
        }
        let addend = unit.description.index == 0 ? skipGradient : nil
        let dx: Tensor<S>? = position == 0 ? imageGradient : addend ?? tensors.take(like: unit.input)
        if let dx {
          builder.add(unit.label, .inputGradient, part: .inputGradient, map: dx, result: dx) {
            unit.convolution.backwardInput(dRaw, into: dx, adding: addend, images: $0.images, worker: $0.worker)
          }
          gradient = dx
        }
        if addend != nil { skipGradient = nil }
        if dRaw !== skipGradient { tensors.giveBack(dRaw) }
      }
    }
    return builder.build()
  }

  /// Loss, linear layer and global pool; returns the gradient of the body's output.
  private func addHead(to builder: inout PhaseBuilder<S>, _ tensors: GradientTensors<S>) -> Tensor<S> {
    let (head, pooled, dLogits, globalPool) = (head, pooled, logitsGradient, globalPool)
    let dPooled = tensors.take(like: pooled)
    let dOutput = tensors.take(like: body.output)
    builder.add(Architecture.headName, .inputGradient, map: dLogits, result: dPooled) {
      head.backwardWeight(pooled, dLogits, group: $0)
      head.backwardInput(dLogits, into: dPooled, images: $0.images)
    }
    builder.add("global_pool", .inputGradient, map: dOutput, result: dOutput) {
      globalPool.backward(dPooled, into: dOutput, images: $0.images)
    }
    return dOutput
  }

  private func addDeactivation(
    of unit: ConvolutionUnit<S>, _ dy: Tensor<S>, into dRaw: Tensor<S>, skip dSkip: Tensor<S>?,
    _ statistics: BatchNormGradient, to builder: inout PhaseBuilder<S>
  ) {
    let pass = pass
    if let norm = unit.norm {
      builder.add(unit.description.normLabel, .inputGradient, part: .statistics, map: dy) { unit.collectGradient(dy, $0) }
      builder.barrier {
        norm.finishGradient(imageCount: pass.imageCount, pixels: unit.pixels, accumulating: pass.isAccumulating)
      }
    }
    builder.add(unit.lastLabel, .inputGradient, part: .pointwise, map: dRaw, result: dRaw) {
      unit.deactivate(dy, into: dRaw, skip: dSkip, statistics: statistics, $0)
    }
  }
}

/// Tensors for gradients, used again as soon as nothing waits for what they hold.
private final class GradientTensors<S: KernelScalar> {
  private var free: [[Int]: [Tensor<S>]] = [:]
  private var all: [Tensor<S>] = []

  func take(like tensor: Tensor<S>) -> Tensor<S> {
    if let tensor = free[tensor.shape]?.popLast() { return tensor }
    let tensor = Tensor<S>(shape: tensor.shape)
    all.append(tensor)
    return tensor
  }

  func giveBack(_ tensor: Tensor<S>) { free[tensor.shape, default: []].append(tensor) }

  func releaseAll() { free = Dictionary(grouping: all, by: \.shape) }
}

/// Arranges all weights for the kernels, a layer a task.
final class Preparation<S: KernelScalar>: ParallelWork {
  private let convolutions: [Convolution<S>]
  private let head: Linear<S>
  private var forBackward = false

  init(convolutions: [Convolution<S>], head: Linear<S>) {
    self.convolutions = convolutions
    self.head = head
  }

  func run(on pool: WorkerPool, forBackward: Bool) {
    self.forBackward = forBackward
    pool.run(self, tasks: convolutions.count + 1)
  }

  func perform(task: Int, worker: Int) {
    if task < convolutions.count {
      convolutions[task].prepare(forBackward: forBackward)
    } else {
      head.prepare(forBackward: forBackward)
    }
  }
}

/// Adds up the slots of all weight gradients, a layer a task.
final class Combination<S: KernelScalar>: ParallelWork {
  private let convolutions: [Convolution<S>]
  private let head: Linear<S>
  private var imageCount = 0
  private var isAccumulating = false

  init(convolutions: [Convolution<S>], head: Linear<S>) {
    self.convolutions = convolutions
    self.head = head
  }

  func run(on pool: WorkerPool, pass: PassState) {
    imageCount = pass.imageCount
    isAccumulating = pass.isAccumulating
    pool.run(self, tasks: convolutions.count + 1)
  }

  func perform(task: Int, worker: Int) {
    if task < convolutions.count {
      convolutions[task].combineGradients(imageCount: imageCount, accumulating: isAccumulating)
    } else {
      head.combineGradients(imageCount: imageCount, accumulating: isAccumulating)
    }
  }
}
