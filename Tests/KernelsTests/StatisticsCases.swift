import CKernels
import Kernels

/// Sums over pixels and over slots, and what is said of a tensor.
func statisticsCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("moments", type) { set, generator in
      PixelShape.all.map { shape in
        let x = Memory<S>(generator.values(shape.count, set))
        return .init(shape: shape.text) { kernels in
          let sums = Memory<Double>(count: 2 * shape.channels, repeating: 7)
          kernels.pointee.moments(x.pointer, shape.pixels, shape.channels, sums.pointer)
          return [sums.field("sums")]
        }
      }
    },
    KernelCase("combine_moments", type) { set, generator in
      PixelShape.all.enumerated().map { i, shape in
        let slotCount = [1, 2, 3, 7, 50][i % 5]
        let slots = Memory<Double>(generator.values(slotCount * 2 * shape.channels, set))
        return .init(shape: "\(slotCount) slots, \(shape.text)") { kernels in
          let mean = Memory<Double>(count: shape.channels, repeating: 7)
          let variance = Memory<Double>(count: shape.channels, repeating: 7)
          kernels.pointee.combine_moments(
            slots.pointer, slotCount, shape.pixels, shape.channels, mean.pointer, variance.pointer)
          return [mean.field("mean"), variance.field("variance")]
        }
      }
    },
    KernelCase("channel_sums", type) { set, generator in
      PixelShape.all.map { shape in
        let x = Memory<S>(generator.values(shape.count, set))
        return .init(shape: shape.text) { kernels in
          let sums = Memory<Double>(count: shape.channels, repeating: 7)
          kernels.pointee.channel_sums(x.pointer, shape.pixels, shape.channels, sums.pointer)
          return [sums.field("sums")]
        }
      }
    },
    KernelCase("combine_sums", type) { set, generator in
      PixelShape.all.enumerated().map { i, shape in
        let slotCount = [1, 2, 3, 7, 50][i % 5]
        let slots = Memory<Double>(generator.values(slotCount * shape.channels, set))
        return .init(shape: "\(slotCount) slots of \(shape.channels)") { kernels in
          let total = Memory<Double>(count: shape.channels, repeating: 7)
          kernels.pointee.combine_sums(slots.pointer, slotCount, shape.channels, total.pointer)
          return [total.field("total")]
        }
      }
    },
    KernelCase("statistics", type) { set, generator in
      ([0, 2, 64, 101] + oddChannels).map { count in
        // Some zeros of both signs, which are counted.
        let x = Memory<S>(
          generator.values(count, set, of: type).enumerated().map { $0 % 7 == 3 ? ($0 % 2 == 0 ? 0 : -S.zero) : $1 })
        return .init(shape: "\(count) elements") { kernels in
          var statistics = gf_tensor_statistics()
          kernels.pointee.statistics(x.pointer, count, &statistics)
          return [
            Field("sum of magnitudes", statistics.sum_absolute), Field("sum of squares", statistics.sum_squares),
            Field("largest", statistics.largest), Field("zeros", statistics.zeros),
            Field("non-finite", statistics.non_finite),
          ]
        }
      }
    },
  ]
}
