import CKernels
import Kernels
import Platform
import Synchronization
import Tensors
import Testing

@testable import Layers
@testable import Networks

@Suite("A region shares its slots out among threads")
struct RegionTests {
  /// What steps did, in which order: the step's index, and the image.
  private final class Diary: Sendable {
    private let entries = Mutex<[(step: Int, image: Int)]>([])

    func note(_ step: Int, _ group: ImageGroup) {
      entries.withLock { entries in
        for image in group.images { entries.append((step, image)) }
      }
    }

    var order: [(step: Int, image: Int)] { entries.withLock { $0 } }
  }

  /// Small maps go a slot at a time, large ones image by image.
  private static let sizes = [ImageGroup.imagesPerSlot, 1]

  @Test(
    "every image goes through the steps in their order, and no step that needs a slot whole is overtaken",
    arguments: [(5, 2), (7, 3), (18, 2), (18, 3), (18, 7), (18, 1)], sizes)
  func order(sizes: (count: Int, threads: Int), imagesAtATime: Int) throws {
    let pool = try WorkerPool(threads: sizes.threads)
    let diary = Diary()
    func step(_ index: Int, _ scope: OperationFacts.Scope, _ run: @escaping (ImageGroup) -> Void) -> BoundOperation<Float> {
      let facts = OperationFacts(layer: "step \(index)", direction: .inputGradient, part: .pointwise, scope: scope)
      return BoundOperation(facts: facts, result: nil, written: nil, run: run)
    }
    let operations = [
      step(0, .image) { group in
        // Long enough for another thread to run ahead, if nothing kept it.
        usleep(1000)
        diary.note(0, group)
      },
      step(1, .slot) { diary.note(1, $0) }, step(2, .image) { diary.note(2, $0) },
    ]
    let region = Region(
      operations: operations, imagesAtATime: imagesAtATime,
      latches: (0..<sizes.threads).map { _ in Latch(threads: sizes.threads) },
      finish: [], arrivals: [], readAhead: ReadAhead(workers: sizes.threads, budget: 0))
    // The second pass meets what the first one left.
    for round in 0..<2 {
      region.run(on: pool, imageCount: sizes.count, observer: nil, times: nil)
      check(Array(diary.order.suffix(3 * sizes.count)), count: sizes.count)
      #expect(diary.order.count == 3 * sizes.count * (round + 1))
    }
  }

  @Test("while a group is computed, what the next one reads is known", arguments: [(18, 1), (18, 2), (5, 1), (3, 2)], sizes)
  func readsAhead(sizes: (count: Int, threads: Int), imagesAtATime: Int) throws {
    let pool = try WorkerPool(threads: sizes.threads)
    let readAhead = ReadAhead(workers: sizes.threads, budget: 1 << 20)
    let batch = Tensor<Float>(shape: [sizes.count, 1, 1, 4])
    let found = Mutex<[Range<Int>: Range<Int>]>([:])
    func images(_ memory: gf_range) -> Range<Int> {
      let first = memory.begin.map { ($0 - UnsafeRawPointer(batch.at(0))) / 16 } ?? -1
      return first..<first + memory.bytes / 16
    }
    let operation = BoundOperation<Float>(
      facts: OperationFacts(layer: "convolution", direction: .forward, part: .convolution, products: 1), result: nil, written: nil
    ) { group in
      let noted = readAhead.take(worker: group.worker).map(images)
      found.withLock { $0[group.images] = noted.first ?? 0..<0 }
    }
    let region = Region(
      operations: [operation], imagesAtATime: imagesAtATime,
      latches: (0..<sizes.threads).map { _ in Latch(threads: sizes.threads) }, finish: [],
      arrivals: [GroupTensor(batch)], readAhead: readAhead)
    region.run(on: pool, imageCount: sizes.count, observer: nil, times: nil)
    // Slots that threads share are cut into images, whose order nobody knows.
    let slots = ImageGroup.slots(of: sizes.count)
    let sharedFrom = (slots - (sizes.threads == 1 ? 0 : min(sizes.threads, slots))) * ImageGroup.imagesPerSlot
    var expected: [Range<Int>: Range<Int>] = [:]
    for slot in (0..<slots).map({ ImageGroup(slot: $0, of: sizes.count).images }) {
      let size = slot.lowerBound >= sharedFrom ? 1 : imagesAtATime
      for first in stride(from: slot.lowerBound, to: slot.upperBound, by: size) {
        let group = first..<min(first + size, slot.upperBound)
        let next = group.upperBound..<max(group.upperBound, min(group.upperBound + group.count, sizes.count))
        expected[group] = slot.lowerBound >= sharedFrom || next.isEmpty ? 0..<0 : next
      }
    }
    #expect(found.withLock { $0 } == expected)
    #expect(expected.values.contains { !$0.isEmpty } == (sharedFrom > imagesAtATime))
  }

  private func check(_ order: [(step: Int, image: Int)], count: Int) {
    for image in 0..<count {
      #expect(order.filter { $0.image == image }.map(\.step) == [0, 1, 2], "image \(image)")
    }
    for slot in 0..<ImageGroup.slots(of: count) {
      let images = ImageGroup(slot: slot, of: count).images
      #expect(order.filter { $0.step == 1 && images.contains($0.image) }.map(\.image) == Array(images), "slot \(slot)")
    }
  }
}
