import Kernels
import Layers
import Tensors

/// The order of work in forward and backward passes, and which tensors the signal and the gradients live in.
///
/// What is needed within one phase only lives in the workers' own memory, and so in their caches: a gradient between the
/// activation and the convolution, and all activations of an evaluation. So does, in training, what batch norm and activation
/// make of a convolution's output, unless a skip has a part in it: what follows reads it at once, and where that is a
/// convolution, its weight gradient computes it anew. It never goes to memory: one tensor written and two read less for each
/// such layer.
struct PassPlan<S: KernelScalar> {
  let body: NetworkBody<S>
  let head: Linear<S>
  let loss: SoftmaxCrossEntropy<S>
  let images: Tensor<S>
  let pooled: Tensor<S>
  let logits: Tensor<S>
  let logitsGradient: Tensor<S>
  let labels: UnsafeMutablePointer<Int32>
  let imageGradient: Tensor<S>?
  let use: NetworkUse
  let pass: PassState
  /// The workers' own memory, and that of slots which they share.
  let locals: ReusedTensors<GroupTensor<S>>
  let kernels: KernelTable

  private var globalPool: AveragePool<S> {
    .global(height: body.outputShape[1], width: body.outputShape[2], kernels: kernels)
  }

  // MARK: Forward

  func forward(usingBatchStatistics: Bool) -> [Phase<S>] {
    locals.giveBackAll()
    var builder = PhaseBuilder<S>(latches: pass.latches)
    let pass = pass
    let leavesNothing = !usingBatchStatistics && use == .training
    var signal = GroupTensor(images)
    /// Stays until the next block begins.
    var blockInput = signal
    for node in body.nodes {
      let x = signal
      switch node {
      case .unit(let unit):
        if unit.description.index == 0 {
          if blockInput !== x { locals.giveBack(blockInput) }
          blockInput = x
        }
        let raw = leavesNothing ? locals.take(unit.shape) : unit.raw
        let y = leavesNothing ? raw : unit.output ?? locals.take(unit.shape)
        builder.add(unit.label, .forward, map: raw, result: unit.norm == nil ? nil : raw) {
          unit.convolution.forward(x.of($0), into: raw.of($0), images: $0.images, worker: $0.worker)
        }
        if let norm = unit.norm, usingBatchStatistics {
          builder.add(unit.description.normLabel, .forward, part: .statistics, map: raw) {
            norm.collectStatistics(raw.of($0), images: $0.images)
          }
          builder.barrier {
            norm.finishStatistics(imageCount: pass.imageCount, pixels: unit.pixels, recording: pass.recording)
          }
        }
        let skip = unit.description.skipsFromBlockInput ? blockInput : nil
        builder.add(unit.lastLabel, .forward, part: .pointwise, map: y, result: y) {
          unit.activate(raw, adding: skip, into: y, $0)
        }
        signal = y
      case .pool(let pool):
        let output = GroupTensor(pool.output)
        builder.add(pool.label, .forward, map: x, result: output) {
          pool.layer.forward(x.of($0), into: pool.output, images: $0.images)
        }
        signal = output
      }
      if x !== blockInput { locals.giveBack(x) }
    }
    addHead(to: &builder, signal)
    return builder.build()
  }

  /// Global pool, linear layer and loss.
  private func addHead(to builder: inout PhaseBuilder<S>, _ signal: GroupTensor<S>) {
    let (pass, globalPool, pooled, head, logits) = (pass, globalPool, pooled, head, logits)
    builder.add("global_pool", .forward, map: signal, result: GroupTensor(pooled)) {
      globalPool.forward(signal.of($0), into: pooled, images: $0.images)
    }
    let scores = GroupTensor(logits)
    builder.add(Architecture.headName, .forward, map: scores, result: scores) {
      head.forward(pooled, into: logits, images: $0.images)
    }
    let (loss, labels, gradient) = (loss, labels, logitsGradient)
    builder.add("loss", .forward, map: scores) {
      loss.forward(logits, labels: labels, batchCount: pass.imageCount, gradient: gradient, images: $0.images)
    }
  }

  // MARK: Backward

  /// Phases for training (the batch's statistics) and evaluation (fixed ones); both use the same gradient tensors.
  func backward() -> (training: [Phase<S>], evaluation: [Phase<S>]) {
    let tensors = ReusedTensors { Tensor<S>(shape: $0) }
    let training = backward(.batch, tensors)
    tensors.giveBackAll()
    return (training, backward(.fixed, tensors))
  }

  private func backward(_ statistics: BatchNormGradient, _ tensors: ReusedTensors<Tensor<S>>) -> [Phase<S>] {
    locals.giveBackAll()
    var builder = PhaseBuilder<S>(latches: pass.latches)
    var gradient = addHeadGradient(to: &builder, tensors)
    /// Of a residual block's input, by way of the skip: waits for the block's first convolution.
    var skipGradient: Tensor<S>?
    for (position, node) in body.nodes.enumerated().reversed() {
      switch node {
      case .pool(let pool):
        let (dy, dx) = (gradient, tensors.take(pool.inputShape))
        let result = GroupTensor(dx)
        builder.add(pool.label, .inputGradient, map: result, result: result) {
          pool.layer.backward(dy, into: dx, images: $0.images)
        }
        tensors.giveBack(dy)
        gradient = dx
      case .unit(let unit):
        let dy = gradient
        let dRaw = addDeactivation(of: unit, dy, statistics, to: &builder)
        // With a skip, the activation's own gradient has taken dy's place, and is the skip's.
        if unit.description.skipsFromBlockInput { skipGradient = dy } else { tensors.giveBack(dy) }
        let x = addInput(of: position, to: &builder)
        builder.add(unit.label, .inputGradient, part: .weightGradient, map: dRaw, isOfSlot: true) {
          unit.convolution.backwardWeight(x.of($0), dRaw.of($0), group: $0)
        }
        locals.giveBack(x)
        let addend = unit.description.index == 0 ? skipGradient : nil
        let dx: Tensor<S>? = position == 0 ? imageGradient : addend ?? tensors.take(x.shape)
        if let dx {
          builder.add(unit.label, .inputGradient, part: .inputGradient, map: dRaw, result: GroupTensor(dx)) {
            unit.convolution.backwardInput(
              dRaw.of($0), into: dx, adding: addend, images: $0.images, worker: $0.worker)
          }
          gradient = dx
        }
        if addend != nil { skipGradient = nil }
        locals.giveBack(dRaw)
      }
    }
    return builder.build()
  }

  /// Returns what the unit at `position` read: as it was kept, or computed anew.
  private func addInput(of position: Int, to builder: inout PhaseBuilder<S>) -> GroupTensor<S> {
    guard position > 0 else { return GroupTensor(images) }
    switch body.nodes[position - 1] {
    case .pool(let pool): return GroupTensor(pool.output)
    case .unit(let unit):
      if let output = unit.output { return output }
      let output = locals.take(unit.shape)
      builder.add(unit.lastLabel, .inputGradient, part: .pointwise, map: output) {
        unit.activate(unit.raw, adding: nil, into: output, $0)
      }
      return output
    }
  }

  /// Loss, linear layer and global pool; returns the gradient of the body's output.
  private func addHeadGradient(to builder: inout PhaseBuilder<S>, _ tensors: ReusedTensors<Tensor<S>>) -> Tensor<S> {
    let (head, pooled, dLogits, globalPool) = (head, pooled, logitsGradient, globalPool)
    let dPooled = tensors.take(pooled.shape)
    let dOutput = tensors.take(body.outputShape)
    builder.add(
      Architecture.headName, .inputGradient, map: GroupTensor(dLogits), result: GroupTensor(dPooled), isOfSlot: true
    ) {
      head.backwardWeight(pooled, dLogits, group: $0)
      head.backwardInput(dLogits, into: dPooled, images: $0.images)
    }
    let result = GroupTensor(dOutput)
    builder.add("global_pool", .inputGradient, map: result, result: result) {
      globalPool.backward(dPooled, into: dOutput, images: $0.images)
    }
    return dOutput
  }

  /// Returns where dL/d(raw) is.
  private func addDeactivation(
    of unit: ConvolutionUnit<S>, _ dy: Tensor<S>, _ statistics: BatchNormGradient, to builder: inout PhaseBuilder<S>
  ) -> GroupTensor<S> {
    let pass = pass
    if let norm = unit.norm {
      builder.add(unit.description.normLabel, .inputGradient, part: .statistics, map: unit.raw) {
        unit.collectGradient(dy, $0)
      }
      builder.barrier {
        norm.finishGradient(imageCount: pass.imageCount, pixels: unit.pixels, accumulating: pass.isAccumulating)
      }
    } else {
      // The scratch memory holds the sums of one weight gradient at a time; batch norm has a barrier anyway.
      builder.barrier()
    }
    // Without batch norm, the gradients of the convolution and of the skip are the same.
    let hasSkip = unit.description.skipsFromBlockInput
    let dRaw = hasSkip && unit.norm == nil ? GroupTensor(dy) : locals.take(unit.shape)
    let dSkip = hasSkip && unit.norm != nil ? dy : nil
    builder.add(unit.lastLabel, .inputGradient, part: .pointwise, map: dRaw, result: dRaw) {
      unit.deactivate(dy, into: dRaw, skip: dSkip, statistics: statistics, $0)
    }
    return dRaw
  }
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
