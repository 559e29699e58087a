import Foundation
import Kernels
import Layers

/// The layers' forward passes once more, straight from their definitions, on plain arrays.
///
/// Where the engine promises an order of operations, the same order is used here, so that the results agree bit for
/// bit. With absolute values as inputs they give Σ|terms|, the scale of rounding errors.
package enum Reference {
  /// y[n,p,q,k] = Σ over r, s, c ascending, fused, from +0, then + b[k]. x: [N, H, W, C], weight: [K, C, R, S].
  package static func convolution<S: KernelScalar>(
    _ x: [S], images: Int, channels: Int, sizes: ConvolutionGeometry.Sizes, weight: [S], filters: Int, bias: [S]? = nil
  ) -> [S] {
    let (height, width) = (sizes.height, sizes.width)
    let outputHeight = (height + 2 * sizes.padding - sizes.dilation * (sizes.kernelHeight - 1) - 1) / sizes.stride + 1
    let outputWidth = (width + 2 * sizes.padding - sizes.dilation * (sizes.kernelWidth - 1) - 1) / sizes.stride + 1
    var y: [S] = []
    y.reserveCapacity(images * outputHeight * outputWidth * filters)
    for n in 0..<images {
      for p in 0..<outputHeight {
        for q in 0..<outputWidth {
          for k in 0..<filters {
            var sum: S = 0
            for r in 0..<sizes.kernelHeight {
              for s in 0..<sizes.kernelWidth {
                let h = p * sizes.stride - sizes.padding + r * sizes.dilation
                let w = q * sizes.stride - sizes.padding + s * sizes.dilation
                let isInside = h >= 0 && h < height && w >= 0 && w < width
                for c in 0..<channels {
                  let value = isInside ? x[((n * height + h) * width + w) * channels + c] : 0
                  let factor = weight[((k * channels + c) * sizes.kernelHeight + r) * sizes.kernelWidth + s]
                  sum = sum.addingProduct(value, factor)
                }
              }
            }
            y.append(bias.map { sum + $0[k] } ?? sum)
          }
        }
      }
    }
    return y
  }

  /// Windows of rows, then columns, ascending, from +0; divided by the number of values. x: [N, H, W, C].
  package static func averagePool<S: KernelScalar>(
    _ x: [S], images: Int, height: Int, width: Int, channels: Int, window: (height: Int, width: Int), stride: Int
  ) -> [S] {
    var y: [S] = []
    for n in 0..<images {
      for p in Swift.stride(from: 0, through: height - window.height, by: stride) {
        for q in Swift.stride(from: 0, through: width - window.width, by: stride) {
          for c in 0..<channels {
            var sum: S = 0
            for r in 0..<window.height {
              for s in 0..<window.width { sum += x[((n * height + p + r) * width + q + s) * channels + c] }
            }
            y.append(sum / S(window.height * window.width))
          }
        }
      }
    }
    return y
  }

  package static func leakyReLU<S: KernelScalar>(_ x: [S], slope: S) -> [S] { x.map { $0 > 0 ? $0 : slope * $0 } }

  /// x·wᵀ + b. x: [N, C], weight: [K, C].
  package static func linear<S: KernelScalar>(_ x: [S], images: Int, weight: [S], bias: [S]) -> [S] {
    let channels = x.count / images
    return (0..<images * bias.count).map { i in
      let (n, k) = (i / bias.count, i % bias.count)
      var sum: S = 0
      for c in 0..<channels { sum = sum.addingProduct(x[n * channels + c], weight[k * channels + c]) }
      return sum + bias[k]
    }
  }

  /// Mean and biased variance per channel; two passes over the whole batch.
  package static func batchStatistics(_ x: [Double], channels: Int) -> (mean: [Double], variance: [Double]) {
    let m = Double(x.count / channels)
    var mean = [Double](repeating: 0, count: channels), variance = mean
    for (i, value) in x.enumerated() { mean[i % channels] += value }
    for c in 0..<channels { mean[c] /= m }
    for (i, value) in x.enumerated() {
      let distance = value - mean[i % channels]
      variance[i % channels] += distance * distance
    }
    return (mean, variance.map { $0 / m })
  }

  /// γ·(x − mean) / √(variance + ε) + β.
  package static func batchNorm(
    _ x: [Double], mean: [Double], variance: [Double], gamma: [Double], beta: [Double], epsilon: Double
  ) -> [Double] {
    let channels = gamma.count
    return x.enumerated().map { i, value in
      let c = i % channels
      return gamma[c] * (value - mean[c]) / (variance[c] + epsilon).squareRoot() + beta[c]
    }
  }

  /// −log softmax(z)[label] of each example. logits: [N, classes].
  package static func softmaxCrossEntropy(_ logits: [Double], labels: [Int]) -> [Double] {
    let classes = logits.count / labels.count
    return labels.enumerated().map { n, label in
      let z = logits[n * classes..<(n + 1) * classes]
      let largest = z.max() ?? 0
      return log(z.reduce(0) { $0 + exp($1 - largest) }) + largest - z[z.startIndex + label]
    }
  }
}
