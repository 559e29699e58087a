import Kernels
import Layers

/// Looks at what each operation of a pass leaves, on the worker that just ran it. A pass that is observed goes slot by slot, with no
/// slot shared: the same computations, otherwise shared out.
protocol PassObserver<S>: AnyObject {
  associatedtype S: KernelScalar
  /// Before the first operation of a region.
  func begin(_ region: Region<S>, imageCount: Int)
  /// Every (operation, slot) is seen once; those of different slots at the same time.
  func record(_ operation: BoundOperation<S>, index: Int, of region: Region<S>, group: ImageGroup)
}
