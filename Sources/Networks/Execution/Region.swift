import Kernels
import Layers
import Tensors

/// An operation in its place, ready to run for one group of images.
struct BoundOperation<S: KernelScalar> {
  let facts: OperationFacts
  /// What the operation leaves, if it is something to compare between two runs: [image, ...].
  let result: GroupTensor<S>?
  /// The first tensor that the operation writes, if any.
  let written: GroupTensor<S>?
  let run: (ImageGroup) -> Void
}

/// One run of a region: for which images, who looks on, and how the tasks are numbered.
struct RegionRun<S: KernelScalar> {
  let imageCount: Int
  let observer: (any PassObserver<S>)?
  let times: StepTimes?
  /// The first tasks: slots that one worker has for itself.
  let wholeCount: Int
  /// Then, of each shared slot, the operations that need it as a whole.
  let slotTaskCount: Int
  /// At last the images of the shared slots.
  let imageTaskCount: Int

  var taskCount: Int { wholeCount + slotTaskCount + imageTaskCount }
}

/// Operations that a group of images passes through without waiting for other groups. All groups meet between two regions:
/// batch norm in training mode needs statistics of the whole batch, and `finish` combines them.
///
/// One task computes one slot of images, except for the last slots. If the feature maps of a slot do not fit into the
/// second-level cache together, the task takes the slot's images one by one.
///
/// Threads share the last slots, one for each thread; otherwise, at the end of a region, all would wait for the one that has
/// just begun a slot. Of a shared slot, one task computes the operations up to the last one that needs the whole slot. Then
/// each image is a task. The number of threads decides only which thread computes what, never a result.
final class Region<S: KernelScalar>: ParallelWork {
  let operations: [BoundOperation<S>]
  let imagesAtATime: Int
  /// One after the other, when all groups are through.
  private let finish: [() -> Void]
  /// What the operations read of the whole batch.
  private let arrivals: [GroupTensor<S>]
  private let readAhead: ReadAhead
  /// The last operation that fetches ahead: a convolution by minimal filtering.
  private let lastFetching: Int?

  /// By shared slot: whether the operations that need it as a whole are done.
  private let latches: [Latch]
  /// The operations that need the slot as a whole, and those before them.
  private let slotOperations: Range<Int>

  init(
    operations: [BoundOperation<S>], imagesAtATime: Int, latches: [Latch], finish: [() -> Void],
    arrivals: [GroupTensor<S>], readAhead: ReadAhead
  ) {
    self.operations = operations
    self.imagesAtATime = imagesAtATime
    self.latches = latches
    self.finish = finish
    self.arrivals = arrivals
    self.readAhead = readAhead
    lastFetching = operations.lastIndex {
      [.convolution, .inputGradient].contains($0.facts.part) && $0.facts.products != nil
    }
    slotOperations = 0..<((operations.lastIndex { $0.facts.scope == .slot } ?? -1) + 1)
  }

  private var imageOperations: Range<Int> { slotOperations.upperBound..<operations.count }

  // MARK: Tasks

  func perform(task: Int, worker: Int, with run: RegionRun<S>) {
    guard task >= run.wholeCount else {
      let slot = ImageGroup(slot: task, of: run.imageCount, worker: worker)
      return perform(0..<operations.count, ofSlot: slot, keepsSlot: false, run)
    }
    let shared = task - run.wholeCount
    // In this order: what an image's operations wait for has begun by then.
    if shared < run.slotTaskCount {
      perform(slotOperations, ofSlot: group(sharing: shared, worker: worker, run), keepsSlot: true, run)
      latches[shared].open()
    } else {
      performImage(shared - run.slotTaskCount, worker: worker, run)
    }
  }

  /// The last operations of image `index`, counted from the first one of the shared slots.
  private func performImage(_ index: Int, worker: Int, _ run: RegionRun<S>) {
    let shared = index / ImageGroup.imagesPerSlot
    if !slotOperations.isEmpty { latches[shared].wait() }
    let slot = group(sharing: shared, worker: worker, run)
    let part = index % ImageGroup.imagesPerSlot
    if part < slot.images.count { perform(imageOperations, slot.part(part, size: 1, keepsSlot: true), run) }
  }

  /// All images of the shared slot `shared`, with memory of its own for what the operations leave for one another.
  private func group(sharing shared: Int, worker: Int, _ run: RegionRun<S>) -> ImageGroup {
    ImageGroup(slot: run.wholeCount + shared, of: run.imageCount, worker: worker, memory: latches.count + shared)
  }

  private func perform(_ operations: Range<Int>, ofSlot slot: ImageGroup, keepsSlot: Bool, _ run: RegionRun<S>) {
    // An observer sees whole slots: later operations may overwrite what it is to see.
    let size = run.observer == nil ? imagesAtATime : slot.images.count
    for part in 0..<slot.parts(size: size) {
      perform(operations, slot.part(part, size: size, keepsSlot: keepsSlot), run)
    }
  }

  /// What is read for the images that follow a group: of the same slot, or of the next one, which the worker mostly takes next.
  /// Of a slot that workers share, nobody knows who takes what.
  private func noteReads(after group: ImageGroup, _ run: RegionRun<S>) {
    readAhead.begin(worker: group.worker)
    guard group.memory == group.worker else { return }
    let first = group.images.upperBound, count = min(group.images.count, run.imageCount - first)
    guard count > 0 else { return }
    for index in 0..<arrivals.count {
      guard let tensor = arrivals[index].ofBatch else { continue }
      readAhead.note(tensor.at(first), bytes: count * tensor.stride * MemoryLayout<S>.stride, worker: group.worker)
    }
  }

  private func perform(_ operations: Range<Int>, _ group: ImageGroup, _ run: RegionRun<S>) {
    guard let times = run.times else {
      for index in operations { perform(operation: index, group, run) }
      return
    }
    performTimed(operations, group, run, times)
  }

  func perform(operation index: Int, _ group: ImageGroup, _ run: RegionRun<S>) {
    if index == lastFetching { noteReads(after: group, run) }
    operations[index].run(group)
    if let observer = run.observer { observer.record(operations[index], index: index, of: self, group: group) }
  }

  // MARK: The region

  func run(on pool: WorkerPool, imageCount: Int, observer: (any PassObserver<S>)?, times: StepTimes?) {
    let slots = ImageGroup.slots(of: imageCount)
    let shared = pool.threads == 1 || observer != nil ? 0 : min(pool.threads, slots)
    let run = RegionRun(
      imageCount: imageCount, observer: observer, times: times, wholeCount: slots - shared,
      slotTaskCount: slotOperations.isEmpty ? 0 : shared,
      imageTaskCount: imageOperations.isEmpty ? 0 : shared * ImageGroup.imagesPerSlot)
    for index in 0..<latches.count { latches[index].close() }
    observer?.begin(self, imageCount: imageCount)
    times?.begin(self)
    pool.run(self, with: run, tasks: run.taskCount, apportioned: run.wholeCount)
    let end = times == nil ? 0 : StepTimes.now
    for index in 0..<finish.count { finish[index]() }
    times?.add(.betweenRegions, since: end)
  }
}
