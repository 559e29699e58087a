import Kernels
import Layers
import Synchronization

/// The first operation of a pass, in the order of the signal, that leaves a number which is not finite.
final class FirstNonFinite<S: KernelScalar>: PassObserver {
  private let kernels: KernelTable
  private var operations: [BoundOperation<S>] = []
  private var firstOfRegion = 0
  private let first = Atomic<Int>(.max)

  init(kernels: KernelTable) { self.kernels = kernels }

  /// Its layer's name.
  var label: String? {
    let index = first.load(ordering: .sequentiallyConsistent)
    return index < operations.count ? operations[index].facts.layer : nil
  }

  func begin(_ region: Region<S>, imageCount: Int) {
    firstOfRegion = operations.count
    operations += region.operations
  }

  func record(_ operation: BoundOperation<S>, index: Int, of region: Region<S>, group: ImageGroup) {
    guard let result = operation.result else { return }
    if TensorStatistics(of: result.elements(of: group), kernels: kernels).nonFinite > 0 {
      first.min(firstOfRegion + index, ordering: .sequentiallyConsistent)
    }
  }
}
