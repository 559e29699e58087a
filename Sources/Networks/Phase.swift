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
  let result: Tensor<S>?
  let run: (ImageGroup) -> Void
}

/// Steps that a group of images goes through without waiting for the other groups. Between two phases all groups meet, as
/// batch norm in training mode demands, and `finish` combines what they collected.
final class Phase<S: KernelScalar>: ParallelWork {
  let steps: [Step<S>]
  let finish: () -> Void
  var imageCount = 0
  var recorder: StepRecorder<S>?
  var times: StepTimes?

  init(steps: [Step<S>], finish: @escaping () -> Void) {
    self.steps = steps
    self.finish = finish
  }

  func perform(task: Int, worker: Int) {
    let group = ImageGroup(slot: task, of: imageCount)
    if let times { return performTimed(group, worker: worker, times) }
    // By index: an iterator over pairs would allocate wherever this generic code is not specialised.
    for index in 0..<steps.count { run(step: index, group) }
  }

  func run(step index: Int, _ group: ImageGroup) {
    steps[index].run(group)
    if let recorder { recorder.record(steps[index], index: index, of: self, group: group) }
  }

  func run(on pool: WorkerPool, imageCount: Int, recorder: StepRecorder<S>?, times: StepTimes?) {
    self.imageCount = imageCount
    self.recorder = recorder
    self.times = times
    recorder?.begin(self)
    times?.begin(self)
    pool.run(self, tasks: ImageGroup.slots(of: imageCount))
    let end = times == nil ? 0 : StepTimes.now
    finish()
    times?.add(.betweenPhases, since: end)
    self.recorder = nil
    self.times = nil
  }
}

/// Collects phases: steps follow one another until a barrier is asked for.
struct PhaseBuilder<S: KernelScalar> {
  private(set) var phases: [Phase<S>] = []
  private var steps: [Step<S>] = []

  mutating func add(
    _ label: String, _ kind: Step<S>.Kind, part: WorkPart? = nil, result: Tensor<S>? = nil,
    run: @escaping (ImageGroup) -> Void
  ) {
    let part = part ?? WorkPart(label: label, kind: kind)
    steps.append(Step(label: label, kind: kind, part: part, result: result, run: run))
  }

  mutating func barrier(_ finish: @escaping () -> Void = {}) {
    phases.append(Phase(steps: steps, finish: finish))
    steps = []
  }

  mutating func build() -> [Phase<S>] {
    if !steps.isEmpty { barrier() }
    return phases
  }
}
