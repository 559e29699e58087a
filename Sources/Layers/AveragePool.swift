import CKernels
import Kernels
import Tensors

/// Average over windows, without padding; windows that would leave the map are dropped.
///
/// x: [N, H, W, C], y: [N, (H − size)/stride + 1, (W − size)/stride + 1, C]. Adds over the window's rows, then columns,
/// ascending, and divides by the number of values. Global average pooling is one window over the whole map.
public struct AveragePool<S: KernelScalar> {
  public let windowHeight: Int
  public let windowWidth: Int
  public let stride: Int
  private let kernels: KernelTable

  public init(window: Int, stride: Int, kernels: KernelTable) {
    self.init(windowHeight: window, windowWidth: window, stride: stride, kernels: kernels)
  }

  private init(windowHeight: Int, windowWidth: Int, stride: Int, kernels: KernelTable) {
    precondition(windowHeight > 0 && windowWidth > 0 && stride > 0)
    self.windowHeight = windowHeight
    self.windowWidth = windowWidth
    self.stride = stride
    self.kernels = kernels
  }

  public static func global(height: Int, width: Int, kernels: KernelTable) -> AveragePool {
    AveragePool(windowHeight: height, windowWidth: width, stride: 1, kernels: kernels)
  }

  public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
    precondition(height >= windowHeight && width >= windowWidth, "a window larger than the map")
    return ((height - windowHeight) / stride + 1, (width - windowWidth) / stride + 1)
  }

  public func forward(_ x: Tensor<S>, into y: Tensor<S>, images: Range<Int>) {
    for image in images {
      kernels.pointee.average_pool_forward(
        x.at(image), x.shape[1], x.shape[2], x.shape[3], windowHeight, windowWidth, stride, y.at(image))
    }
  }

  /// dL/dx: each input gets dy / (values in a window) from every window it is in, rows then columns ascending.
  public func backward(_ dy: Tensor<S>, into dx: Tensor<S>, images: Range<Int>) {
    for image in images {
      kernels.pointee.average_pool_backward(
        dy.at(image), dx.shape[1], dx.shape[2], dx.shape[3], windowHeight, windowWidth, stride, dx.at(image))
    }
  }
}
