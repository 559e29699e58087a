import Kernels
import Tensors

/// Where a trainer's batches come from. Places count from 0 within each set.
public protocol BatchSource: AnyObject {
  var trainingCount: Int { get }
  var validationCount: Int { get }
  var testCount: Int { get }

  /// The training set's places in the order in which an epoch visits them.
  func trainingOrder(epoch: Int) -> [Int]

  /// Writes one image, [side, side, 3], normalised, to `pixels`, and returns its label. Called by several threads at once.
  ///
  /// - Parameter epoch: of the augmentation; `nil`: the image as it is.
  func load(_ set: DataSet, place: Int, epoch: Int?, into pixels: UnsafeMutablePointer<Float>) -> Int32
}

public enum DataSet: String, Sendable { case training, validation, test }

/// Fills a network's batch, an image a task.
final class BatchLoading: ParallelWork {
  private let source: any BatchSource
  private let images: Tensor<Float>
  private let labels: UnsafeMutablePointer<Int32>
  private var set = DataSet.training
  private var epoch: Int?
  private var places: ArraySlice<Int> = []

  init(source: any BatchSource, images: Tensor<Float>, labels: UnsafeMutablePointer<Int32>) {
    self.source = source
    self.images = images
    self.labels = labels
  }

  func load(_ set: DataSet, places: ArraySlice<Int>, epoch: Int?, on pool: WorkerPool) {
    self.set = set
    self.places = places
    self.epoch = epoch
    pool.run(self, tasks: places.count)
  }

  func perform(task: Int, worker: Int) {
    labels[task] = source.load(set, place: places[places.startIndex + task], epoch: epoch, into: images.at(task))
  }
}
