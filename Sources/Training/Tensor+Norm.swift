import Kernels
import Networks
import Tensors

extension Tensor where S == Float {
  /// The Euclidean norm, as traces tell it: summed in double.
  func norm(_ kernels: KernelTable) -> Double {
    TensorStatistics(of: UnsafeBufferPointer(elements), kernels: kernels).l2
  }
}
