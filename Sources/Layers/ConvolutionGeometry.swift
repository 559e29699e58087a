import CKernels
import Kernels
import Tensors

/// Sizes of a 2-D convolution, and the tables that say which input pixel each tap of each output pixel reads.
///
/// Output size: (H + 2·padding − dilation·(R − 1) − 1) / stride + 1, rounded down.
/// Source: Dumoulin & Visin, arXiv:1603.07285.
public final class ConvolutionGeometry: Sendable {
  public struct Sizes: Hashable, Sendable {
    public var height: Int
    public var width: Int
    public var kernelHeight: Int
    public var kernelWidth: Int
    public var stride: Int
    public var padding: Int
    public var dilation: Int

    public init(
      height: Int, width: Int, kernelHeight: Int = 3, kernelWidth: Int = 3, stride: Int = 1, padding: Int = 1,
      dilation: Int = 1
    ) {
      self.height = height
      self.width = width
      self.kernelHeight = kernelHeight
      self.kernelWidth = kernelWidth
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
    }

    /// - Throws: `LayerError` if there is no output.
    public func output() throws(LayerError) -> (height: Int, width: Int) {
      guard height > 0, width > 0, kernelHeight > 0, kernelWidth > 0, stride > 0, dilation > 0, padding >= 0
      else { throw .impossibleGeometry("a convolution with \(self)") }
      func outputSize(_ input: Int, _ kernel: Int) throws(LayerError) -> Int {
        let span = input + 2 * padding - dilation * (kernel - 1) - 1
        guard span >= 0 else {
          throw .kernelLargerThanInput(kernel: kernel, padding: padding, dilation: dilation, input: input)
        }
        return span / stride + 1
      }
      return (try outputSize(height, kernelHeight), try outputSize(width, kernelWidth))
    }

    /// Whether minimal filtering computes the convolution instead of the direct sum; a function of sizes alone, and part of
    /// the reproducibility contract. It takes fewer multiplications from 3×3 pixels on; with fewer than 4 channels on a side
    /// its transforms cost more than they save.
    public func suitWinograd(channels: Int, filters: Int) -> Bool {
      kernelHeight == 3 && kernelWidth == 3 && stride == 1 && padding == 1 && dilation == 1 && min(height, width) >= 3
        && min(channels, filters) >= 4
    }
  }

  /// What `init` allocates, in bytes; nothing for sizes that it refuses.
  package static func workspaceBytes(_ sizes: Sizes, channels: Int) -> Int {
    guard let output = try? sizes.output() else { return 0 }
    let entries = (output.height * output.width + sizes.height * sizes.width) * sizes.kernelHeight * sizes.kernelWidth
    return entries * MemoryLayout<Int32>.stride + channels * MemoryLayout<Double>.stride
  }

  public let sizes: Sizes
  public let outputHeight: Int
  public let outputWidth: Int
  public var taps: Int { sizes.kernelHeight * sizes.kernelWidth }
  public var inputPixels: Int { sizes.height * sizes.width }
  public var outputPixels: Int { outputHeight * outputWidth }

  /// [output pixel][tap] → input pixel, and [input pixel][tap] → output pixel; −1 where there is none.
  private let forwardTable: Buffer<Int32>
  private let backwardTable: Buffer<Int32>
  private let zeros: Buffer<Double>

  /// - Parameter channels: the largest number of channels, of input or output, that the tables will be used with.
  public init(_ sizes: Sizes, channels: Int) throws(LayerError) {
    self.sizes = sizes
    let output = try sizes.output()
    outputHeight = output.height
    outputWidth = output.width
    let taps = sizes.kernelHeight * sizes.kernelWidth
    forwardTable = Buffer(count: outputHeight * outputWidth * taps)
    backwardTable = Buffer(count: sizes.height * sizes.width * taps)
    zeros = Buffer(count: channels)
    backwardTable.elements.update(repeating: -1)
    for row in 0..<outputHeight {
      for column in 0..<outputWidth {
        let output = row * outputWidth + column
        for tap in 0..<taps {
          let h = row * sizes.stride - sizes.padding + (tap / sizes.kernelWidth) * sizes.dilation
          let w = column * sizes.stride - sizes.padding + (tap % sizes.kernelWidth) * sizes.dilation
          let isInside = (0..<sizes.height).contains(h) && (0..<sizes.width).contains(w)
          let input = h * sizes.width + w
          forwardTable.pointer[output * taps + tap] = isInside ? Int32(input) : -1
          // A tap of an input pixel meets at most one output pixel, so each entry is written at most once.
          if isInside { backwardTable.pointer[input * taps + tap] = Int32(output) }
        }
      }
    }
  }

  /// As `Sizes.suitWinograd`.
  public func suitsWinograd(channels: Int, filters: Int) -> Bool { sizes.suitWinograd(channels: channels, filters: filters) }

  var forwardGather: gf_gather {
    gf_gather(table: forwardTable.pointer, pixels: outputPixels, taps: taps, zeros: zeros.pointer)
  }
  var backwardGather: gf_gather {
    gf_gather(table: backwardTable.pointer, pixels: inputPixels, taps: taps, zeros: zeros.pointer)
  }
}
