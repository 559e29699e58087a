import CKernels
import Kernels

/// Average pooling over windows that touch, overlap, leave gaps and leave a border.
struct PoolShape: Sendable {
  let height, width, channels, windowHeight, windowWidth, stride: Int

  var rows: Int { (height - windowHeight) / stride + 1 }
  var columns: Int { (width - windowWidth) / stride + 1 }
  var inputCount: Int { height * width * channels }
  var outputCount: Int { rows * columns * channels }
  var text: String {
    "\(height)x\(width), window \(windowHeight)x\(windowWidth), stride \(stride), \(channels) channels"
  }

  static let all = oddChannels.enumerated().map { i, channels in
    let (height, width, windowHeight, windowWidth, stride) = [
      (1, 1, 1, 1, 1), (4, 4, 2, 2, 2), (5, 7, 2, 2, 2), (5, 5, 3, 3, 1), (7, 6, 3, 2, 2), (8, 8, 8, 8, 1),
      (6, 6, 2, 2, 3),
    ][i % 7]
    return PoolShape(
      height: height, width: width, channels: channels, windowHeight: windowHeight, windowWidth: windowWidth,
      stride: stride)
  }
}

func poolingCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("average_pool_forward", type) { set, generator in
      PoolShape.all.map { shape in
        let x = Memory<S>(generator.values(shape.inputCount, set))
        return .init(shape: shape.text) { kernels in
          let y = Memory<S>(count: shape.outputCount, repeating: 7)
          kernels.pointee.average_pool_forward(
            x.pointer, shape.height, shape.width, shape.channels, shape.windowHeight, shape.windowWidth, shape.stride,
            y.pointer)
          return [y.field("output")]
        }
      }
    },
    KernelCase("average_pool_backward", type) { set, generator in
      PoolShape.all.map { shape in
        let dy = Memory<S>(generator.values(shape.outputCount, set))
        return .init(shape: shape.text) { kernels in
          let dx = Memory<S>(count: shape.inputCount, repeating: 7)
          kernels.pointee.average_pool_backward(
            dy.pointer, shape.height, shape.width, shape.channels, shape.windowHeight, shape.windowWidth,
            shape.stride, dx.pointer)
          return [dx.field("input gradient")]
        }
      }
    },
  ]
}
