import Kernels
import Tensors

/// The two orders of an image's numbers: planes [N, 3, H, W] in files, pixels [N, H, W, 3] in the engine.
struct PlaneOrder {
  let images: Int
  let side: Int

  private var channels: Int { NetworkConfiguration.imageChannels }
  var shape: [Int] { [images, channels, side, side] }

  /// From planes to pixels.
  func interleave<S>(_ planes: [S], into tensor: Tensor<S>) {
    let pixels = side * side
    for image in 0..<images {
      for channel in 0..<channels {
        let plane = (image * channels + channel) * pixels
        for pixel in 0..<pixels {
          tensor.pointer[(image * pixels + pixel) * channels + channel] = planes[plane + pixel]
        }
      }
    }
  }

  /// From pixels to planes.
  func planes<S>(of tensor: Tensor<S>) -> Tensor<S> {
    let planes = Tensor<S>(shape: shape)
    let pixels = side * side
    for image in 0..<images {
      for channel in 0..<channels {
        let plane = (image * channels + channel) * pixels
        for pixel in 0..<pixels {
          planes.pointer[plane + pixel] = tensor.pointer[(image * pixels + pixel) * channels + channel]
        }
      }
    }
    return planes
  }
}
