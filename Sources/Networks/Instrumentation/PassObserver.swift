import Kernels
import Layers

/// Sees the result of each operation of a pass, on the worker that ran it. While a pass is observed workers share no slot; the
/// computations are the same.
protocol PassObserver<S>: AnyObject {
  associatedtype S: KernelScalar
  /// Before the first operation of a region.
  func begin(_ region: Region<S>, imageCount: Int)
  /// Called once for each pair of operation and slot; for different slots at the same time.
  func record(_ operation: BoundOperation<S>, index: Int, of region: Region<S>, group: ImageGroup)
}
