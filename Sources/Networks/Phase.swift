import Kernels
import Layers
import Tensors

/// One layer's part in a pass, for one group of images.
struct Step<S: KernelScalar> {
  enum Kind: String, Sendable { case forward, inputGradient = "input_gradient" }

  let label: String
  let kind: Kind
  let part: WorkPart
  /// What the step leaves, if it is something to compare between two runs: [image, ...].
  let result: GroupTensor<S>?
  let run: (ImageGroup) -> Void
}

/// Steps that a group of images goes through without waiting for the other groups. Between two phases all groups meet, as
/// batch norm in training mode demands, and `finish` combines what they collected.
///
/// A task is a slot of images. Where the maps are so large that those of several images would drive one another out of the
/// second-level cache, the slot goes through the steps image by image.
final class Phase<S: KernelScalar>: ParallelWork {
  let steps: [Step<S>]
  let imagesAtATime: Int
  let finish: () -> Void
  var imageCount = 0
  var observer: (any StepObserver<S>)?
  var times: StepTimes?

  init(steps: [Step<S>], imagesAtATime: Int, finish: @escaping () -> Void) {
    self.steps = steps
    self.imagesAtATime = imagesAtATime
    self.finish = finish
  }

  func perform(task: Int, worker: Int) {
    let slot = ImageGroup(slot: task, of: imageCount, worker: worker)
    // An observer sees whole slots: later steps may overwrite what it is to see.
    let size = observer == nil ? imagesAtATime : slot.images.count
    // By index: an iterator over pairs would allocate wherever this generic code is not specialised.
    for part in 0..<slot.parts(size: size) {
      let group = slot.part(part, size: size)
      if let times {
        performTimed(group, worker: worker, times)
      } else {
        for index in 0..<steps.count { run(step: index, group) }
      }
    }
  }

  func run(step index: Int, _ group: ImageGroup) {
    steps[index].run(group)
    if let observer { observer.record(steps[index], index: index, of: self, group: group) }
  }

  func run(on pool: WorkerPool, imageCount: Int, observer: (any StepObserver<S>)?, times: StepTimes?) {
    self.imageCount = imageCount
    self.observer = observer
    self.times = times
    observer?.begin(self)
    times?.begin(self)
    pool.run(self, tasks: ImageGroup.slots(of: imageCount))
    let end = times == nil ? 0 : StepTimes.now
    finish()
    times?.add(.betweenPhases, since: end)
    self.observer = nil
    self.times = nil
  }
}

/// Collects phases: steps follow one another until a barrier is asked for, or until the maps become so small that more
/// images go together.
struct PhaseBuilder<S: KernelScalar> {
  private(set) var phases: [Phase<S>] = []
  private var steps: [Step<S>] = []
  private var imagesAtATime = 1

  /// Maps of up to this size go through the steps a slot at a time.
  private static var smallMapBytes: Int { 64 << 10 }

  /// - Parameter map: the largest activation that the step reads or writes.
  mutating func add(
    _ label: String, _ kind: Step<S>.Kind, part: WorkPart? = nil, map: GroupTensor<S>,
    result: GroupTensor<S>? = nil, run: @escaping (ImageGroup) -> Void
  ) {
    let size = map.stride * MemoryLayout<S>.stride <= Self.smallMapBytes ? ImageGroup.imagesPerSlot : 1
    if size != imagesAtATime { barrier() }
    imagesAtATime = size
    let part = part ?? WorkPart(label: label, kind: kind)
    steps.append(Step(label: label, kind: kind, part: part, result: result, run: run))
  }

  mutating func barrier(_ finish: @escaping () -> Void) {
    // A worker's scratch memory holds the sums of one weight gradient while the images of a slot pass.
    precondition(steps.count { $0.part == .weightGradient } <= 1, "two weight gradients in one phase")
    phases.append(Phase(steps: steps, imagesAtATime: imagesAtATime, finish: finish))
    steps = []
  }

  /// A barrier without anything to combine.
  mutating func barrier() {
    if !steps.isEmpty { barrier {} }
  }

  mutating func build() -> [Phase<S>] {
    barrier()
    return phases
  }
}
