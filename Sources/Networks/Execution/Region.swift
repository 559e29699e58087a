import Kernels
import Layers
import Tensors

/// An operation in its place, ready to run for one group of images.
struct BoundOperation<S: KernelScalar> {
  let facts: OperationFacts
  /// What the operation leaves, if it is something to compare between two runs: [image, ...].
  let result: GroupTensor<S>?
  let run: (ImageGroup) -> Void
}

/// Operations that a group of images goes through without waiting for the other groups. Between two regions all groups meet, as
/// batch norm in training mode demands, and `finish` combines what they collected.
///
/// A task is a slot of images, but for the last ones. Where the maps are so large that those of several images would drive
/// one another out of the second-level cache, the slot goes through the operations image by image.
///
/// The last slots, one a thread, are shared, so that nobody waits for long at the end of a region while another works on a
/// whole slot: the operations that need the slot as a whole and those before them are one task, the operations after them one task an
/// image. Only who computes what depends on it, and so on the number of threads.
final class Region<S: KernelScalar>: ParallelWork {
  let operations: [BoundOperation<S>]
  let imagesAtATime: Int
  /// One after the other, when all groups are through.
  private let finish: [() -> Void]
  var imageCount = 0
  var observer: (any PassObserver<S>)?
  var times: StepTimes?

  /// By shared slot: whether the operations that need it as a whole are done.
  private let latches: [Latch]
  /// Of the operations that need the slot as a whole, and those before them.
  private let slotOperations: Range<Int>
  private var slotCount = 0
  private var sharedCount = 0

  init(operations: [BoundOperation<S>], imagesAtATime: Int, latches: [Latch], finish: [() -> Void]) {
    self.operations = operations
    self.imagesAtATime = imagesAtATime
    self.latches = latches
    self.finish = finish
    slotOperations = 0..<((operations.lastIndex { $0.facts.scope == .slot } ?? -1) + 1)
  }

  private var imageOperations: Range<Int> { slotOperations.upperBound..<operations.count }

  // MARK: Tasks

  /// The first tasks: slots that one worker has for itself.
  private var wholeCount: Int { slotCount - sharedCount }
  /// Then, of each shared slot, the operations that need it as a whole.
  private var slotTaskCount: Int { slotOperations.isEmpty ? 0 : sharedCount }
  /// At last their images.
  private var imageTaskCount: Int { imageOperations.isEmpty ? 0 : sharedCount * ImageGroup.imagesPerSlot }

  func perform(task: Int, worker: Int) {
    guard task >= wholeCount else {
      return run(0..<operations.count, ofSlot: ImageGroup(slot: task, of: imageCount, worker: worker), keepsSlot: false)
    }
    let shared = task - wholeCount
    // In this order: what an image's operations wait for has begun by then.
    if shared < slotTaskCount {
      run(slotOperations, ofSlot: group(sharing: shared, worker: worker), keepsSlot: true)
      latches[shared].open()
    } else {
      performImage(shared - slotTaskCount, worker: worker)
    }
  }

  /// The last operations of image `index`, counted from the first one of the shared slots.
  private func performImage(_ index: Int, worker: Int) {
    let shared = index / ImageGroup.imagesPerSlot
    if !slotOperations.isEmpty { latches[shared].wait() }
    let slot = group(sharing: shared, worker: worker)
    let part = index % ImageGroup.imagesPerSlot
    if part < slot.images.count { run(imageOperations, slot.part(part, size: 1, keepsSlot: true)) }
  }

  /// All images of the shared slot `shared`, with memory of its own for what the operations leave for one another.
  private func group(sharing shared: Int, worker: Int) -> ImageGroup {
    ImageGroup(
      slot: wholeCount + shared, of: imageCount, worker: worker, memory: latches.count + shared)
  }

  private func run(_ operations: Range<Int>, ofSlot slot: ImageGroup, keepsSlot: Bool) {
    // An observer sees whole slots: later operations may overwrite what it is to see.
    let size = observer == nil ? imagesAtATime : slot.images.count
    for part in 0..<slot.parts(size: size) { run(operations, slot.part(part, size: size, keepsSlot: keepsSlot)) }
  }

  private func run(_ operations: Range<Int>, _ group: ImageGroup) {
    guard let times else {
      for index in operations { run(operation: index, group) }
      return
    }
    runTimed(operations, group, times)
  }

  func run(operation index: Int, _ group: ImageGroup) {
    operations[index].run(group)
    if let observer { observer.record(operations[index], index: index, of: self, group: group) }
  }

  // MARK: The region

  func run(on pool: WorkerPool, imageCount: Int, observer: (any PassObserver<S>)?, times: StepTimes?) {
    self.imageCount = imageCount
    self.observer = observer
    self.times = times
    slotCount = ImageGroup.slots(of: imageCount)
    sharedCount = pool.threads == 1 || observer != nil ? 0 : min(pool.threads, slotCount)
    for index in 0..<latches.count { latches[index].close() }
    observer?.begin(self)
    times?.begin(self)
    pool.run(self, tasks: wholeCount + slotTaskCount + imageTaskCount, apportioned: wholeCount)
    let end = times == nil ? 0 : StepTimes.now
    for index in 0..<finish.count { finish[index]() }
    times?.add(.betweenRegions, since: end)
    self.observer = nil
    self.times = nil
  }
}
