import CKernels
import Kernels

/// A convolution's geometry, for gather tables that the tests make themselves.
struct ConvolutionShape: Sendable {
  var height, width, kernelHeight, kernelWidth, stride, padding, dilation, channels, filters: Int

  var rows: Int { (height + 2 * padding - dilation * (kernelHeight - 1) - 1) / stride + 1 }
  var columns: Int { (width + 2 * padding - dilation * (kernelWidth - 1) - 1) / stride + 1 }
  var pixels: Int { rows * columns }
  var taps: Int { kernelHeight * kernelWidth }

  var text: String {
    "\(height)x\(width), kernel \(kernelHeight)x\(kernelWidth), stride \(stride), padding \(padding), "
      + "dilation \(dilation), \(channels) channels, \(filters) filters"
  }

  /// [pixels][taps]: index of the source pixel, or -1 on padding.
  var gatherTable: [Int32] {
    var table: [Int32] = []
    for row in 0..<rows {
      for column in 0..<columns {
        for r in 0..<kernelHeight {
          for s in 0..<kernelWidth {
            let h = row * stride + r * dilation - padding
            let w = column * stride + s * dilation - padding
            let inside = (0..<height).contains(h) && (0..<width).contains(w)
            table.append(inside ? Int32(h * width + w) : -1)
          }
        }
      }
    }
    return table
  }

  /// Every odd channel count as channels and as filters; pixels that fill no block, and more than one chunk of 64.
  static let all: [ConvolutionShape] = [
    .init(1, 1, 1, 1, 1, 0, 1, 1, 1),
    .init(3, 3, 3, 3, 1, 1, 1, 3, 5),
    .init(9, 8, 3, 3, 1, 1, 1, 3, 32),
    .init(5, 4, 3, 3, 1, 1, 1, 5, 7),
    .init(7, 5, 3, 3, 2, 1, 1, 7, 16),
    .init(6, 7, 3, 3, 1, 2, 2, 16, 31),
    .init(4, 5, 5, 5, 1, 3, 1, 31, 3),
    .init(5, 5, 3, 3, 1, 1, 1, 32, 32),
    .init(11, 13, 1, 1, 1, 0, 1, 33, 48),
    .init(3, 5, 2, 3, 2, 1, 1, 48, 33),
    .init(1, 1, 1, 1, 1, 0, 1, 32, 100),
    .init(3, 2, 3, 1, 1, 2, 2, 100, 1),
  ]

  private init(
    _ height: Int, _ width: Int, _ kernelHeight: Int, _ kernelWidth: Int, _ stride: Int, _ padding: Int,
    _ dilation: Int, _ channels: Int, _ filters: Int
  ) {
    self.height = height
    self.width = width
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.channels = channels
    self.filters = filters
  }
}

/// A gather table and its zeros, in memory.
final class Gather<S: KernelScalar>: Sendable {
  let taps, pixels: Int
  private let table: Memory<Int32>
  private let zeros: Memory<S>

  init(table: [Int32], taps: Int, channels: Int) {
    self.taps = taps
    pixels = table.count / taps
    self.table = Memory(table)
    zeros = Memory(count: channels, repeating: 0)
  }

  var descriptor: gf_gather {
    gf_gather(table: table.pointer, pixels: pixels, taps: taps, zeros: UnsafeRawPointer(zeros.pointer))
  }
}

/// `values` cut into rows, each padded with +0 to `row` elements.
func paddedRows<S: KernelScalar>(_ values: [S], rows: Int, row: Int) -> [S] {
  let used = values.count / rows
  var padded: [S] = []
  padded.reserveCapacity(rows * row)
  for r in 0..<rows {
    padded += values[r * used..<(r + 1) * used]
    padded += [S](repeating: 0, count: row - used)
  }
  return padded
}

func convolutionCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("convolve", type) { set, generator in
      ConvolutionShape.all.enumerated().map { i, shape in
        let row = paddedCount(shape.filters, of: type)
        let gather = Gather<S>(table: shape.gatherTable, taps: shape.taps, channels: shape.channels)
        let rows = shape.taps * shape.channels
        let (source, weights) = generator.factors(
          shape.height * shape.width * shape.channels, rows * shape.filters, set, rooted: i % 2 == 0, of: type)
        let x = Memory(source)
        let w = Memory(paddedRows(weights, rows: rows, row: row))
        let bias = i % 4 == 0 ? Memory<S>(generator.values(shape.filters, set)) : nil
        let addend: [S]? = i % 3 == 0 ? generator.values(shape.pixels * shape.filters, set) : nil
        return KernelCase.Run(
          shape: shape.text + (bias == nil ? "" : ", bias") + (addend == nil ? "" : ", added to what the output holds")
        ) { kernels in
          let y = Memory<S>(addend ?? [S](repeating: 7, count: shape.pixels * shape.filters))
          var arguments = gf_convolve(
            gather: gather.descriptor, channels: shape.channels, filters: shape.filters, padded_filters: row,
            source: x.pointer, weights: w.pointer, bias: bias?.pointer, addend: addend == nil ? nil : y.pointer,
            output: y.pointer)
          kernels.pointee.convolve(&arguments)
          return [y.field("output")]
        }
      }
    },
    KernelCase("weight_gradient", type) { set, generator in
      ConvolutionShape.all.enumerated().map { i, shape in
        let row = paddedCount(shape.filters, of: type)
        let rows = shape.taps * shape.channels
        let gather = Gather<S>(table: shape.gatherTable, taps: shape.taps, channels: shape.channels)
        let (source, gradient) = generator.factors(
          shape.height * shape.width * shape.channels, shape.pixels * shape.filters, set, rooted: i % 2 == 0, of: type)
        let (x, dy) = (Memory(source), Memory(gradient))
        let held =
          i % 3 == 0
          ? paddedRows(generator.values(rows * shape.filters, set), rows: rows, row: row)
          : [S](repeating: 0, count: rows * row)
        return KernelCase.Run(shape: shape.text) { kernels in
          let sums = Memory<S>(held)
          var arguments = gf_weight_gradient(
            gather: gather.descriptor, channels: shape.channels, filters: shape.filters, padded_filters: row,
            source: x.pointer, gradient: dy.pointer, sums: sums.pointer)
          kernels.pointee.weight_gradient(&arguments)
          // Beyond the filters a row holds sums of nothing, which nobody reads and which blocks of different width
          // fill differently.
          let used = (0..<rows).flatMap { r in
            (0..<shape.filters).map { sums.pointer[r * row + $0] }
          }
          let all = sums.field("sums")
          return [
            Field(
              name: "sums", elementBytes: all.elementBytes, isFloatingPoint: true,
              bytes: used.withUnsafeBytes { Array($0) }, isIntact: all.isIntact)
          ]
        }
      }
    },
    packCase("pack_forward", type, \.pack_forward) { paddedCount($0.filters, of: type) * $0.channels },
    packCase("pack_backward", type, \.pack_backward) { paddedCount($0.channels, of: type) * $0.filters },
    KernelCase("reduce_slots", type) { set, generator in
      ConvolutionShape.all.enumerated().map { i, shape in
        let slotCount = [1, 2, 5, 3][i % 4]
        let accumulate = i % 3 == 1
        let rows = shape.taps * shape.channels
        let range = i % 2 == 0 ? 0..<rows : rows / 3..<(rows + 1) / 2 + 1
        let row = paddedCount(shape.filters, of: type)
        let slots = Memory<S>(
          paddedRows(generator.values(slotCount * rows * shape.filters, set), rows: slotCount * rows, row: row))
        let held: [S] = generator.values(rows * shape.filters, set)
        return KernelCase.Run(
          shape: "\(slotCount) slots of \(shape.text), rows \(range)" + (accumulate ? ", accumulating" : "")
        ) { kernels in
          let out = Memory<S>(held)
          kernels.pointee.reduce_slots(
            slots.pointer, slotCount, shape.filters, shape.channels, shape.taps, range.lowerBound,
            min(range.upperBound, rows), accumulate ? 1 : 0, out.pointer)
          return [out.field("weight gradient")]
        }
      }
    },
  ]
}

private typealias Pack = @convention(c) (UnsafeRawPointer?, Int, Int, Int, UnsafeMutableRawPointer?) -> Void

private func packCase<S: KernelScalar>(
  _ name: String, _ type: S.Type, _ kernel: KeyPath<gf_kernels, Pack?> & Sendable,
  packedCount: @escaping @Sendable (ConvolutionShape) -> Int
) -> KernelCase {
  KernelCase(name, type) { set, generator in
    ConvolutionShape.all.map { shape in
      let w = Memory<S>(generator.values(shape.filters * shape.channels * shape.taps, set))
      return KernelCase.Run(shape: shape.text) { kernels in
        let packed = Memory<S>(count: packedCount(shape) * shape.taps, repeating: 7)
        kernels.pointee[keyPath: kernel]!(w.pointer, shape.filters, shape.channels, shape.taps, packed.pointer)
        return [packed.field("packed")]
      }
    }
  }
}
