import CKernels
import Kernels

/// Maps for the Winograd kernels: covered by tiles of 4×4 exactly, overhung by one to three pixels, smaller than a tile;
/// more tiles than go together; every odd channel count as channels and as filters.
struct WinogradShape: Sendable {
  var images, height, width, channels, filters: Int

  var text: String { "\(images)x\(height)x\(width), \(channels) channels, \(filters) filters" }
  var pixels: Int { images * height * width }
  var tiles: Int { images * ((height + 3) / 4) * ((width + 3) / 4) }
  var shape: gf_winograd_shape { gf_winograd_shape(images: images, height: height, width: width) }

  static let all: [WinogradShape] = [
    .init(images: 1, height: 4, width: 4, channels: 1, filters: 1),
    .init(images: 1, height: 3, width: 5, channels: 3, filters: 5),
    .init(images: 2, height: 5, width: 6, channels: 5, filters: 7),
    .init(images: 1, height: 9, width: 8, channels: 16, filters: 31),
    .init(images: 7, height: 8, width: 7, channels: 31, filters: 3),
    .init(images: 1, height: 1, width: 2, channels: 33, filters: 48),
    .init(images: 1, height: 6, width: 4, channels: 32, filters: 32),
    .init(images: 3, height: 4, width: 4, channels: 48, filters: 33),
    .init(images: 1, height: 2, width: 3, channels: 7, filters: 100),
    .init(images: 1, height: 11, width: 13, channels: 100, filters: 16),
    // More tiles than go together, the last of them within a row, at the numbers of channels that are compiled as constants.
    .init(images: 1, height: 14, width: 27, channels: 32, filters: 32),
    .init(images: 2, height: 16, width: 16, channels: 16, filters: 16),
  ]

  /// Scratch memory whose former contents must not matter.
  func scratch<S: KernelScalar>(_: S.Type) -> Memory<S> {
    Memory(
      count: gf_winograd_scratch(channels, filters, MemoryLayout<S>.size) / MemoryLayout<S>.size, repeating: S.nan)
  }

  func accumulator<S: KernelScalar>(_: S.Type, repeating value: S = .nan) -> Memory<S> {
    Memory(count: 36 * channels * paddedCount(filters, of: S.self), repeating: value)
  }
}

func winogradCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("winograd_convolve", type) { set, generator in
      WinogradShape.all.enumerated().map { i, shape in
        let row = paddedCount(shape.filters, of: type), rows = 36 * shape.channels
        let (source, weights) = generator.factors(
          shape.pixels * shape.channels, rows * shape.filters, set, rooted: i % 2 == 0, of: type)
        let (x, w) = (Memory(source), Memory(paddedRows(weights, rows: rows, row: row)))
        let bias = i % 4 == 0 ? Memory<S>(generator.values(shape.filters, set)) : nil
        let addend: [S]? = i % 3 == 0 ? generator.values(shape.pixels * shape.filters, set) : nil
        return KernelCase.Run(
          shape: shape.text + (bias == nil ? "" : ", bias") + (addend == nil ? "" : ", added to what the output holds")
        ) { kernels in
          let y = Memory<S>(addend ?? [S](repeating: 7, count: shape.pixels * shape.filters))
          let scratch = shape.scratch(type)
          // What is fetched meanwhile decides nothing: nothing, some bytes, none, all there is.
          let ranges = [
            gf_range(begin: w.pointer, bytes: 7), gf_range(begin: x.pointer, bytes: 0),
            gf_range(begin: x.pointer, bytes: shape.pixels * shape.channels * MemoryLayout<S>.size),
          ]
          let ahead = Memory(ranges)
          var arguments = gf_winograd(
            shape: shape.shape, channels: shape.channels, filters: shape.filters, source: x.pointer,
            weights: w.pointer, bias: bias?.pointer, addend: addend == nil ? nil : UnsafeRawPointer(y.pointer),
            output: y.pointer, scratch: scratch.pointer, ahead: ahead.pointer, ahead_count: i % 4)
          kernels.pointee.winograd_convolve(&arguments)
          return [y.field("output"), scratch.overrun("scratch")]
        }
      }
    },
    KernelCase("winograd_weight_gradient", type) { set, generator in
      WinogradShape.all.enumerated().map { i, shape in
        let row = paddedCount(shape.filters, of: type)
        let (source, gradient) = generator.factors(
          shape.pixels * shape.channels, shape.pixels * shape.filters, set, rooted: i % 2 == 0, of: type)
        let (x, dy) = (Memory(source), Memory(gradient))
        let begins = i % 3 > 0
        return KernelCase.Run(shape: shape.text + (begins ? "" : ", added to what the accumulator holds")) { kernels in
          let accumulator = shape.accumulator(type, repeating: begins ? .nan : 0.375)
          let sums = Memory<S>(count: 9 * shape.channels * row, repeating: 7)
          let scratch = shape.scratch(type)
          var arguments = gf_winograd_gradient(
            shape: shape.shape, channels: shape.channels, filters: shape.filters, source: x.pointer,
            gradient: dy.pointer, begins: begins ? 1 : 0, ends: 1, accumulator: accumulator.pointer,
            sums: sums.pointer, scratch: scratch.pointer)
          kernels.pointee.winograd_weight_gradient(&arguments)
          // What lies beyond the filters of a row is nobody's.
          let rows = sums.values
          let used = Memory(
            (0..<9 * shape.channels * shape.filters).map {
              rows[$0 / shape.filters * row + $0 % shape.filters]
            })
          return [used.field("sums"), sums.overrun("sums"), accumulator.overrun("accumulator"), scratch.overrun("scratch")]
        }
      }
    },
    KernelCase("winograd_weights", type) { set, generator in
      WinogradShape.all.enumerated().map { i, shape in
        let row = paddedCount(shape.filters, of: type)
        let weights: [S] = generator.values(9 * shape.channels * shape.filters, set)
        let w = Memory(paddedRows(weights, rows: 9 * shape.channels, row: row))
        let isTurned = i % 2 == 1
        return KernelCase.Run(shape: shape.text + (isTurned ? ", turned" : "")) { kernels in
          let u = Memory<S>(count: 36 * shape.channels * row, repeating: 7)
          kernels.pointee.winograd_weights(
            w.pointer, shape.channels, shape.filters, isTurned ? 1 : 0, u.pointer)
          return [u.field("transformed")]
        }
      }
    },
  ]
}
