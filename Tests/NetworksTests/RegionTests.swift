import Kernels
import Layers
import Platform
import Synchronization
import Testing

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
      finish: [])
    // The second pass meets what the first one left.
    for round in 0..<2 {
      region.run(on: pool, imageCount: sizes.count, observer: nil, times: nil)
      check(Array(diary.order.suffix(3 * sizes.count)), count: sizes.count)
      #expect(diary.order.count == 3 * sizes.count * (round + 1))
    }
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
