import Kernels
import Layers

/// A map or a gradient of one, of every image of a batch: what an operation writes, and later ones read.
struct Value: Hashable, Sendable {
  /// Counted from 0 in each pass.
  let id: Int
  let shape: MapShape
}

/// What a pass does in one place, without the call: all that planning looks at.
struct OperationFacts: Sendable {
  enum Direction: String, Sendable { case forward, inputGradient = "input_gradient" }

  enum Scope: String, Sendable {
    /// One image after the other, in any order.
    case image
    /// Adds up the images of a slot one after the other, so that one worker must have them all.
    case slot
    /// Once, when all images of the batch are through what comes before.
    case batch
    /// Once in a pass, beside the same of other layers, and before or behind all images.
    case network
  }

  /// One value may be written over another, image by image, if nobody reads that one later.
  struct Overwriting: Sendable {
    let written: Value
    let read: Value
  }

  /// Under which layer's name it counts.
  let layer: String
  let direction: Direction
  let part: WorkPart
  var scope = Scope.image
  var reads: [Value] = []
  var writes: [Value] = []
  var overwrites: [Overwriting] = []
  /// What it leaves, if that is something to compare between two runs.
  var result: Value?
  /// Multiply-adds of the direct algorithm, for one image.
  var multiplyAdds = 0.0
  /// Of the algorithm that is taken, where it is another one.
  var products: Double?
  /// Whether it keeps sums in a worker's scratch memory while the images of a slot pass: one such operation at a time.
  var usesAccumulator = false
  /// Which of the pass's nodes it belongs to.
  var node = 0

  /// Bytes of the values that it reads or writes, for one image.
  func bytes(elementBytes: Int) -> Int { (reads + writes).reduce(0) { $0 + $1.shape.count * elementBytes } }

  /// Bytes of the largest of these values.
  func largestMap(elementBytes: Int) -> Int { (reads + writes).reduce(0) { max($0, $1.shape.count * elementBytes) } }
}

/// What a pass does in one place, and how it is called once the memory of all values is there.
struct Operation<S: KernelScalar> {
  enum Call {
    /// For a group of images.
    case images((PassMemory<S>) -> (ImageGroup) -> Void)
    /// For scopes `batch` and `network`.
    case once((PassMemory<S>) -> () -> Void)
  }

  let facts: OperationFacts
  let call: Call
}
