import Kernels
import Networks
import Tensors

/// Where a trainer's batches come from. Places count from 0 within each set.
public protocol BatchSource: AnyObject, Sendable {
  var trainingCount: Int { get }
  var validationCount: Int { get }
  var testCount: Int { get }

  /// An epoch of the training set: its order and its augmentation.
  func trainingEpoch(_ index: Int) -> TrainingEpoch

  /// Writes one image without augmentation, [side, side, 3], normalised, to `pixels`, and returns its label. Several threads may
  /// call it at the same time.
  func load(_ set: DataSet, place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32
}

public enum DataSet: String, Sendable { case training, validation, test }

/// One epoch of a training set: the order in which it visits the images, and what it makes of each. A value: it says the same
/// whenever it is asked, whatever other epochs were asked for.
public struct TrainingEpoch: Sendable {
  /// Counted from 0.
  public let index: Int
  /// The training set's places in the order in which the epoch visits them.
  public let order: [Int]
  private let augmented: @Sendable (_ place: Int, _ pixels: UnsafeMutablePointer<Float>) -> Int32

  /// - Parameter augmented: writes one image, [side, side, 3], augmented and normalised, and returns its label; called by several
  ///   threads at once.
  public init(
    index: Int, order: [Int], augmented: @escaping @Sendable (_ place: Int, _ pixels: UnsafeMutablePointer<Float>) -> Int32
  ) {
    self.index = index
    self.order = order
    self.augmented = augmented
  }

  public func load(place: Int, into pixels: UnsafeMutablePointer<Float>) -> Int32 { augmented(place, pixels) }

  /// The places of batch `step`, of which the last may be smaller.
  func batch(_ step: Int, size: Int) -> ArraySlice<Int> { order[step * size..<min((step + 1) * size, order.count)] }
}

/// Which images a batch is of.
enum BatchContent {
  case augmented(TrainingEpoch, places: ArraySlice<Int>)
  case plain(DataSet, places: ArraySlice<Int>)

  var places: ArraySlice<Int> {
    switch self {
    case .augmented(_, let places), .plain(_, let places): places
    }
  }
}

/// Fills a batch, an image a task.
final class BatchLoading: ParallelWork {
  private let source: any BatchSource
  private let batch: Batch<Float>

  /// - Parameter batch: the memory of every batch that is loaded.
  init(source: any BatchSource, into batch: Batch<Float>) {
    self.source = source
    self.batch = batch
  }

  /// The batch is good until the next one is loaded.
  func load(_ content: BatchContent, on pool: WorkerPool) -> Batch<Float> {
    pool.run(self, with: content, tasks: content.places.count)
    return batch.first(content.places.count)
  }

  func perform(task: Int, worker: Int, with content: BatchContent) {
    let (pixels, labels) = (batch.images.at(task), batch.labels.pointer)
    switch content {
    case .augmented(let epoch, let places): labels[task] = epoch.load(place: places[places.startIndex + task], into: pixels)
    case .plain(let set, let places): labels[task] = source.load(set, place: places[places.startIndex + task], into: pixels)
    }
  }
}
